// The disk fills up: under the database while a run writes, and under the file of an export. Needs the right to mount a small tmpfs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TestServer } from '../api/harness.mjs';
import { completes } from '../api/systems.mjs';
import { cycle, execute, feed, pause, pipeline, rest, runAll } from './pipeline.mjs';

const mount = (...argumentsOf) => execFileSync('mount', argumentsOf, { stdio: 'pipe' });
const unmount = (folder) => execFileSync('umount', [folder], { stdio: 'pipe' });

function mayMount() {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-mount-'));
  try {
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder);
    unmount(folder);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PEOPLE = 12_000;

describe('a full disk', { skip: mayMount() ? false : 'mounting a tmpfs is not permitted here' }, () => {
  const server = new TestServer();
  let line;

  before(async () => {
    server.folder = mkdtempSync(join(tmpdir(), 'joinery-full-'));
    server.files = join(server.folder, 'files');
    server.environment = {};
    for (const [name, size] of [['data', '20m'], ['files', '20m']]) {
      mkdirSync(join(server.folder, name));
      mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', join(server.folder, name));
    }
    await server.open();
    line = await pipeline(server, 20);
  });

  after(async () => {
    try { await server.close(); } finally {
      for (const name of ['data', 'files']) unmount(join(server.folder, name));
      server.remove();
    }
  });

  const resize = (name, size) => mount('-o', `remount,size=${size}`, join(server.folder, name));
  const used = (name) => Number(execFileSync('du', ['-sk', join(server.folder, name)], { encoding: 'utf8' }).split('\t')[0]);

  it('under the database fails the run with a sentence that names it, and the server lives', { timeout: 120_000 }, async () => {
    writeFileSync(line.source.file, feed(1, PEOPLE));
    resize('data', `${used('data') + 1500}k`);
    const activityId = await execute(server, line.runs.import);
    let activity;
    for (const until = Date.now() + 20_000; Date.now() < until; await pause(200)) {
      assert.equal((await server.request('GET', '/health')).status, 200);
      activity = await server.get(`/activities/${activityId}`);
      if (activity.status !== 'InProgress') break;
    }
    if (activity.status === 'InProgress') {
      // not even a line about the failure fits: it is written as soon as something does
      resize('data', `${used('data') + 1000}k`);
      for (let tries = 0; tries < 100 && activity.status === 'InProgress'; tries++, await pause(200)) activity = await server.get(`/activities/${activityId}`);
    }
    assert.equal(activity.status, 'FailedWithError', JSON.stringify(activity));
    assert.match(activity.errorMessage, /full/);
    assert.equal((await server.get('/worker-tasks')).totalCount, 0);
    await server.get('/metaverse/objects');
  });

  it('leaves a sound store', async () => {
    resize('data', `${used('data') + 4000}k`); // opening it writes a little
    await server.close();
    await server.open();
  });

  it('does no lasting harm: with more room the next runs complete', { timeout: 120_000 }, async () => {
    resize('data', '400m');
    await runAll(server, line, cycle(line, 'full').slice(0, 2));
    assert.equal(await server.get(`/metaverse/objects/count?objectTypeId=${line.user.id}`), feed(1, PEOPLE).trim().split('\n').length - 1);
  });

  it('under an export leaves the old file and says so; with more room the export completes', { timeout: 120_000 }, async () => {
    writeFileSync(line.target.file, 'kind,login,label,boss\naccount,somebody,Somebody,\n');
    const old = readFileSync(line.target.file);
    copyFileSync(line.source.file, join(server.files, 'ballast'));
    resize('files', `${Math.ceil((readFileSync(line.source.file).length * 2) / 4096) * 4 + 16}k`);
    const [, target, run] = line.runs.export;
    const activity = await server.run(target.id, run.id);
    assert.notEqual(activity.status, 'Complete');
    assert.match([activity.errorMessage, activity.warningMessage, ...(await server.get(`/activities/${activity.id}/items?pageSize=1`)).items.map((i) => i.errorMessage)].join(' '), /no space left/i);
    assert.deepEqual(readFileSync(line.target.file), old);
    assert.deepEqual(readdirSync(server.files).sort(), ['ballast', 'source.csv', 'target.csv']);
    resize('files', '40m');
    rmSync(line.target.file);
    await rest(server);
    await completes(server, target, run);
  });
});
