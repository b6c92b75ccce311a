// Pulls the plug in the middle of each kind of run, starts again, runs again, and expects what an undisturbed server would have made.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { suite } from '../api/harness.mjs';
import { completes, fileSystem, metaverse, profile, rule, SYNC, systemPath } from '../api/systems.mjs';

const PEOPLE = Number(process.env.JOINERY_TEST_PEOPLE ?? 4000);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const feed = (version) => ['objectType,id,name,team,manager',
  ...Array.from({ length: PEOPLE }, (_, i) => `person,${i + 1},Person ${i + 1}${i % 7 === 0 ? ` v${version}` : ''},Team ${i % 40},${i === 0 ? '' : Math.ceil(i / 10)}`)].join('\n') + '\n';

/** Starts a run, kills the server when it has done part of it (or after a moment), starts the server again and waits until it rests. */
async function interrupted(server, system, run) {
  const { activityId } = await server.post(systemPath(system, `/run-profiles/${run.id}/execute`), undefined, 202);
  for (let tries = 0; tries < 200; tries++) {
    const { status, objectsProcessed } = await server.get(`/activities/${activityId}`);
    if (status === 'InProgress' && (objectsProcessed > 0 || tries > 20)) break;
    if (!['NotSet', 'InProgress'].includes(status)) break;
    await pause(10);
  }
  await server.kill();
  await server.open();
  for (let tries = 0; ; tries++) {
    const busy = await server.get('/activities?status=InProgress');
    if (busy.totalCount === 0) break;
    assert.ok(tries < 600, 'an interrupted run comes to an end within two minutes');
    await pause(200);
  }
}

suite('a server that is killed', (server) => {
  let source, target, user, runs;
  const state = async () => ({
    people: await server().get(`/metaverse/objects/count?objectTypeId=${user.id}`),
    renamed: await server().get('/metaverse/objects/count?search=v1'),
    source: await server().get(systemPath(source, '/connector-space/count')),
    target: await server().get(systemPath(target, '/connector-space/count')),
    pending: await server().get(systemPath(target, '/pending-exports/count')),
    unresolved: await server().get(systemPath(source, '/connector-space/unresolved-references/count')),
    rows: readFileSync(target.file, 'utf8').trim().split('\n').length - 1,
  });

  it('is prepared', async () => {
    ({ user } = await metaverse(server()));
    source = await fileSystem(server(), { name: 'Source', rows: feed(1), types: { person: { id: 'id', references: ['manager'] } } });
    target = await fileSystem(server(), { name: 'Target', rows: null, types: { account: { id: 'login' } },
      settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, label, boss:Reference' } });
    await rule(server(), source, source.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name', Manager: 'manager' });
    await rule(server(), target, target.types.account, user, 'Export', { login: { expression: '"p" + mv["Employee ID"]' }, label: 'Display Name', boss: 'Manager' });
    runs = {
      import: await profile(server(), source, 'FullImport'), sync: await profile(server(), source, 'FullSynchronisation'), deltaSync: await profile(server(), source, 'DeltaSynchronisation'),
      export: await profile(server(), target, 'Export'), confirm: await profile(server(), target, 'FullImport'), settle: await profile(server(), target, 'DeltaSynchronisation'),
    };
    assert.ok((await server().get(`${SYNC}/connected-systems`)).totalCount >= 2);
  });

  for (const [name, of] of [['import', () => source], ['sync', () => source], ['export', () => target], ['confirm', () => target], ['settle', () => target]]) {
    it(`comes back from a kill during ${name}`, async () => {
      await interrupted(server(), of(), runs[name]);
      await completes(server(), of(), runs[name]);
    });
  }

  it('has lost and doubled nothing', async () => {
    for (const name of ['export', 'confirm', 'settle']) await completes(server(), target, runs[name]);
    assert.deepEqual(await state(), { people: PEOPLE, renamed: Math.ceil(PEOPLE / 7), source: PEOPLE, target: PEOPLE, pending: 0, unresolved: 0, rows: PEOPLE });
  });

  it('takes changes as usual, also when killed while they are synchronised', async () => {
    writeFileSync(source.file, feed(2));
    await completes(server(), source, runs.import);
    await interrupted(server(), source, runs.deltaSync);
    await completes(server(), source, runs.deltaSync);
    for (const name of ['export', 'confirm', 'settle']) await completes(server(), target, runs[name]);
    assert.deepEqual(await state(), { people: PEOPLE, renamed: 0, source: PEOPLE, target: PEOPLE, pending: 0, unresolved: 0, rows: PEOPLE });
    assert.equal(await server().get('/metaverse/objects/count?search=v2'), Math.ceil(PEOPLE / 7));
  });
});
