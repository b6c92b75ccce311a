// Changes of the configuration are foreseen: the figures are what then happens, and looking changes nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { NO_SUCH_ID, NO_SUCH_UUID, PROGRAM_WITH_DIRECTORY, suite } from './harness.mjs';
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
  /** What is staged is written and confirmed. */
  async function exported() {
    await completes(server(), directory, runs.export);
    await completes(server(), directory, runs.confirm);
    await completes(server(), directory, runs.back);
    assert.deepEqual(await pending(), []);
  }
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
    accountRule = await rule(server(), directory, directory.types.account, user, 'Export', { login: 'Employee ID', label: 'Display Name', unit: 'Department', boss: 'Manager' }, { outboundDeprovisionAction: 'Delete' });
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [staff.id] });
    runs = { import: await profile(server(), staff, 'FullImport'), full: await profile(server(), staff, 'FullSynchronisation'),
      export: await profile(server(), directory, 'Export'), confirm: await profile(server(), directory, 'FullImport'), back: await profile(server(), directory, 'FullSynchronisation'), delta: await profile(server(), directory, 'DeltaSynchronisation') };
    await completes(server(), staff, runs.import);
  });

  it('behaviour: what a rule would project and provision is what it then does', async () => {
    const stop = await foresee(server(), rulePath(staffRule, '/behaviour/preview'), { projectToMetaverse: false });
    assert.deepEqual(stop.counts, { WouldStopProjecting: 4, WouldStopProvisioning: 4 });
    assert.deepEqual([stop.state.surface, stop.state.deltaPersistence, stop.state.dispatchedToWorker, stop.state.estimatedAffectedObjects], ['SynchronisationRuleBehaviour', 'Capped', false, 4]);
    assert.deepEqual([stop.state.validationStatus, stop.state.impactCountsStatus, stop.state.summaryStatus, stop.state.deltasStatus], ['Complete', 'Complete', 'Complete', 'Complete']);
    await server().put(rulePath(staffRule, ''), { projectToMetaverse: false });
    const nobody = await statistics(await synchronises());
    assert.equal(nobody.totalProjections, 0);
    const { counts, started } = await foresee(server(), rulePath(staffRule, '/behaviour/preview'), { projectToMetaverse: true });
    assert.deepEqual(counts, { Projected: 4, Provisioned: 4 });
    await server().put(rulePath(staffRule, ''), { projectToMetaverse: true, previewActivityId: started.activityId });
    const { items: [change] } = await server().get('/activities?targetType=SynchronisationRule&operation=Update&sortDirection=desc');
    assert.equal((await server().get(`/activities/${change.id}`)).previewActivityId, started.activityId);
    await server().refused('PUT', rulePath(staffRule, ''), 400, 'VALIDATION_ERROR', { body: { previewActivityId: NO_SUCH_UUID } });
    const s = await statistics(await synchronises());
    assert.deepEqual([s.totalProjections, s.totalProvisioned], [counts.Projected, counts.Provisioned]);
    await exported();
  });

  it('behaviour: drift that would be corrected no more, and again', async () => {
    writeFileSync(directory.file, readFileSync(directory.file, 'utf8').replace('Grace', 'Gracia'));
    await completes(server(), directory, runs.confirm);
    const stop = await foresee(server(), rulePath(accountRule, '/behaviour/preview'), { enforceState: false });
    assert.deepEqual(stop.counts, { WouldStopCorrectingDrift: 1 });
    assert.deepEqual(told(stop.rows, 'WouldStopCorrectingDrift'), [['Grace', 'label', 'Grace', 'Gracia']]);
    await server().put(rulePath(accountRule, ''), { enforceState: false });
    await completes(server(), directory, runs.delta);
    assert.deepEqual(await pending(), []);
    const { counts, rows } = await foresee(server(), rulePath(accountRule, '/behaviour/preview'), { enforceState: true });
    assert.deepEqual(counts, { DriftCorrection: 1 });
    assert.deepEqual(told(rows, 'DriftCorrection'), [['Grace', 'label', 'Gracia', 'Grace']]);
    await server().put(rulePath(accountRule, ''), { enforceState: true });
    await completes(server(), directory, runs.back);
    assert.equal((await pending()).length, counts.DriftCorrection);
    await exported();
  });

  it('scope of an import rule: who leaves it, what follows, and that this then happens', async () => {
    const { counts, rows, state } = await foresee(server(), rulePath(staffRule, '/scoping-criteria/preview'), { criteriaGroups: [teamIs('Engine')] });
    assert.deepEqual(told(rows, 'WouldFallOutOfScope').map((r) => r[0]), ['Edsger', 'Grace']);
    assert.deepEqual(told(rows, 'WouldDisconnectFromMetaverseObject').map((r) => r[0]), ['Edsger', 'Grace']);
    assert.deepEqual(told(rows, 'MvoDeleted').map((r) => r[0]), ['Edsger', 'Grace']);
    assert.deepEqual(counts, { WouldFallOutOfScope: 2, WouldDisconnectFromMetaverseObject: 2, MvoDeleted: 2, WouldStageDeleteExport: 2 });
    assert.equal(state.objectsProcessed, 4);
    await saveScope(staffRule, [teamIs('Engine')]);
    const s = await statistics(await synchronises());
    assert.equal(s.totalDisconnectedOutOfScope, counts.WouldDisconnectFromMetaverseObject);
    assert.equal((await pending()).filter((p) => p.changeType === 'Delete').length, counts.WouldStageDeleteExport);
    await exported();
    const back = await foresee(server(), rulePath(staffRule, '/scoping-criteria/preview'), { criteriaGroups: [] });
    assert.deepEqual([back.counts.WouldFallInScope, back.state.validationFindings.map((f) => f.severity)], [2, ['Information']]);
    await saveScope(staffRule, []);
    const again = await statistics(await synchronises());
    assert.deepEqual([again.totalJoins, again.totalProjections], [back.counts.Joined ?? 0, back.counts.Projected ?? 0]);
    assert.equal(again.totalJoins + again.totalProjections, 2);
    await exported();
  });

  it('scope of an export rule: whose account would be deleted', async () => {
    const scope = [{ type: 'All', criteria: [{ metaverseAttributeId: attribute('Department').id, comparisonType: 'NotEquals', stringValue: 'Navy' }] }];
    const { counts, rows } = await foresee(server(), rulePath(accountRule, '/scoping-criteria/preview'), { criteriaGroups: scope });
    assert.deepEqual([counts.WouldFallOutOfScope, counts.WouldStageDeleteExport], [2, 2]);
    assert.deepEqual(told(rows, 'WouldStageDeleteExport').map((r) => r[0]), ['Edsger', 'Grace']);
    await saveScope(accountRule, scope);
    await synchronises();
    assert.equal((await pending()).filter((p) => p.changeType === 'Delete').length, counts.WouldStageDeleteExport);
    const back = await foresee(server(), rulePath(accountRule, '/scoping-criteria/preview'), { criteriaGroups: [] });
    assert.equal(back.counts.WouldFallInScope, 2);
    await saveScope(accountRule, []);
    await synchronises();
    assert.equal((await pending()).filter((p) => p.changeType === 'Delete').length, 0);
    await exported();
  });

  it('actions on leaving: what objects out of scope would go through, and accounts if they left', async () => {
    const accounts = await foresee(server(), rulePath(accountRule, '/destructive-toggles/preview'), { outboundDeprovisionAction: 'Disconnect' });
    assert.deepEqual(accounts.counts, { WouldChangeDeprovisionAction: 4 });
    assert.deepEqual(accounts.state.groups.map((g) => [g.oldValue, g.newValue, g.objectCount, g.connectedSystemName, g.metaverseObjectTypeName]), [['Delete', 'Disconnect', 4, 'Directory', 'User']]);
    await server().put(rulePath(staffRule, ''), { inboundOutOfScopeAction: 'RemainJoined' });
    await saveScope(staffRule, [teamIs('Engine')]);
    assert.equal((await statistics(await synchronises())).totalOutOfScopeRetainJoin, 2);
    const { counts } = await foresee(server(), rulePath(staffRule, '/destructive-toggles/preview'), { inboundOutOfScopeAction: 'Disconnect' });
    assert.equal(counts.WouldDisconnectFromMetaverseObject, 2);
    await server().put(rulePath(staffRule, ''), { inboundOutOfScopeAction: 'Disconnect' });
    const stay = await foresee(server(), rulePath(staffRule, '/destructive-toggles/preview'), { inboundOutOfScopeAction: 'RemainJoined' });
    assert.deepEqual(stay.counts, { WouldRemainJoined: 4, WouldCeaseToBeDeletionEligible: 2 }, 'they and their accounts');
    const s = await statistics(await synchronises());
    assert.equal(s.totalDisconnectedOutOfScope, counts.WouldDisconnectFromMetaverseObject);
    await exported();
    await saveScope(staffRule, []);
    await synchronises();
    await exported();
  });

  it('mappings: values that would flow, by their pattern, and what is staged of them', async () => {
    const flows = async (changed) => (await server().get(rulePath(staffRule, '/mappings'))).map((m) => ({ targetMetaverseAttributeId: m.targetMetaverseAttributeId,
      sources: [changed[m.targetMetaverseAttributeName] ? { expression: changed[m.targetMetaverseAttributeName] } : { connectedSystemAttributeId: m.sources[0].connectedSystemAttributeId }] }));
    const mappings = await flows({ 'Display Name': 'Upper(cs["name"])', Email: 'Replace(cs["mail"], "old.example", "new.example")' });
    const { counts, rows, state } = await foresee(server(), rulePath(staffRule, '/mappings/preview'), { mappings });
    assert.deepEqual(counts, { AttributeFlow: 4, PendingExportCreated: 4 });
    assert.deepEqual(told(rows, 'AttributeFlow').filter((r) => r[1] === 'Email')[0], ['Ada', 'Email', 'ada@old.example', 'ada@new.example']);
    assert.deepEqual(told(rows, 'PendingExportCreated').map((r) => r.slice(2)), [['Ada', 'ADA'], ['Charles', 'CHARLES'], ['Edsger', 'EDSGER'], ['Grace', 'GRACE']]);
    const patterns = (name) => [...new Set(state.groups.filter((g) => g.attributeName === name).map((g) => g.patternKey))];
    assert.deepEqual([patterns('Display Name'), patterns('Email'), patterns('label')], [['CasingChanged'], ['EmailDomainChanged'], ['CasingChanged']]);
    const group = state.groups.find((g) => g.attributeName === 'Email');
    assert.deepEqual((await server().get(`/previews/${state.activityId}/deltas?groupId=${group.id}`)).items.map((r) => r.groupId), [group.id]);
    assert.equal((await server().get(`/previews/${state.activityId}/deltas?search=EDSGER@`)).totalCount, 1);
    assert.equal((await server().get(`/previews/${state.activityId}/deltas?groupId=${NO_SUCH_UUID}`)).totalCount, 0);
    for (const m of await server().get(rulePath(staffRule, '/mappings'))) {
      const wanted = mappings.find((k) => k.targetMetaverseAttributeId === m.targetMetaverseAttributeId && k.sources[0].expression);
      if (!wanted) continue;
      await server().delete(rulePath(staffRule, `/mappings/${m.id}`));
      await server().post(rulePath(staffRule, '/mappings'), wanted);
    }
    const s = await statistics(await synchronises());
    assert.equal((await pending()).length, counts.PendingExportCreated);
    assert.equal(s.totalAttributeFlows, counts.AttributeFlow);
    await exported();
  });

  it('mappings: what fails blocks or is counted', async () => {
    const blocked = await server().post(rulePath(staffRule, '/mappings/preview'), { mappings: [{ targetMetaverseAttributeId: attribute('Email').id, sources: [{ expression: 'Upper(' }] }] }, 202);
    assert.deepEqual([blocked.isBlocked, blocked.estimatedAffectedObjects, blocked.validationFindings[0].severity, blocked.validationFindings[0].propertyName], [true, null, 'Blocking', 'mappings[0].sources[0].expression']);
    const state = await server().get(`/previews/${blocked.activityId}`);
    assert.deepEqual([state.isComplete, state.hasFailed, state.activityStatus, state.validationStatus, state.impactCountsStatus, state.groups], [true, false, 'CompleteWithWarning', 'Complete', 'NotApplicable', []]);
    const { counts, state: failing } = await foresee(server(), rulePath(staffRule, '/mappings/preview'), { mappings: [{ targetMetaverseAttributeId: attribute('Email').id, sources: [{ expression: 'Upper(cs["nothing"])', missingInputBehaviour: 'FailMapping' }] }] });
    assert.equal(counts.WouldFailAttributeFlow, 4, JSON.stringify(failing.groups));
    const none = await foresee(server(), rulePath(staffRule, '/mappings/preview'), { mappings: [] });
    assert.equal(none.counts.NoContributor, 4);
    assert.deepEqual(told(none.rows, 'NoContributor').filter((r) => r[0] === 'ADA').map((r) => r[1]), ['Department', 'Display Name', 'Email', 'Employee ID']);
  });

  it('the schema: values that would be imported no more, and what that takes away', async () => {
    const person = named(await server().get(systemPath(staff, '/object-types')), 'person');
    const without = person.attributes.filter((a) => a.name !== 'team').map((a) => a.id);
    const { counts, rows, state } = await foresee(server(), systemPath(staff, '/schema-selection/preview'), { objectTypes: [{ objectTypeId: person.id, selectedAttributeIds: without }] });
    assert.deepEqual(counts, { WouldStopBeingImported: 4, NoContributor: 4, PendingExportCreated: 4 });
    assert.deepEqual(told(rows, 'NoContributor').map((r) => r.slice(1)), [['Department', 'Engine', null], ['Department', 'Engine', null], ['Department', 'Navy', null], ['Department', 'Navy', null]]);
    assert.deepEqual(state.validationFindings.map((f) => f.severity), ['Warning']);
    const type = await foresee(server(), systemPath(staff, '/schema-selection/preview'), { objectTypes: [{ objectTypeId: person.id, selected: false }] });
    assert.deepEqual(type.counts, { WouldStopBeingImported: 4 });
    const keep = await foresee(server(), systemPath(staff, '/schema-selection/preview'), { objectTypes: [{ objectTypeId: person.id, removeContributedAttributesOnObsoletion: false }] });
    assert.deepEqual(keep.counts, { WouldRetainContributedValues: 4 });
    const id = named(person.attributes, 'id').id;
    const refused = await server().post(systemPath(staff, '/schema-selection/preview'), { objectTypes: [{ objectTypeId: person.id, selectedAttributeIds: without.filter((a) => a !== id) }, { objectTypeId: NO_SUCH_ID }] }, 202);
    assert.deepEqual([refused.isBlocked, refused.validationFindings.filter((f) => f.severity === 'Blocking').map((f) => f.propertyName)], [true, ['objectTypes[0].selectedAttributeIds', 'objectTypes[1].objectTypeId']]);
    await server().put(systemPath(staff, `/object-types/${person.id}/attributes`), { attributes: { [named(person.attributes, 'team').id]: { selected: false } } });
    await completes(server(), staff, runs.import);
    const s = await statistics(await synchronises());
    assert.equal((await pending()).length, counts.PendingExportCreated);
    assert.equal(s.totalAttributeFlows, counts.NoContributor);
    await server().put(systemPath(staff, `/object-types/${person.id}/attributes`), { attributes: { [named(person.attributes, 'team').id]: { selected: true } } });
    await completes(server(), staff, runs.import);
    await synchronises();
    await exported();
  });

  it('matching: who would join, who is ambiguous, and that joins stay', async () => {
    const pay = await fileSystem(server(), { name: 'Pay', rows: 'objectType,number,staff,team\nperson,1,p1,Engine\nperson,2,p2,Navy\nperson,3,x9,Nowhere\n', types: { person: { id: 'number' } } });
    await rule(server(), pay, pay.types.person, user, 'Import', { 'Employee ID': 'staff' }, { projectToMetaverse: true });
    const paid = { import: await profile(server(), pay, 'FullImport'), full: await profile(server(), pay, 'FullSynchronisation') };
    await completes(server(), pay, paid.import);
    const by = (source, target) => ({ rules: [{ order: 0, connectedSystemObjectTypeId: pay.types.person.id, metaverseObjectTypeId: user.id, targetMetaverseAttributeId: attribute(target).id,
      sources: [{ order: 0, connectedSystemAttributeId: named(pay.types.person.attributes, source).id }] }] });
    const { counts, rows } = await foresee(server(), systemPath(pay, '/matching-rules/preview'), by('staff', 'Employee ID'));
    assert.deepEqual([counts.WouldJoinInsteadOfProject, counts.Projected], [2, undefined]);
    assert.deepEqual(told(rows, 'WouldJoinInsteadOfProject').map((r) => [r[0], r[3]]), [['1', 'ADA'], ['2', 'CHARLES']]);
    await server().post(systemPath(pay, '/matching-rules'), { connectedSystemObjectTypeId: pay.types.person.id, ...by('staff', 'Employee ID').rules[0] });
    const ambiguous = await foresee(server(), systemPath(pay, '/matching-rules/preview'), by('team', 'Department'));
    assert.match(JSON.stringify(ambiguous.state.validationFindings), /cannot be searched|joined stay/);
    const advanced = await foresee(server(), systemPath(pay, '/matching-rules/preview'), { mode: 'SyncRule' });
    assert.deepEqual(advanced.counts, {}, 'the rules move along');
    const s = await statistics(await completes(server(), pay, paid.full));
    assert.deepEqual([s.totalJoins, s.totalProjections], [2, 1]);
    const after = await foresee(server(), systemPath(pay, '/matching-rules/preview'), { rules: [] });
    assert.deepEqual(after.counts, {}, 'joins are never decided again');
    await priorities(pay, paid);
    await server().delete(systemPath(pay), 200);
    await synchronises();
  });

  /** Who ranks first in an attribute: beside the staff, pay says the team too. */
  async function priorities(pay, paid) {
    const [payRule] = (await server().get(`${SYNC}/sync-rules?connectedSystemIds=${pay.id}`)).items;
    const path = `/metaverse/attributes/${attribute('Department').id}/priorities/${user.id}`;
    await server().post(rulePath(payRule, '/mappings'), { targetMetaverseAttributeId: attribute('Department').id, sources: [{ connectedSystemAttributeId: named(pay.types.person.attributes, 'team').id }] });
    await completes(server(), pay, paid.full);
    const { contributors } = await server().get(path);
    assert.deepEqual(contributors.map((k) => k.connectedSystemName), ['Staff', 'Pay']);
    const wanted = contributors.map((k) => ({ mappingId: k.mappingId })).reverse();
    const same = await foresee(server(), `${path}/preview`, { contributors: [...wanted].reverse() });
    assert.deepEqual([same.counts, same.started.estimatedAffectedObjects], [{}, 0]);
    const { counts, rows, state } = await foresee(server(), `${path}/preview`, { contributors: wanted });
    assert.equal(state.surface, 'MetaverseAttribute');
    assert.deepEqual(told(rows, 'AttributeFlow').map((r) => r.slice(1)), [['Department', 'Engine', 'Navy']]);
    const blocked = await server().post(`${path}/preview`, { contributors: wanted.slice(1) }, 202);
    assert.equal(blocked.isBlocked, true);
    await server().put(path, { contributors: wanted });
    const s = await statistics(await completes(server(), pay, paid.full));
    assert.equal(s.totalAttributeFlows, counts.AttributeFlow);
    const off = await foresee(server(), rulePath(payRule, '/behaviour/preview'), { enabled: false });
    assert.deepEqual([off.state.validationFindings, told(off.rows, 'AttributeFlow').map((r) => r.slice(1))], [[], [['Department', 'Navy', 'Engine']]], 'survivors take over in their own synchronisations');
    await server().put(rulePath(payRule, ''), { enabled: false });
    assert.equal((await statistics(await synchronises())).totalAttributeFlows, off.counts.AttributeFlow);
  }

  it('deletion settings: who would be deleted, and when', async () => {
    const settings = { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [staff.id], deletionGracePeriod: '7.00:00:00' };
    await server().put(`/metaverse/object-types/${user.id}`, settings);
    const stats = await server().put(systemPath(staff), {});
    assert.ok(stats);
    writeFileSync(staff.file, STAFF.split('\n').filter((line) => !line.includes('p4')).join('\n'));
    await completes(server(), staff, runs.import);
    await synchronises();
    const path = `/metaverse/object-types/${user.id}/deletion-settings/preview`;
    const waiting = async () => (await server().get('/metaverse/pending-deletions?pageSize=100')).items;
    const before = (await waiting()).length;
    assert.ok(before >= 1);
    const longer = await foresee(server(), path, { deletionGracePeriod: '30.00:00:00' });
    assert.deepEqual(longer.counts, { WouldChangeDeletionEligibleDate: before });
    const [row] = longer.rows;
    assert.equal(new Date(row.newValue) - new Date(row.oldValue), 23 * 86400e3);
    const manual = await foresee(server(), path, { deletionRule: 'Manual' });
    assert.deepEqual(manual.counts, { WouldCeaseToBeDeletionEligible: before });
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'Manual' });
    assert.equal((await waiting()).length, 0);
    const back = await foresee(server(), path, { deletionRule: 'WhenAuthoritativeSourceDisconnected' });
    assert.deepEqual(back.counts, { WouldBecomeDeletionEligible: before });
    const reply = await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', previewActivityId: back.started.activityId });
    assert.equal(reply.deletionRule, 'WhenAuthoritativeSourceDisconnected');
    assert.equal((await waiting()).length, before);
    const impossible = await server().post(path, { deletionTriggerConnectedSystemIds: [] }, 202);
    assert.deepEqual([impossible.isBlocked, impossible.validationFindings.map((f) => f.propertyName)], [true, ['deletionTriggerConnectedSystemIds', null]]);
  });

  it('a run: what a synchronisation and an export would do, before they do it', async () => {
    const runPath = (system, run) => systemPath(system, `/run-profiles/${run.id}/preview`);
    assert.deepEqual((await foresee(server(), runPath(staff, runs.full))).counts, {});
    writeFileSync(staff.file, STAFF.replace('Grace,Navy', 'Grace,Engine').split('\n').filter((line) => !line.includes('p4')).join('\n') + 'person,p5,Edith,Navy,edith@old.example,p1\n');
    await completes(server(), staff, runs.import);
    const { counts, rows, state } = await foresee(server(), runPath(staff, runs.full), { deltaPersistence: 'Full' });
    assert.equal(state.surface, 'RunProfile');
    assert.deepEqual([counts.Projected, counts.Provisioned, counts.AttributeFlow], [1, 1, 1]);
    assert.deepEqual(told(rows, 'AttributeFlow').map((r) => r.slice(1)), [['Department', 'Navy', 'Engine']]);
    const s = await statistics(await synchronises());
    assert.deepEqual([s.totalProjections, s.totalProvisioned, s.totalDisconnections], [counts.Projected, counts.Provisioned, counts.WouldDisconnectFromMetaverseObject ?? 0]);
    const staged = await pending();
    const sent = await foresee(server(), runPath(directory, runs.export));
    assert.equal((sent.counts.Provisioned ?? 0) + (sent.counts.Exported ?? 0) + (sent.counts.Deprovisioned ?? 0), staged.length);
    assert.deepEqual(told(sent.rows, 'Exported').map((r) => r.slice(1)), [['unit', 'Navy', 'Engine']]);
    assert.ok(told(sent.rows, 'Provisioned').some((r) => r[1] === 'boss' && r[3]));
    const blocked = await server().post(runPath(staff, runs.import), {}, 202);
    assert.deepEqual([blocked.isBlocked, blocked.validationFindings[0].severity], [true, 'Blocking']);
    await server().refused('POST', runPath(directory, runs.import), 404, 'NOT_FOUND', { body: {} });
    await exported();
  });

  it('lets the worker compute what is large', async () => {
    await server().put('/service-settings/Preview.WorkerThreshold', { value: '1' });
    const { state, counts } = await foresee(server(), rulePath(accountRule, '/destructive-toggles/preview'), { outboundDeprovisionAction: 'Disconnect', deltaPersistence: 'Full' });
    assert.deepEqual([state.dispatchedToWorker, state.deltaPersistence], [true, 'Full']);
    assert.ok(counts.WouldChangeDeprovisionAction >= 3);
    await server().delete('/service-settings/Preview.WorkerThreshold', 200);
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
    assert.ok((await activities('MetaverseObjectType')).length >= 1);
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

const TREE = 'partition;dc=one\ncontainer;ou=People,dc=one;s-people\ncontainer;ou=Old,ou=People,dc=one;s-old\n';
const PLACED = 'person;uid=ann,ou=People,dc=one;id=1;name=Ann\nperson;uid=bob,ou=People,dc=one;id=2;name=Bob\nperson;uid=old,ou=Old,ou=People,dc=one;id=3;name=Old\n';

suite('previews of what is imported of a hierarchy', (server) => {
  it('counts whom an exclusion takes out, which an import and a synchronisation then do', async () => {
    const { user } = await metaverse(server());
    const file = join(server().files, 'directory.txt');
    writeFileSync(file, TREE + PLACED);
    const definition = await server().get(`${SYNC}/connector-definitions/by-name/${encodeURIComponent('Test Directory')}`);
    const system = await server().post(`${SYNC}/connected-systems`, { name: 'Placed', connectorDefinitionId: definition.id });
    await server().put(systemPath(system), { settingValues: { [definition.settings[0].id]: { stringValue: file } } });
    const { objectTypes } = await server().post(systemPath(system, '/import-schema'), {}, 200);
    const person = named(objectTypes, 'person');
    await server().put(systemPath(system, `/object-types/${person.id}`), { selected: true });
    await server().put(systemPath(system, `/object-types/${person.id}/attributes`), { attributes: Object.fromEntries(person.attributes.map((a) => [a.id, { selected: true }])) });
    const type = named(await server().get(systemPath(system, '/object-types')), 'person');
    await server().post(systemPath(system, '/import-hierarchy'), undefined, 200);
    const [partition] = await server().get(systemPath(system, '/partitions'));
    await server().put(systemPath(system, `/partitions/${partition.id}`), { selected: true });
    await rule(server(), system, type, user, 'Import', { 'Display Name': 'name' });
    const runs = { import: await profile(server(), system, 'FullImport'), full: await profile(server(), system, 'FullSynchronisation') };
    await completes(server(), system, runs.import);
    await completes(server(), system, runs.full);
    const people = named(partition.containers, 'People'), old = named(people.childContainers, 'Old');
    const path = systemPath(system, '/scope-selection/preview');
    const none = await foresee(server(), path, { selectedContainerIds: [people.id] });
    assert.deepEqual(none.counts, {});
    const { counts, rows } = await foresee(server(), path, { selectedContainerIds: [people.id], excludedContainerIds: [old.id] });
    assert.deepEqual(told(rows, 'WouldStopBeingImported').map((r) => r[0]), ['Old']);
    assert.equal(counts.WouldDisconnectFromMetaverseObject, 1);
    const both = await server().post(path, { selectedContainerIds: [old.id], excludedContainerIds: [old.id], selectedPartitionIds: [NO_SUCH_ID] }, 202);
    assert.deepEqual(both.validationFindings.filter((f) => f.severity === 'Blocking').map((f) => f.propertyName), ['selectedPartitionIds', 'excludedContainerIds']);
    await server().put(systemPath(system, `/containers/${people.id}`), { selected: true });
    await server().put(systemPath(system, `/containers/${old.id}`), { excluded: true });
    await completes(server(), system, runs.import);
    const s = await server().get(`/activities/${(await completes(server(), system, runs.full)).id}/stats`);
    assert.equal(s.totalDisconnections, counts.WouldDisconnectFromMetaverseObject);
    const back = await foresee(server(), path, { excludedContainerIds: [] });
    assert.deepEqual(back.counts, {}, 'what is gone is not known any more');
  });
}, {}, PROGRAM_WITH_DIRECTORY);

suite('previews of runs of several pages', (server) => {
  it('count a group once from which several pages take a member', async () => {
    const ids = Array.from({ length: 520 }, (_, i) => `p${String(i + 1).padStart(3, '0')}`);
    const feed = (gone) => ['objectType,id,name,members', ...ids.filter((id) => !gone.includes(id)).map((id) => `person,${id},Person ${id},`), `team,t,Team,${ids.join('|')}`].join('\n');
    const { user, group } = await metaverse(server());
    const source = await fileSystem(server(), { name: 'Source', rows: feed([]), types: { person: { id: 'id' }, team: { id: 'id', references: ['members'] } } });
    const target = await fileSystem(server(), { name: 'Target', rows: null, types: { group: { id: 'login' }, user: { id: 'login' } },
      settings: { Mode: 'Bidirectional', 'Declared Schema': 'user = login!\ngroup = login!, member:Reference[]' } });
    await rule(server(), source, source.types.person, user, 'Import', { 'Account Name': 'id', 'Display Name': 'name' });
    await rule(server(), source, source.types.team, group, 'Import', { 'Account Name': 'id', Members: 'members' });
    await rule(server(), target, target.types.user, user, 'Export', { login: 'Account Name' }, { outboundDeprovisionAction: 'Delete' });
    await rule(server(), target, target.types.group, group, 'Export', { login: 'Account Name', member: 'Members' });
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerConnectedSystemIds: [source.id] });
    const runs = { import: await profile(server(), source, 'FullImport'), sync: await profile(server(), source, 'FullSynchronisation') };
    const out = { export: await profile(server(), target, 'Export'), import: await profile(server(), target, 'FullImport') };
    for (const run of Object.values(runs)) await completes(server(), source, run);
    for (const run of Object.values(out)) await completes(server(), target, run);
    writeFileSync(source.file, feed(['p002', 'p519']));
    await server().run(source.id, runs.import.id);
    const { counts } = await foresee(server(), systemPath(source, `/run-profiles/${runs.sync.id}/preview`), {});
    assert.deepEqual([counts.MvoDeleted, counts.WouldStageDeleteExport, counts.PendingExportCreated], [2, 2, 1], JSON.stringify(counts));
  });
});
