// SIGTERM during each kind of run: once, and the run may finish; twice, and it is parked and goes on after the next start. And a backup
// that is taken while runs write.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { PROGRAM, TestServer } from '../api/harness.mjs';
import { allowRemovals, cycle, execute, pause, pipeline, rest, runAll, setFeed } from './pipeline.mjs';

const PEOPLE = 2500;

describe('a server that is stopped', () => {
  const parked = [];
  let server, line;

  before(async () => {
    server = await TestServer.start();
    line = await pipeline(server, PEOPLE);
    await allowRemovals(server);
  });
  after(async () => {
    try { await server?.close(); } finally { server?.remove(); }
  });

  /** The activities of this task in their order: the parked ones and the one that ended it. */
  const runsSince = async (time) => (await server.get(`/activities?targetType=ConnectedSystemRunProfile&sortBy=created&sortDirection=asc&createdFrom=${time}`)).items;

  async function stopDuring(step, signals, wait) {
    const began = new Date().toISOString();
    await execute(server, step);
    await pause(wait);
    const sent = Date.now();
    const ending = server.process.stop(25);
    for (let more = 1; more < signals; more++) {
      await pause(50);
      server.process.child.kill('SIGTERM');
    }
    assert.deepEqual(await ending, { code: 0, signal: null }, server.process.said().slice(-3000));
    assert.ok(Date.now() - sent < 25_000);
    await server.open();
    await rest(server);
    const found = await runsSince(began);
    assert.equal(found.at(-1).status, 'Complete', JSON.stringify(found, null, 1));
    for (const one of found.slice(0, -1)) {
      const activity = await server.get(`/activities/${one.id}`);
      assert.equal(activity.status, 'Cancelled');
      assert.match(activity.warningMessage, /queued again/);
    }
    if (found.length > 1) parked.push(step[0]);
  }

  for (const [version, signals] of [[1, 2], [2, 1], [3, 2]]) {
    it(`by ${signals === 1 ? 'one signal' : 'two signals'} ends each run of cycle ${version} well`, async () => {
      setFeed(line, version, PEOPLE);
      for (const step of cycle(line, version === 1 ? 'full' : 'delta')) await stopDuring(step, signals, 10 + Math.random() * 60);
      const { length } = (await server.get(`/metaverse/objects?search=v${version}&pageSize=1`)).items;
      assert.equal(length, 1);
    });
  }

  it('has parked runs when it was told twice', (t) => {
    t.diagnostic(`parked: ${parked.join(', ')}`);
    assert.ok(parked.length > 0);
  });

  it('gives a sound backup while runs write', async () => {
    setFeed(line, 4, PEOPLE);
    const writing = runAll(server, line, cycle(line, 'delta'));
    for (let i = 0; i < 3; i++) {
      const copy = join(server.folder, `copy-${i}.db`);
      await pause(300);
      await promisify(execFile)(PROGRAM, ['backup', copy, '--data-dir', join(server.folder, 'data')], { env: { ...process.env, ...server.environment } });
      execFileSync(PROGRAM, ['check'], { env: { ...process.env, ...server.environment, JOINERY_DATABASE_URL: `sqlite:${copy}` }, stdio: 'pipe' });
      rmSync(copy);
    }
    await writing;
  });
});
