// Partitions and containers, from reading the hierarchy to imports and exports within it (sync-engine §18, connectors §7).
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { NO_SUCH_ID, PROGRAM_WITH_DIRECTORY, suite } from './harness.mjs';
import { completes, containerOf, directory, fileSystem, metaverse, named, partitionsOf, profile, refresh, rule, select, systemPath } from './systems.mjs';

const TREE = `partition;dc=one
partition;dc=two
container;ou=People,dc=one;s-people
container;ou=Staff,ou=People,dc=one;s-staff
container;ou=Old,ou=People,dc=one;s-old
container;ou=Groups,dc=one;s-groups
container;ou=All,dc=two;s-all
`;
const ONE = `person;uid=ann,ou=People,dc=one;id=1;name=Ann
person;uid=bob,ou=Staff,ou=People,dc=one;id=2;name=Bob;boss=uid=ann,ou=People,dc=one
person;uid=old,ou=Old,ou=People,dc=one;id=3;name=Old
person;uid=far,ou=Groups,dc=one;id=4;name=Far
`;
const TWO = `person;uid=zoe,ou=All,dc=two;id=9;name=Zoe
`;

async function names(server, system) {
  const { items } = await server.get(systemPath(system, '/connector-space?pageSize=100'));
  return items.filter((o) => o.status === 'Normal').map((o) => o.displayName).sort();
}
async function obsolete(server, system) {
  const { items } = await server.get(systemPath(system, '/connector-space?pageSize=100'));
  return items.filter((o) => o.status === 'Obsolete').map((o) => o.displayName).sort();
}
const lines = (system) => readFileSync(system.file, 'utf8').split('\n').filter((line) => line && !/^(partition|container)/.test(line)).sort();

suite('partitions and containers', (server) => {
  it('reads the hierarchy, unselected, with counts, and tells what has changed', async () => {
    const s = await directory(server(), TREE + ONE + TWO);
    const first = await refresh(server(), s);
    assert.deepEqual([first.success, first.totalPartitions, first.totalContainers, first.hasChanges], [true, 2, 5, true]);
    assert.deepEqual(first.addedPartitions.map((p) => [p.name, p.wasSelected, p.itemType]), [['dc=one', false, 'Partition'], ['dc=two', false, 'Partition']]);
    assert.equal(first.addedContainers.length, 5);
    const [one] = await partitionsOf(server(), s);
    assert.equal(one.selected, false);
    const people = named(one.containers, 'People');
    assert.deepEqual([people.objectCount, people.subtreeObjectCount, people.partitionId, people.connectedSystemId], [1, 3, one.id, s.id]);
    assert.deepEqual(people.childContainers.map((c) => c.name).sort(), ['Old', 'Staff']);
    const again = await refresh(server(), s);
    assert.deepEqual([again.hasChanges, again.summary], [false, 'No changes']);
    const activities = await server().get(`/activities?search=${encodeURIComponent(s.name)}&sortDirection=desc`);
    assert.equal(activities.items[0].targetOperationType, 'ImportHierarchy');
    const preview = await server().get(systemPath(s, '/deletion-preview'));
    assert.deepEqual([preview.partitionCount, preview.containerCount], [2, 5]);
  });

  it('keeps a selection through renames and moves, and a selected container for one refresh longer', async () => {
    const s = await directory(server(), TREE + ONE + TWO);
    await refresh(server(), s);
    await select(server(), s, 'dc=one');
    await select(server(), s, 'ou=Staff,ou=People,dc=one', { selected: true, scope: 'OneLevel' });
    await select(server(), s, 'ou=Groups,dc=one');
    writeFileSync(s.file, TREE.replace('ou=Staff,ou=People,dc=one', 'ou=Crew,ou=Groups,dc=one'));
    const moved = await refresh(server(), s);
    assert.deepEqual(moved.renamedContainers, [{ externalId: 'ou=Crew,ou=Groups,dc=one', oldName: 'Staff', newName: 'Crew', itemType: 'Container' }]);
    assert.deepEqual(moved.movedContainers, [{ externalId: 'ou=Crew,ou=Groups,dc=one', name: 'Crew', oldParentExternalId: 'ou=People,dc=one', newParentExternalId: 'ou=Groups,dc=one' }]);
    const crew = await containerOf(server(), s, 'ou=Crew,ou=Groups,dc=one');
    assert.deepEqual([crew.selected, crew.scope], [true, 'OneLevel']);
    writeFileSync(s.file, TREE.replace(/container;ou=Groups.*\n/, '').replace(/container;ou=Old.*\n/, '').replace(/.*ou=Staff.*\n/, ''));
    const missing = await refresh(server(), s);
    assert.deepEqual(missing.removedContainers.map((c) => c.name), ['Old']);
    assert.match(missing.summary, /ou=Groups,dc=one' was not found; it is kept/);
    assert.equal(missing.hasSelectedItemsRemoved, false);
    assert.equal((await containerOf(server(), s, 'ou=Groups,dc=one')).selected, true);
    const gone = await refresh(server(), s);
    assert.equal(gone.hasSelectedItemsRemoved, true);
    assert.equal(await containerOf(server(), s, 'ou=Groups,dc=one'), undefined);
    writeFileSync(s.file, '# nothing\n');
    const nothing = await refresh(server(), s);
    assert.deepEqual([nothing.totalPartitions, nothing.hasChanges], [2, false]);
    rmSync(s.file);
    await server().refused('POST', systemPath(s, '/import-hierarchy'), 400, 'BAD_REQUEST');
    await server().refused('POST', systemPath({ id: NO_SUCH_ID }, '/import-hierarchy'), 404, 'NOT_FOUND');
  });

  it('refuses runs of what is not selected, or only warns', async () => {
    const s = await directory(server(), TREE + ONE + TWO);
    await refresh(server(), s);
    const [one, two] = await partitionsOf(server(), s);
    const whole = await profile(server(), s, 'FullImport');
    const execute = (run) => systemPath(s, `/run-profiles/${run.id}/execute`);
    assert.match((await server().refused('POST', execute(whole), 400, 'BAD_REQUEST')).message, /No partition/);
    await server().refused('POST', systemPath(s, '/run-profiles'), 400, 'VALIDATION_ERROR', { body: { name: 'Nowhere', runType: 'FullImport', partitionId: NO_SUCH_ID } });
    const scoped = await profile(server(), s, 'FullImport', { partitionId: two.id });
    assert.deepEqual([scoped.partitionName, scoped.targetsDeselectedPartition], ['dc=two', true]);
    await server().put('/service-settings/Sync.PartitionValidationMode', { value: 'Warning' });
    try {
      await server().refused('POST', execute(scoped), 400, 'BAD_REQUEST');
      const { warnings } = await server().post(execute(whole), undefined, 202);
      assert.match(warnings[0], /No partition/);
    } finally {
      await server().delete('/service-settings/Sync.PartitionValidationMode', 200);
    }
    await select(server(), s, 'dc=two');
    assert.equal((await server().get(systemPath(s, '/run-profiles'))).find((p) => p.id === scoped.id).targetsDeselectedPartition, false);
    await completes(server(), s, scoped);
    await select(server(), s, 'dc=one');
    await select(server(), s, 'dc=two', { selected: false });
    await server().refused('POST', execute(scoped), 400, 'BAD_REQUEST');
    await server().refused('PUT', systemPath(s, `/partitions/${NO_SUCH_ID}`), 404, 'NOT_FOUND', { body: { selected: true } });
    await server().refused('PUT', systemPath(s, `/containers/${NO_SUCH_ID}`), 404, 'NOT_FOUND', { body: { selected: true } });
    assert.equal(one.connectedSystemId, s.id);
  });

  it('S9: imports one partition and deletes nothing in the other; without a partition the union', async () => {
    const s = await directory(server(), TREE + ONE + TWO);
    await refresh(server(), s);
    const [one, two] = await partitionsOf(server(), s);
    await select(server(), s, 'dc=one');
    await select(server(), s, 'dc=two');
    const [first, second, whole] = [await profile(server(), s, 'FullImport', { partitionId: one.id }), await profile(server(), s, 'FullImport', { partitionId: two.id }), await profile(server(), s, 'FullImport')];
    await completes(server(), s, first);
    assert.deepEqual(await names(server(), s), ['Ann', 'Bob', 'Far', 'Old']);
    await completes(server(), s, second);
    assert.deepEqual(await names(server(), s), ['Ann', 'Bob', 'Far', 'Old', 'Zoe']);
    assert.equal(await server().get(systemPath(s, `/connector-space/count?partitionId=${two.id}`)), 1);
    await completes(server(), s, whole);
    assert.deepEqual(await obsolete(server(), s), []);
    writeFileSync(s.file, TREE + ONE.replace(/.*Far.*\n/, '') + TWO.replace('Zoe', 'Zoë'));
    await completes(server(), s, second);
    assert.deepEqual(await obsolete(server(), s), []);
    await completes(server(), s, first);
    assert.deepEqual(await obsolete(server(), s), ['Far']);
    // J+25: an object that moves keeps its row and follows its partition; nothing takes it for gone.
    writeFileSync(s.file, TREE + ONE.replace(/.*Far.*\n/, '').replace('uid=old,ou=Old,ou=People,dc=one', 'uid=old,ou=All,dc=two') + TWO);
    await completes(server(), s, second);
    await completes(server(), s, first);
    assert.deepEqual(await names(server(), s), ['Ann', 'Bob', 'Old', 'Zoe']);
    assert.equal(await server().get(systemPath(s, `/connector-space/count?partitionId=${two.id}`)), 2);
  });

  it('imports what the most specific container says, counts what exclusions drop, and obsoletes what is deselected', async () => {
    const s = await directory(server(), TREE + ONE + TWO);
    await refresh(server(), s);
    await select(server(), s, 'dc=one');
    await select(server(), s, 'ou=People,dc=one');
    const old = await select(server(), s, 'ou=Old,ou=People,dc=one', { excluded: true });
    await server().refused('PUT', systemPath(s, `/containers/${old.id}`), 400, 'BAD_REQUEST', { body: { selected: true } });
    const run = await profile(server(), s, 'FullImport');
    const activity = await completes(server(), s, run);
    assert.deepEqual(await names(server(), s), ['Ann', 'Bob']);
    assert.deepEqual(activity.executionStats.entriesDiscardedByExcludedContainer, { [old.id]: 1 });
    assert.equal(activity.executionStats.totalEntriesDiscardedByExclusion, 1);
    await select(server(), s, 'ou=People,dc=one', { scope: 'OneLevel' });
    assert.deepEqual(await obsolete(server(), s), []); // nothing at once
    await completes(server(), s, run);
    assert.deepEqual([await names(server(), s), await obsolete(server(), s)], [['Ann'], ['Bob']]);
    await select(server(), s, 'ou=Old,ou=People,dc=one', { selected: true, excluded: false });
    await completes(server(), s, run);
    assert.deepEqual(await names(server(), s), ['Ann', 'Old']);
    await select(server(), s, 'ou=People,dc=one', { selected: false });
    await select(server(), s, 'ou=Old,ou=People,dc=one', { selected: false });
    await completes(server(), s, run); // no container stated: the whole partition
    assert.deepEqual(await names(server(), s), ['Ann', 'Bob', 'Far', 'Old']);
  });

  it('takes the container scope as text', async () => {
    const s = await directory(server(), TREE + ONE + TWO);
    const path = systemPath(s, '/container-scope-text');
    await refresh(server(), s);
    assert.deepEqual(await server().get(path), { text: '' });
    const text = '# people only\n+ OU=people, DC=one\n\nexclude ou=Old,ou=People,dc=one\ninclude ONE-LEVEL ou=All,dc=two\n';
    const canonical = 'include ou=People,dc=one\nexclude ou=Old,ou=People,dc=one\ninclude one-level ou=All,dc=two';
    assert.deepEqual(await server().put(path, { text }), { text: canonical });
    assert.deepEqual((await partitionsOf(server(), s)).map((p) => p.selected), [true, true]);
    const wrong = 'keep ou=People,dc=one\ninclude\ninclude ou=Nobody,dc=one\n+ou=People,dc=one\n- ou=People,dc=one\n+ ou=Staff,ou=People,dc=one';
    const refused = await server().refused('PUT', path, 400, 'VALIDATION_ERROR', { body: { text: wrong } });
    assert.deepEqual(refused.validationErrors.text.map((p) => p.slice(0, 7)), ['line 1:', 'line 2:', 'line 3:', 'line 5:', 'line 6:']);
    assert.deepEqual(await server().get(path), { text: canonical });
    await server().refused('PUT', path, 400, 'VALIDATION_ERROR', { body: {} });
    assert.deepEqual(await server().put(path, { text: '' }), { text: '' });
    await server().refused('GET', systemPath({ id: NO_SUCH_ID }, '/container-scope-text'), 404, 'NOT_FOUND');
  });

  it('invariant 14: exports only into selected containers, and adds the containers that the connector makes', async () => {
    const { user } = await metaverse(server());
    const source = await fileSystem(server(), { rows: 'objectType,id,name,place\nperson,p1,Ann,ou=People\nperson,p2,Bob,ou=Elsewhere\nperson,p3,Cid,"ou=New,ou=People"\n', types: { person: { id: 'id' } } });
    const s = await directory(server(), TREE);
    await refresh(server(), s);
    await server().put(systemPath(s, '/container-scope-text'), { text: '+ ou=People,dc=one' });
    await rule(server(), source, source.types.person, user, 'Import', { 'Employee ID': 'id', 'Display Name': 'name', Department: 'place' });
    await rule(server(), s, s.types.person, user, 'Export', {
      id: 'Employee ID', name: 'Display Name', dn: { expression: '"uid=" + mv["Employee ID"] + "," + mv["Department"] + ",dc=one"' },
    });
    for (const type of ['FullImport', 'FullSynchronisation']) await completes(server(), source, await profile(server(), source, type));
    const exporting = await profile(server(), s, 'Export');
    const activity = await server().run(s.id, exporting.id);
    assert.equal(activity.status, 'CompleteWithError', JSON.stringify(activity));
    assert.deepEqual(lines(s), ['person;uid=p1,ou=People,dc=one;id=p1;name=Ann', 'person;uid=p3,ou=New,ou=People,dc=one;id=p3;name=Cid']);
    const { items } = await server().get(`/activities/${activity.id}/items?pageSize=50`);
    const failed = items.filter((i) => i.errorType !== null && i.errorType !== 'NotSet');
    assert.deepEqual(failed.map((i) => i.errorType), ['UnhandledError']);
    const made = await containerOf(server(), s, 'ou=New,ou=People,dc=one');
    assert.deepEqual([made.name, made.selected], ['New', false]); // the selected subtree holds it already
    const children = await server().get(`/activities/${activity.id}/children`);
    assert.deepEqual(children.items.map((a) => [a.targetType, a.targetOperationType]), [['ConnectedSystem', 'Update']]);
    assert.equal(activity.phases.find((p) => p.key === 'export.containers').status, 'Completed');
    const history = await server().get(systemPath(s, '/change-history'));
    assert.match(history.items[0].summary ?? history.items[0].changeSummary ?? JSON.stringify(history.items[0]), /[Pp]artitions/);
    // What was written is confirmed by the next import, which reads the new container as part of its subtree.
    await completes(server(), s, await profile(server(), s, 'FullImport'));
    assert.deepEqual(await names(server(), s), ['Ann', 'Cid']);
  });

  it('selects a container that an export made below a one-level selection', async () => {
    const { user } = await metaverse(server());
    const source = await fileSystem(server(), { rows: 'objectType,id,name\nrow,p71,Ida\n', types: { row: { id: 'id' } } });
    const s = await directory(server(), TREE.replace(/container;ou=Groups.*\n/, ''));
    await refresh(server(), s);
    await server().put(systemPath(s, '/container-scope-text'), { text: '+ one-level ou=People,dc=one\n+ one-level ou=All,dc=two' });
    await rule(server(), source, source.types.row, user, 'Import', { 'Employee ID': 'id', 'Display Name': 'name' });
    await rule(server(), s, s.types.person, user, 'Export', { id: 'Employee ID', name: 'Display Name', dn: { expression: '"uid=" + mv["Employee ID"] + ",ou=People,dc=one"' } });
    writeFileSync(s.file, TREE.replace(/container;ou=(People|Staff|Old|Groups).*\n/g, '')); // the place itself is gone meanwhile
    for (const type of ['FullImport', 'FullSynchronisation']) await completes(server(), source, await profile(server(), source, type));
    await server().run(s.id, (await profile(server(), s, 'Export')).id);
    assert.deepEqual(lines(s).filter((line) => line.includes('Ida')), ['person;uid=p71,ou=People,dc=one;id=p71;name=Ida']);
    assert.equal((await containerOf(server(), s, 'ou=People,dc=one')).selected, true);
  });
}, {}, PROGRAM_WITH_DIRECTORY);
