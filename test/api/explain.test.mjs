// Explained and foreseen: why an object has its values, and what a run would do; and that looking changes nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { Joinery } from '../../examples/congress/joinery.mjs';
import { configure } from '../../examples/congress/setup.mjs';
import { NO_SUCH_ID, NO_SUCH_UUID, ROOT, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, named, profile, rule, SYNC, systemPath } from './systems.mjs';

// A hash of every row of every table; only when a key was last used is left out.
const HASH = `
import hashlib, sqlite3, sys
db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True, isolation_level=None)
db.execute('begin')
h = hashlib.sha256()
tables = sorted(name for (name,) in db.execute("select name from sqlite_master where type = 'table'"))
for table in tables:
    columns = ', '.join(f'"{c[1]}"' for c in db.execute(f'pragma table_info("{table}")') if not c[1].startswith('last_used'))
    for row in sorted(repr(r) for r in db.execute(f'select {columns} from "{table}"')):
        h.update(f'{table} {row}'.encode())
print(len(tables), h.hexdigest())`;

/** What the whole store holds, as a hash; read beside the server, for opening the store would take ids. */
function hashOf(server) {
  const hash = execFileSync('python3', ['-c', HASH, join(server.folder, 'data', 'joinery.db')], { encoding: 'utf8' });
  assert.match(hash, /^\d{2,} [0-9a-f]{64}/);
  return hash;
}

const previewOf = (server, system, id, runType) => server.post(systemPath(system, `/connector-space/${id}/synchronisation-preview`), runType && { runType }, 200);
const connected = async (server, system) => {
  const all = [];
  for (let page = 1, more = true; more; page++) {
    const reply = await server.get(systemPath(system, `/connector-space?pageSize=100&page=${page}`));
    all.push(...reply.items);
    more = reply.hasNextPage;
  }
  return all;
};

const STAFF = `objectType,id,name,team,manager
person,p1,Ada,,
person,p2,Charles,,p1
person,p3,Grace,Navy,p2
`;
const PAY = `objectType,id,name,team
person,p1,Ada L.,Analysis
person,p2,Charles B.,
`;

suite('explained and foreseen', (server) => {
  let user, staff, pay, directory, payRule, runs;
  const idOf = async (name) => (await server().get(`/metaverse/objects?search=${name}`)).items[0].id;
  const explanation = async (name) => server().get(`/metaverse/objects/${await idOf(name)}/explanation`);
  const attributeOf = async (name, attributeName) => (await explanation(name)).attributes.find((a) => a.attributeName === attributeName);
  const told = (a) => a.contributors.map((k) => `${k.connectedSystemName}: ${k.state} ${k.verdict}${k.supplies ? ' supplies' : ''}`);
  const values = (set) => set.values.map((v) => v.stringValue ?? v.referenceValueDisplayName);
  const person = async (system, id) => (await connected(server(), system)).find((o) => o.externalIdValue === id);
  const imports = (system, rows) => { if (rows) writeFileSync(system.file, rows); return completes(server(), system, runs.get(system).import); };
  const synchronises = (system, full) => completes(server(), system, runs.get(system)[full ? 'full' : 'delta']);

  it('begins with two sources of the same people, staff before pay, and a directory', async () => {
    let attribute;
    ({ user, attribute } = await metaverse(server()));
    staff = await fileSystem(server(), { name: 'Staff', rows: STAFF, types: { person: { id: 'id', references: ['manager'] } } });
    pay = await fileSystem(server(), { name: 'Pay', rows: PAY, types: { person: { id: 'id' } } });
    directory = await fileSystem(server(), { name: 'Directory', rows: null, types: { account: { id: 'login' } },
      settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, label, secret, boss:Reference' } });
    for (const system of [staff, pay]) {
      await server().post(systemPath(system, '/matching-rules'), { connectedSystemObjectTypeId: system.types.person.id, metaverseObjectTypeId: user.id,
        targetMetaverseAttributeId: attribute('Employee ID').id, sources: [{ connectedSystemAttributeId: named(system.types.person.attributes, 'id').id }] });
    }
    const flows = { 'Employee ID': 'id', 'Display Name': 'name', Department: 'team' };
    await rule(server(), staff, staff.types.person, user, 'Import', { ...flows, Manager: 'manager' });
    payRule = await rule(server(), pay, pay.types.person, user, 'Import', flows, { projectToMetaverse: false });
    await rule(server(), directory, directory.types.account, user, 'Export',
      { login: 'Employee ID', label: 'Display Name', secret: { expression: 'RandomPassword(20, true)' }, boss: 'Manager' }, { outboundDeprovisionAction: 'Delete' });
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect',
      deletionTriggerConnectedSystemIds: [staff.id], deletionGracePeriod: '7.00:00:00' });
    runs = new Map();
    for (const system of [staff, pay]) {
      runs.set(system, { import: await profile(server(), system, 'FullImport'), full: await profile(server(), system, 'FullSynchronisation'), delta: await profile(server(), system, 'DeltaSynchronisation') });
      await imports(system);
    }
  });

  it('foresees projection, flow and provisioning, with random passwords masked', async () => {
    const before = hashOf(server());
    const ada = await person(staff, 'p1');
    const preview = await previewOf(server(), staff, ada.id, 'FullSynchronisation');
    assert.deepEqual(preview.items.map((i) => [i.connectedSystemObjectId, i.objectChangeType, i.errorType]), [[ada.id, 'Projected', null]]);
    assert.equal(preview.items[0].outcomes[0].outcomeType, 'Projected');
    const [flow] = preview.items[0].outcomes[0].children;
    assert.deepEqual([flow.outcomeType, ...flow.children.map((n) => n.outcomeType)], ['AttributeFlow', 'Provisioned']);
    assert.deepEqual(flow.children[0].children.map((n) => n.outcomeType), ['PendingExportCreated']);
    const [change] = preview.metaverseChanges;
    assert.deepEqual([change.change, change.metaverseObjectId, change.displayName, change.deletionFate], ['Create', null, 'Ada', 'NotDeleted']);
    assert.deepEqual(values(change.attributes.find((a) => a.attributeName === 'Display Name').after), ['Ada']);
    const [staged] = preview.pendingExports;
    assert.deepEqual([staged.change, staged.changeType, staged.connectedSystemName, staged.connectedSystemObjectId], ['Create', 'Create', 'Directory', null]);
    assert.equal(named(staged.attributeChanges.map((k) => ({ ...k, name: k.attributeName })), 'secret').stringValue, '********');
    assert.deepEqual(preview.joins.map((j) => [j.connectedSystemName, j.change, j.joinTypeAfter]).sort(), [['Directory', 'Create', 'Provisioned'], ['Staff', 'Update', 'Projected']]);
    assert.equal(hashOf(server()), before);
  });

  it('names the contributor that supplies a value, and why the other does not', async () => {
    await synchronises(staff, true);
    await synchronises(pay, true);
    const name = await attributeOf('Ada', 'Display Name');
    assert.deepEqual([name.outcome, values(name.values), name.supplier.connectedSystemName], ['Value', ['Ada'], 'Staff']);
    assert.equal(name.supplier.connectedSystemObjectId, (await person(staff, 'p1')).id);
    assert.deepEqual(told(name), ['Staff: ConnectedWithValue Holds supplies', 'Pay: ConnectedWithValue RanksAfter']);
    assert.deepEqual(values(name.contributors[1].values), ['Ada L.']);
    assert.match(name.contributors[1].explanation, /ranks after rule .* of Staff \(priority \d+ after \d+\)/);
    const team = await attributeOf('Ada', 'Department');
    assert.deepEqual(told(team), ['Staff: ConnectedNoValue NoValue', 'Pay: ConnectedWithValue Holds supplies']);
    const none = await attributeOf('Charles', 'Department');
    assert.deepEqual([none.outcome, none.supplier, ...told(none)], ['NoContributor', null, 'Staff: ConnectedNoValue NoValue', 'Pay: ConnectedNoValue NoValue']);
    assert.deepEqual(told(await attributeOf('Grace', 'Department')), ['Staff: ConnectedWithValue Holds supplies', 'Pay: RuleNotApplicable NotJoined']);
    assert.deepEqual(values((await attributeOf('Grace', 'Manager')).values), ['Charles']);
  });

  it('names the run and the item that changed the object last', async () => {
    const { lastChange } = await explanation('Ada');
    assert.equal(lastChange.connectedSystemName, 'Pay');
    const { items } = await server().get(`/activities/${lastChange.activityId}/items`);
    assert.deepEqual(items.filter((i) => i.id === lastChange.itemId).map((i) => i.externalIdValue), ['p1']);
    assert.equal((await explanation('Grace')).lastChange.connectedSystemName, 'Staff');
  });

  it('names them for each attribute', async () => {
    const [name, team] = [await attributeOf('Ada', 'Display Name'), await attributeOf('Ada', 'Department')];
    assert.deepEqual([name.lastChange.connectedSystemName, team.lastChange.connectedSystemName], ['Staff', 'Pay']);
    const { items } = await server().get(`/activities/${name.lastChange.activityId}/items?pageSize=100`);
    assert.ok(items.some((i) => i.id === name.lastChange.itemId));
    assert.equal((await attributeOf('Charles', 'Department')).lastChange, null);
  });

  it('says what the next synchronisation brings, which then does it', async () => {
    await imports(staff, STAFF.replace('Ada,,', 'Ada,Mathematics,'));
    const team = await attributeOf('Ada', 'Department');
    assert.deepEqual(told(team), ['Staff: ConnectedWithValue NotSynchronisedYet', 'Pay: ConnectedWithValue RanksAfter supplies']);
    assert.match(team.explanation, /takes over at the next synchronisation/);
    const ada = await person(staff, 'p1');
    const preview = await previewOf(server(), staff, ada.id);
    assert.equal(preview.wouldBeProcessed, true);
    const change = preview.metaverseChanges[0].attributes[0];
    assert.deepEqual([change.attributeName, values(change.before), values(change.after), change.supplierBefore.connectedSystemName, change.supplierAfter.connectedSystemName],
      ['Department', ['Analysis'], ['Mathematics'], 'Pay', 'Staff']);
    await synchronises(staff);
    assert.deepEqual(told(await attributeOf('Ada', 'Department')), ['Staff: ConnectedWithValue Holds supplies', 'Pay: ConnectedWithValue RanksAfter']);
    const again = await previewOf(server(), staff, ada.id);
    assert.deepEqual([again.wouldBeProcessed, again.items, again.metaverseChanges, again.pendingExports], [false, [], [], []]);
  });

  it('names disabled rules', async () => {
    await server().put(`${SYNC}/sync-rules/${payRule.id}`, { enabled: false });
    assert.deepEqual(told(await attributeOf('Ada', 'Department')), ['Staff: ConnectedWithValue Holds supplies', 'Pay: RuleNotApplicable RuleDisabled']);
    await server().put(`${SYNC}/sync-rules/${payRule.id}`, { enabled: true });
  });

  it('foresees a scheduled deletion, and shows values that stay for the grace period', async () => {
    const grace = await person(staff, 'p3');
    await imports(staff, STAFF.replace(/person,p3.*\n/, ''));
    const preview = await previewOf(server(), staff, grace.id);
    assert.deepEqual(preview.metaverseChanges.map((m) => [m.displayName, m.change, m.deletionFate]), [['Grace', 'Update', 'Scheduled']]);
    assert.deepEqual(preview.items[0].outcomes[0].children.map((n) => n.outcomeType), ['CsoDeleted', 'MvoDeletionScheduled']);
    assert.ok(preview.metaverseChanges[0].deletionEligibleDate);
    await synchronises(staff);
    const frozen = await attributeOf('Grace', 'Department');
    assert.deepEqual([frozen.frozen, values(frozen.values), ...told(frozen)], [true, ['Navy'], 'Staff: RuleNotApplicable NotJoined supplies', 'Pay: RuleNotApplicable NotJoined']);
    assert.equal((await explanation('Grace')).isPendingDeletion, true);
  });

  it('foresees what the export rules would stage', async () => {
    const before = hashOf(server());
    const preview = await server().post(`/metaverse/objects/${await idOf('Charles')}/export-preview`, undefined, 200);
    assert.deepEqual([preview.metaverseChanges, preview.errorCount], [[], 0]);
    assert.equal(preview.pendingExports[0].changeType, 'Create');
    assert.equal(hashOf(server()), before);
  });

  it('refuses what is not there, and what is no synchronisation', async () => {
    await server().refused('GET', `/metaverse/objects/${NO_SUCH_UUID}/explanation`, 404, 'NOT_FOUND');
    await server().refused('POST', `/metaverse/objects/${NO_SUCH_UUID}/export-preview`, 404, 'NOT_FOUND');
    await server().refused('POST', systemPath(staff, `/connector-space/${NO_SUCH_UUID}/synchronisation-preview`), 404, 'NOT_FOUND');
    const ada = await person(staff, 'p1');
    await server().refused('POST', systemPath({ id: NO_SUCH_ID }, `/connector-space/${ada.id}/synchronisation-preview`), 404, 'NOT_FOUND');
    await server().refused('POST', systemPath(pay, `/connector-space/${ada.id}/synchronisation-preview`), 404, 'NOT_FOUND');
    await server().refused('POST', systemPath(staff, `/connector-space/${ada.id}/synchronisation-preview`), 400, 'VALIDATION_ERROR', { body: { runType: 'Export' } });
  });
});

suite('an election foreseen', (server) => {
  let setup;
  const feed = () => join(server().files, 'congress.csv');
  const replace = (name) => copyFileSync(join(ROOT, 'examples/congress', name), feed());

  /** Values that people have and changes that are staged, compared one by one with what the previews said. */
  async function holdsWhatWasForeseen(previews, directory) {
    const staged = await new Joinery(server().url, server().key).all(systemPath(directory, '/pending-exports'));
    const plain = (v) => v.referenceValueId ?? JSON.stringify([v.stringValue, v.dateTimeValue, v.intValue, v.boolValue]);
    let values = 0, exports = 0;
    for (const { metaverseChanges, pendingExports } of previews) {
      if (metaverseChanges.some((m) => m.change === 'Delete')) continue; // the run takes many away at once: what is left of a group is another
      for (const change of metaverseChanges.filter((m) => m.change === 'Update' && m.attributes.length).slice(0, 1)) {
        const { attributeValues } = await server().get(`/metaverse/objects/${change.metaverseObjectId}`);
        for (const { attributeName, after } of change.attributes.filter((a) => !a.after.hasMore)) {
          assert.deepEqual(after.values.map(plain).sort(), attributeValues.filter((v) => v.attributeName === attributeName).map(plain).sort(), `${change.displayName}: ${attributeName}`);
          values++;
        }
      }
      for (const foreseen of pendingExports.filter((p) => p.connectedSystemObjectId && p.attributeChangeCount <= 10).slice(0, 1)) {
        const real = staged.find((p) => p.connectedSystemObjectId === foreseen.connectedSystemObjectId);
        assert.deepEqual([real?.changeType, real?.attributeChangeCount], [foreseen.changeType, foreseen.attributeChangeCount]);
        const { attributeChanges } = await server().get(`${SYNC}/pending-exports/${real.id}`);
        const short = (k) => `${k.attributeName} ${k.changeType} ${k.stringValue}`;
        assert.deepEqual(foreseen.attributeChanges.map(short).sort(), attributeChanges.map(short).sort());
        exports++;
      }
    }
    assert.ok(values >= 20 && exports >= 3, `${values} values, ${exports} exports were compared`);
  }

  it('previews objects that join, change and leave without changing anything; the run then does what was foreseen', async () => {
    replace('2024-07.csv');
    const joinery = new Joinery(server().url, server().key);
    setup = await configure(joinery, feed(), join(server().files, 'directory.csv'));
    for (const limit of ['ImportDelete', 'Disconnect', 'ExportDelete', 'MetaverseDelete']) await joinery.put(`/service-settings/Safety.${limit}Percent`, { value: '25' });
    // All in one page: otherwise those who leave on an earlier page are gone from their committees before these are looked at.
    await server().put('/service-settings/Sync.PageSize', { value: '1000' });
    const { congress, directory } = setup;
    const cycle = [[congress, 'import'], [congress, 'fullSync'], [directory, 'export'], [directory, 'import'], [directory, 'deltaSync']];
    for (const [system, name] of cycle) await completes(server(), system, system.profiles[name]);
    replace('2025-01.csv');
    const { executed: since, status, warningMessage } = await server().run(congress.id, congress.profiles.import.id);
    assert.deepEqual([status, /"members" has become empty on 171 of 229/.test(warningMessage)], ['CompleteWithWarning', true], 'a new Congress begins without committees');

    const changed = (await connected(server(), congress)).filter((o) => o.status === 'Obsolete' || (o.lastUpdated ?? o.created) >= since);
    assert.ok(changed.length > 400, `${changed.length} objects changed`);
    const some = (filter, number) => changed.filter(filter).slice(0, number);
    const chosen = [...some((o) => o.status === 'Obsolete', 12), ...some((o) => o.joinType === 'NotJoined', 12),
      ...some((o) => o.typeName === 'committee', 10), ...some((o) => o.typeName === 'person' && o.status === 'Normal' && o.joinType !== 'NotJoined', 20)];
    assert.ok(chosen.length >= 50);

    const before = hashOf(server());
    const foreseen = new Map();
    for (const object of chosen) foreseen.set(`${object.typeName} ${object.externalIdValue}`, [object, await previewOf(server(), congress, object.id)]);
    for (const [object] of [...foreseen.values()].slice(0, 5)) await server().get(systemPath(congress, `/connector-space/${object.id}`));
    for (const { id } of (await server().get('/metaverse/objects?pageSize=10')).items) {
      await server().get(`/metaverse/objects/${id}/explanation`);
      await server().post(`/metaverse/objects/${id}/export-preview`, undefined, 200);
    }
    assert.equal(hashOf(server()), before, 'the store is as it was');

    const { id } = await completes(server(), congress, congress.profiles.deltaSync);
    assert.notEqual(hashOf(server()), before, 'the hash can differ');
    const items = await joinery.all(`/activities/${id}/items`);
    let compared = 0;
    for (const [key, [object, preview]] of foreseen) {
      const own = preview.items.find((i) => i.connectedSystemObjectId === object.id);
      const real = items.find((i) => `${i.connectedSystemObjectType} ${i.externalIdValue}` === key);
      if (preview.waitsForReferences) continue; // the run joins those whom this object refers to
      compared++;
      const outcome = (i) => i && [i.displayName, i.objectChangeType, i.errorType, i.outcomeSummary];
      assert.deepEqual(outcome(own), outcome(real), key);
    }
    await holdsWhatWasForeseen([...foreseen.values()].map(([, preview]) => preview).filter((preview) => !preview.waitsForReferences), directory);
    assert.ok(compared >= 45, `${compared} of ${chosen.length} can be compared`);
  });
});
