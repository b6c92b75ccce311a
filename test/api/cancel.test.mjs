// A cancelled run stops within a second, also while its connector is slow in the middle of a page (sync-engine §4.4, invariant 36).
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { PROGRAM_WITH_DIRECTORY, suite } from './harness.mjs';
import { completes, directory, fileSystem, metaverse, profile, rule, select, refresh, systemPath } from './systems.mjs';

const PEOPLE = Array.from({ length: 200 }, (_, i) => `person;uid=${i},dc=one;id=${i};name=Person ${i}`).join('\n');

/** Starts a run, waits until it works, cancels it; resolves with its activity and the milliseconds that stopping took. */
async function cancelled(server, system, run) {
  const { activityId, taskId } = await server.post(systemPath(system, `/run-profiles/${run.id}/execute`), undefined, 202);
  const working = async () => (await server.get(`/activities/${activityId}`)).phases.some((p) => /fetch|process|execute/.test(p.key) && p.status === 'Active');
  while (!(await working())) await new Promise((done) => setTimeout(done, 20));
  await new Promise((done) => setTimeout(done, 300));
  const asked = Date.now();
  await server.post(`/worker-tasks/${taskId}/cancel`, undefined, 202);
  for (;;) {
    const activity = await server.get(`/activities/${activityId}`);
    if (activity.status !== 'InProgress') return { activity, took: Date.now() - asked };
    await new Promise((done) => setTimeout(done, 20));
  }
}

suite('cancelling', (server) => {
  it('an import in the middle of a page', async () => {
    const s = await directory(server(), `partition;dc=one\n${PEOPLE}\n`);
    await refresh(server(), s);
    await select(server(), s, 'dc=one');
    const run = await profile(server(), s, 'FullImport');
    writeFileSync(`${s.file}.slow`, '60'); // the page takes twelve seconds
    const { activity, took } = await cancelled(server(), s, run);
    assert.equal(activity.status, 'Cancelled', JSON.stringify(activity));
    assert.ok(took < 1000, `${took} ms`);
    assert.equal(await server().get(systemPath(s, '/connector-space/count')), 0);
    rmSync(`${s.file}.slow`);
    await completes(server(), s, run);
    assert.equal(await server().get(systemPath(s, '/connector-space/count')), 200);
  });

  it('an export in the middle of a batch: what was written is known as written', async () => {
    const { user } = await metaverse(server());
    const rows = Array.from({ length: 150 }, (_, i) => `row,c${i},Cancel ${i}`).join('\n');
    const source = await fileSystem(server(), { rows: `objectType,id,name\n${rows}\n`, types: { row: { id: 'id' } } });
    const s = await directory(server(), 'partition;dc=one\n');
    await refresh(server(), s);
    await select(server(), s, 'dc=one');
    await rule(server(), source, source.types.row, user, 'Import', { 'Employee ID': 'id', 'Display Name': 'name' });
    await rule(server(), s, s.types.person, user, 'Export', { id: 'Employee ID', name: 'Display Name', dn: { expression: '"uid=" + mv["Employee ID"] + ",dc=one"' } });
    for (const type of ['FullImport', 'FullSynchronisation']) await completes(server(), source, await profile(server(), source, type));
    writeFileSync(`${s.file}.slow`, '100');
    const exporting = await profile(server(), s, 'Export');
    const { activity, took } = await cancelled(server(), s, exporting);
    assert.equal(activity.status, 'Cancelled', JSON.stringify(activity));
    assert.ok(took < 1000, `${took} ms`);
    rmSync(`${s.file}.slow`);
    await completes(server(), s, exporting);
    await completes(server(), s, await profile(server(), s, 'FullImport'));
    const left = await server().get(systemPath(s, '/pending-exports?pageSize=10'));
    assert.equal(left.totalCount, 0);
    assert.equal(await server().get(systemPath(s, '/connector-space/count')), 150);
  });
}, {}, PROGRAM_WITH_DIRECTORY);
