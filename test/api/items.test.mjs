// One object's line in a run: the tree of what happened, and the causes that go back over runs.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { NO_SUCH_UUID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, PEOPLE, profile, rule } from './systems.mjs';

suite('items of a run', (server) => {
  let source, target, runs;
  const item = async (activity, choose) => {
    const { items } = await server().get(`/activities/${activity.id}/items`);
    const header = items.find(choose);
    assert.ok(header, JSON.stringify(items, null, 1));
    const detail = await server().get(`/activities/${activity.id}/items/${header.id}`);
    for (const [name, value] of Object.entries(header)) assert.deepEqual(detail[name], value, name);
    assert.equal(detail.activityId, activity.id);
    return detail;
  };
  const named = (name) => (header) => header.displayName === name;
  const flat = (nodes) => nodes.flatMap((node) => [node, ...flat(node.children)]);

  it('are prepared', async () => {
    const { user } = await metaverse(server());
    source = await fileSystem(server(), { name: 'Source', types: { person: { id: 'id', references: ['manager'] } } });
    target = await fileSystem(server(), { name: 'Target', rows: null, types: { account: { id: 'login' } },
      settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, cn, boss:Reference' } });
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [source.id] });
    await rule(server(), source, source.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name', Manager: 'manager' });
    await rule(server(), target, target.types.account, user, 'Export', { login: { expression: '"p" + mv["Employee ID"]' }, cn: 'Display Name', boss: 'Manager' },
      { name: 'Accounts', outboundDeprovisionAction: 'Delete' });
    runs = { import: await profile(server(), source, 'FullImport'), sync: await profile(server(), source, 'FullSynchronisation'), delta: await profile(server(), source, 'DeltaSynchronisation'),
      export: await profile(server(), target, 'Export'), confirm: await profile(server(), target, 'FullImport'), settle: await profile(server(), target, 'DeltaSynchronisation') };
  });

  it('show the tree of what happened, with the names of then', async () => {
    const imported = await completes(server(), source, runs.import);
    const added = await item(imported, named('Ada'));
    assert.deepEqual([added.objectChangeType, added.outcomes.map((o) => o.outcomeType), added.causes, added.pendingExport], ['Added', ['CsoAdded'], [], null]);
    assert.equal(added.connectedSystemId, source.id);
    const projected = await item(await completes(server(), source, runs.sync), named('Ada'));
    const nodes = flat(projected.outcomes);
    const provisioned = nodes.find((node) => node.outcomeType === 'Provisioned');
    assert.ok(nodes.some((node) => node.outcomeType === 'Projected') && provisioned, JSON.stringify(projected.outcomes, null, 1));
    assert.equal(provisioned.syncRuleName, 'Accounts');
    assert.ok(provisioned.children.some((node) => node.outcomeType === 'PendingExportCreated' && node.detailCount >= 2));
    assert.equal(projected.pendingExport.changeType, 'Create');
  });

  it('lead from an export back to what staged it', async () => {
    const exported = await completes(server(), target, runs.export);
    const { items } = await server().get(`/activities/${exported.id}/items`);
    assert.deepEqual(items.filter((i) => i.outcomeSummary).map((i) => [i.externalIdValue, i.displayName]).slice(0, 3), [['p1', 'Ada'], ['p2', 'Charles'], ['p3', 'Grace']],
      'what has just been made is called what it was given');
    const detail = await server().get(`/activities/${exported.id}/items/${items[0].id}`);
    const [cause] = detail.causes;
    assert.deepEqual([cause.edgeType, cause.reasonCode, cause.chainStatus], ['PendingExportQueueingCausedExportExecution', 'ExportCreateStaged', 'NoFurtherCauses']);
    assert.equal(cause.causeConnectedSystemName, 'Source');
    assert.ok(cause.causeItemId && cause.causeRunProfileName && cause.causeExecuted);
    for (const run of [runs.confirm, runs.settle, runs.export, runs.confirm, runs.settle]) await completes(server(), target, run);
    const later = await server().get(`/activities/${exported.id}/items/${items[0].id}`);
    assert.equal(later.pendingExport, null);
    assert.deepEqual(later.causes, detail.causes, 'why stays known when the export is confirmed');
  });

  it('lead from a removed account and a removed reference back to who has left', async () => {
    writeFileSync(source.file, PEOPLE.split('\n').filter((row) => !row.startsWith('person,2')).join('\n'));
    await completes(server(), source, runs.import);
    const left = await completes(server(), source, runs.delta);
    const { items } = await server().get(`/activities/${left.id}/items?pageSize=100`);
    const details = await Promise.all(items.map(({ id }) => server().get(`/activities/${left.id}/items/${id}`)));
    const causes = details.flatMap((detail) => detail.causes.map((cause) => ({ detail, cause })));
    const deprovision = causes.find(({ cause }) => cause.edgeType === 'MetaverseObjectDeletionCausedDeprovision');
    const reference = causes.find(({ cause }) => cause.edgeType === 'MetaverseObjectDeletionCausedReferenceRemoval');
    assert.ok(deprovision && reference, JSON.stringify(details, null, 1));
    assert.deepEqual([deprovision.cause.reasonCode, deprovision.cause.metaverseObjectDisplayName, deprovision.cause.metaverseObjectTypeName], ['AuthoritativeSourceDisconnected', 'Charles', 'User']);
    assert.equal(reference.cause.attributeName, 'Manager');
    assert.equal(reference.cause.causeItemId, deprovision.detail.id, 'the item that tells of the deletion');
    assert.notEqual(reference.cause.chainStatus, 'CauseNotRetained');
  });

  it('are not found under another activity or when there is none', async () => {
    const { items: [first, second] } = await server().get('/activities?targetType=ConnectedSystemRunProfile&pageSize=2');
    const { items: [line] } = await server().get(`/activities/${first.id}/items`);
    await server().refused('GET', `/activities/${second.id}/items/${line.id}`, 404, 'NOT_FOUND');
    await server().refused('GET', `/activities/${first.id}/items/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
    await server().refused('GET', `/activities/${NO_SUCH_UUID}/items/${line.id}`, 404, 'NOT_FOUND');
  });
});

suite('exports that failed', (server) => {
  it('W65, J+45: get all their attempts again when an administrator says so', async () => {
    const { user } = await metaverse(server());
    const feed = (team) => `objectType,id,name,team\nperson,1,Ada,${team}\n`;
    const source = await fileSystem(server(), { name: 'Source', rows: feed('Engine'), types: { person: { id: 'id' } } });
    const target = await fileSystem(server(), { name: 'Target', rows: null, types: { user: { id: 'login' } }, settings: { Mode: 'Bidirectional', 'Declared Schema': 'user = login!, dept' } });
    await rule(server(), source, source.types.person, user, 'Import', { 'Display Name': 'name', Department: 'team' });
    await rule(server(), target, target.types.user, user, 'Export', { login: 'Display Name', dept: 'Department' });
    const runs = { import: await profile(server(), source, 'FullImport'), sync: await profile(server(), source, 'FullSynchronisation') };
    const out = { export: await profile(server(), target, 'Export'), confirm: await profile(server(), target, 'FullImport') };
    for (const run of Object.values(runs)) await completes(server(), source, run);
    for (const run of Object.values(out)) await completes(server(), target, run);
    const before = readFileSync(target.file);
    writeFileSync(source.file, feed('Navy'));
    for (const run of Object.values(runs)) await completes(server(), source, run);
    const path = `/synchronisation/connected-systems/${target.id}/pending-exports`;
    assert.deepEqual(await server().post(`${path}/retry-failed`, undefined, 200), { retriedCount: 0 });
    for (let round = 0; round < 5; round++) {
      await completes(server(), target, out.export);
      writeFileSync(target.file, before); // somebody always sets it back
      assert.notEqual((await server().run(target.id, out.confirm.id)).status, 'Complete');
    }
    const [parked] = (await server().get(path)).items;
    assert.equal(parked.status, 'Failed');
    assert.deepEqual(await server().post(`${path}/retry-failed?changeReason=It%20was%20us`, undefined, 200), { retriedCount: 1 });
    const [again] = (await server().get(path)).items;
    assert.deepEqual([again.status, again.errorCount, again.nextRetryAt], ['Pending', 0, null]);
    const { attributeChanges: [change] } = await server().get(`/synchronisation/pending-exports/${again.id}`);
    assert.deepEqual([change.status, change.exportAttemptCount], ['Pending', 0]);
    for (const run of Object.values(out)) await completes(server(), target, run);
    assert.equal(await server().get(`${path}/count`), 0);
    await server().refused('POST', '/synchronisation/connected-systems/999999/pending-exports/retry-failed', 404, 'NOT_FOUND');
  });
});
