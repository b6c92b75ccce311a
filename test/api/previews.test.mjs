// Changes of the configuration are foreseen: the figures are what then happens, and looking changes nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { NO_SUCH_ID, NO_SUCH_UUID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, named, profile, rule, SYNC, systemPath } from './systems.mjs';

// A hash of every row of every table but the previews' own: their tables, their activities and tasks, and the blocks of such ids.
const HASH = `
import hashlib, sqlite3, sys
db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True, isolation_level=None)
db.execute('begin')
h = hashlib.sha256()
tables = sorted(name for (name,) in db.execute("select name from sqlite_master where type = 'table'"))
own = {'activity': ' where operation <> 11', 'counter': " where name not in ('id:activity', 'id:task')"}
seen = 0
for table in tables:
    if table.startswith('change_preview') or table == 'task': continue
    columns = ', '.join(f'"{c[1]}"' for c in db.execute(f'pragma table_info("{table}")') if not c[1].startswith('last_used'))
    for row in sorted(repr(r) for r in db.execute(f'select {columns} from "{table}"' + own.get(table, ''))):
        seen += 1
        h.update(f'{table} {row}'.encode())
print(seen, h.hexdigest())`;
function hashOf(server) {
  const hash = execFileSync('python3', ['-c', HASH, join(server.folder, 'data', 'joinery.db')], { encoding: 'utf8' });
  assert.match(hash, /^\d{2,} [0-9a-f]{64}/);
  return hash;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function ended(server, activityId) {
  for (;;) {
    const state = await server.get(`/previews/${activityId}`);
    if (state.isComplete || state.hasFailed) return state;
    assert.deepEqual([state.groups, state.impactCounts], [[], []], 'nothing is shown before the end');
    await pause(20);
  }
}
/** Starts a preview, waits for its end, proves that nothing else was written; resolves with {started, state, counts, rows}. */
async function foresee(server, path, proposal) {
  const before = hashOf(server);
  const { body: started, headers } = await server.request('POST', path, { body: proposal, expect: 202 });
  assert.match(headers.get('location'), new RegExp(`/api/v1/previews/${started.activityId}$`));
  const state = await ended(server, started.activityId);
  assert.equal(state.hasFailed, false, JSON.stringify(state));
  const rows = [];
  for (let page = 1, more = true; more; page++) {
    const reply = await server.get(`/previews/${started.activityId}/deltas?pageSize=100&page=${page}`);
    rows.push(...reply.items);
    more = reply.hasNextPage;
  }
  assert.equal(hashOf(server), before, 'a preview writes nothing but itself');
  const counts = {};
  for (const k of state.impactCounts) counts[k.transitionType] = (counts[k.transitionType] ?? 0) + k.objectCount;
  for (const g of state.groups) if (!g.deltasSampled) assert.equal(rows.filter((r) => r.groupId === g.id).length, g.objectCount);
  return { started, state, counts, rows };
}
const told = (rows, type) => rows.filter((r) => r.transitionType === type).map((r) => [r.objectDisplayName, r.attributeName, r.oldValue, r.newValue]).sort();

const STAFF = `objectType,id,name,team,mail,manager
person,p1,Ada,Engine,ada@old.example,
person,p2,Charles,Engine,charles@old.example,p1
person,p3,Grace,Navy,grace@old.example,p2
person,p4,Edsger,Navy,edsger@old.example,
`;

suite('previews of changes', (server) => {
  let user, attribute, staff, directory, staffRule, accountRule, runs;
  const activities = async (type) => (await server().get(`/activities?targetType=${type}&operation=Preview&pageSize=100`)).items;
  const synchronises = async () => (await completes(server(), staff, runs.full));
  const statistics = async (activity) => server().get(`/activities/${activity.id}/stats`);
  const pending = async () => (await server().get(systemPath(directory, '/pending-exports?pageSize=100'))).items;
  const rulePath = (r, rest) => `${SYNC}/sync-rules/${r.id}${rest}`;
  const teamIs = (team, comparisonType = 'Equals') => ({ type: 'All', criteria: [{ connectedSystemAttributeId: named(staff.types.person.attributes, 'team').id, comparisonType, stringValue: team }], childGroups: [] });
  async function saveScope(r, groups) {
    for (const g of await server().get(rulePath(r, '/scoping-criteria'))) await server().delete(rulePath(r, `/scoping-criteria/${g.id}`));
    for (const g of groups) {
      const made = await server().post(rulePath(r, '/scoping-criteria'), { type: g.type });
      for (const k of g.criteria) await server().post(rulePath(r, `/scoping-criteria/${made.id}/criteria`), k);
    }
  }

  it('begins with people of a source and their accounts', async () => {
    ({ user, attribute } = await metaverse(server()));
    staff = await fileSystem(server(), { name: 'Staff', rows: STAFF, types: { person: { id: 'id', references: ['manager'] } } });
    directory = await fileSystem(server(), { name: 'Directory', rows: null, types: { account: { id: 'login' } },
      settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, label, unit, boss:Reference' } });
    await server().post(systemPath(staff, '/matching-rules'), { connectedSystemObjectTypeId: staff.types.person.id, metaverseObjectTypeId: user.id,
      targetMetaverseAttributeId: attribute('Employee ID').id, sources: [{ connectedSystemAttributeId: named(staff.types.person.attributes, 'id').id }] });
    staffRule = await rule(server(), staff, staff.types.person, user, 'Import', { 'Employee ID': 'id', 'Display Name': 'name', Department: 'team', Email: 'mail', Manager: 'manager' });
    accountRule = await rule(server(), directory, directory.types.account, user, 'Export', { login: 'Employee ID', label: 'Display Name', unit: 'Department', boss: 'Manager' });
    runs = { import: await profile(server(), staff, 'FullImport'), full: await profile(server(), staff, 'FullSynchronisation'),
      export: await profile(server(), directory, 'Export'), confirm: await profile(server(), directory, 'FullImport'), back: await profile(server(), directory, 'FullSynchronisation') };
    await completes(server(), staff, runs.import);
  });

  it('counts what the first synchronisation would make otherwise: projections that would stop', async () => {
    const { counts, state } = await foresee(server(), rulePath(staffRule, '/behaviour/preview'), { projectToMetaverse: false });
    assert.deepEqual(counts, { WouldStopProjecting: 4, WouldStopProvisioning: 4 });
    assert.deepEqual([state.surface, state.deltaPersistence, state.dispatchedToWorker, state.estimatedAffectedObjects], ['SynchronisationRuleBehaviour', 'Capped', false, 4]);
    assert.deepEqual([state.validationStatus, state.impactCountsStatus, state.summaryStatus, state.deltasStatus], ['Complete', 'Complete', 'Complete', 'Complete']);
    await synchronises();
    await completes(server(), directory, runs.export);
    await completes(server(), directory, runs.confirm);
    await completes(server(), directory, runs.back);
    assert.deepEqual(await pending(), []);
  });

  it('scope: who leaves it, what follows, and that this then happens', async () => {
    const { counts, rows, state } = await foresee(server(), rulePath(staffRule, '/scoping-criteria/preview'), { criteriaGroups: [teamIs('Engine')] });
    assert.deepEqual(told(rows, 'WouldFallOutOfScope').map((r) => r[0]), ['Edsger', 'Grace']);
    assert.deepEqual(told(rows, 'WouldDisconnectFromMetaverseObject').map((r) => r[0]), ['Edsger', 'Grace']);
    assert.equal(state.objectsProcessed, 4);
    await server().put(rulePath(accountRule, ''), { outboundDeprovisionAction: 'Delete' });
    const again = await foresee(server(), rulePath(staffRule, '/scoping-criteria/preview'), { criteriaGroups: [teamIs('Engine')] });
    assert.equal(again.counts.WouldDisconnectFromMetaverseObject, 2);
    await saveScope(staffRule, [teamIs('Engine')]);
    const s = await statistics(await synchronises());
    assert.equal(s.totalDisconnectedOutOfScope, counts.WouldDisconnectFromMetaverseObject);
    await saveScope(staffRule, []);
    const back = await synchronises();
    assert.equal((await statistics(back)).totalJoins + (await statistics(back)).totalProjections, 2);
  });

  it('finds that nothing would change where nothing is proposed, on every surface', async () => {
    const surfaces = {
      SynchronisationRule: rulePath(accountRule, '/destructive-toggles/preview'),
      SynchronisationRuleBehaviour: rulePath(staffRule, '/behaviour/preview'),
      SynchronisationRuleScope: rulePath(staffRule, '/scoping-criteria/preview'),
      SynchronisationRuleAttributeFlow: rulePath(staffRule, '/mappings/preview'),
      ObjectMatching: systemPath(staff, '/matching-rules/preview'),
      ConnectedSystem: systemPath(staff, '/scope-selection/preview'),
      ConnectedSystemSchema: systemPath(staff, '/schema-selection/preview'),
      MetaverseObjectType: `/metaverse/object-types/${user.id}/deletion-settings/preview`,
    };
    for (const [surface, path] of Object.entries(surfaces)) {
      const { state, rows } = await foresee(server(), path, surface === 'ObjectMatching' ? undefined : {});
      assert.deepEqual([state.surface, state.groups, state.impactCounts, rows], [surface, [], [], []]);
      await server().refused('POST', path.replace(/\/\d+\//, `/${NO_SUCH_ID}/`), 404, 'NOT_FOUND', { body: {} });
    }
    assert.equal((await activities('MetaverseObjectType')).length, 1);
  });

  it('refuses what is no preview, and to stop one that has ended', async () => {
    const { started } = await foresee(server(), rulePath(staffRule, '/behaviour/preview'), { enabled: false });
    await server().refused('DELETE', `/previews/${started.activityId}`, 409, 'CONFLICT');
    for (const path of ['', '/deltas']) await server().refused('GET', `/previews/${NO_SUCH_UUID}${path}`, 404, 'NOT_FOUND');
    await server().refused('DELETE', `/previews/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
    const run = await synchronises();
    await server().refused('GET', `/previews/${run.id}`, 404, 'NOT_FOUND');
  });

  it('stops one that waits, which then shows nothing', async () => {
    const many = await Promise.all(Array.from({ length: 60 }, () => server().post(rulePath(staffRule, '/behaviour/preview'), { enabled: false }, 202)));
    const replies = await Promise.all(many.map((m) => server().request('DELETE', `/previews/${m.activityId}`)));
    const stopped = many.filter((m, i) => replies[i].status === 204);
    assert.ok(stopped.length > 0, 'some still waited');
    assert.ok(replies.every((r) => r.status === 204 || r.status === 409));
    let cancelled = 0;
    for (const { activityId } of stopped) {
      const state = await ended(server(), activityId);
      if (state.activityStatus !== 'Cancelled') continue; /* it came to its end while it was asked to stop */
      cancelled++;
      assert.deepEqual([state.isComplete, state.hasFailed, state.impactCountsStatus, state.groups, state.impactCounts], [false, true, 'Cancelled', [], []]);
      assert.deepEqual((await server().get(`/previews/${activityId}/deltas`)).items, []);
    }
    assert.ok(cancelled > 0);
    for (const { activityId } of many) await ended(server(), activityId);
  });
});
