// What changed on objects: histories, values before and after in items, deleted objects, what tracking and forgetting do (sync-engine §21).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { NO_SUCH_UUID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, PEOPLE, profile, rule, systemPath } from './systems.mjs';

suite('history of objects', (server) => {
  let source, target, runs, user;
  const space = async (system, name) => (await server().get(systemPath(system, `/connector-space?pageSize=100`))).items.find((o) => o.displayName === name);
  const person = async (name) => (await server().get(`/metaverse/objects?search=${encodeURIComponent(name)}`)).items.find((o) => o.displayName === name);
  const csoHistory = (system, id, query = '') => server().get(systemPath(system, `/connector-space/${id}/change-history${query}`));
  const mvoHistory = (id, query = '') => server().get(`/metaverse/objects/${id}/change-history${query}`);
  /** "-old +new" by the name of the attribute. */
  const told = (changes) => Object.fromEntries(changes.map((k) => [k.attributeName, k.valueChanges.map((v) =>
    (v.valueChangeType === 'Add' ? '+' : '-') + (v.referenceValue?.displayName ?? v.stringValue ?? v.intValue ?? v.longValue ?? v.boolValue ?? v.dateTimeValue)).join(' ')]));
  const itemOf = async (activity, name) => {
    const { items } = await server().get(`/activities/${activity.id}/items?pageSize=100`);
    const header = items.find((item) => item.displayName === name);
    assert.ok(header, JSON.stringify(items, null, 1));
    return server().get(`/activities/${activity.id}/items/${header.id}`);
  };
  const rows = (change) => writeFileSync(source.file, change(PEOPLE));
  const setting = (key, value) => server().put(`/service-settings/ChangeTracking.${key}`, { value });
  let ada, adaCso;

  it('is prepared', async () => {
    ({ user } = await metaverse(server()));
    source = await fileSystem(server(), { name: 'Source', types: { person: { id: 'id', references: ['manager'] } } });
    target = await fileSystem(server(), { name: 'Target', rows: null, types: { account: { id: 'login' } },
      settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, label' } });
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [source.id] });
    await rule(server(), source, source.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name', Department: 'team', Manager: 'manager' }, { name: 'People' });
    await rule(server(), target, target.types.account, user, 'Export', { login: { expression: '"p" + mv["Employee ID"]' }, label: 'Display Name' }, { outboundDeprovisionAction: 'Delete' });
    runs = { import: await profile(server(), source, 'FullImport'), sync: await profile(server(), source, 'FullSynchronisation'), delta: await profile(server(), source, 'DeltaSynchronisation'),
      export: await profile(server(), target, 'Export'), confirm: await profile(server(), target, 'FullImport'), settle: await profile(server(), target, 'DeltaSynchronisation') };
  });

  it('begins with all values that the object was made with', async () => {
    await completes(server(), source, runs.import);
    adaCso = await space(source, 'Ada');
    const history = await csoHistory(source, adaCso.id);
    assert.equal(history.totalCount, 1);
    const [made] = history.items;
    assert.deepEqual([made.changeType, made.initiatedByType, made.runProfileName, made.valuesUnknown], ['Added', 'ApiKey', runs.import.name, false]);
    assert.equal(told(made.attributeChanges).name, '+Ada');
    assert.equal(told(made.attributeChanges).skills.split(' ').length, made.attributeChanges.find((k) => k.attributeName === 'skills').valueChangeCount);
    const synchronised = await completes(server(), source, runs.sync);
    ada = await person('Ada');
    const [projected] = (await mvoHistory(ada.id)).items.slice(-1);
    assert.deepEqual([projected.changeType, projected.changeInitiatorType, projected.syncRuleName, projected.csoId, projected.connectedSystemName, projected.connectedSystemRunType],
      ['Projected', 'SynchronisationRule', 'People', adaCso.id, 'Source', 'FullSynchronisation']);
    assert.equal(told(projected.attributeChanges).Department, '+Engine');
    const item = await itemOf(synchronised, 'Ada');
    assert.equal(projected.activityRunProfileExecutionItemId, item.id);
    assert.equal(told(item.metaverseObjectChanges.at(-1).attributeChanges)['Display Name'], '+Ada');
  });

  it('tells each value before and after, and from which rule it comes', async () => {
    rows((text) => text.replace('1,Ada,Engine', '1,Ada,Navy').replace('mathematics|poetry', 'poetry|music'));
    const imported = await completes(server(), source, runs.import);
    const expected = { team: '-Engine +Navy', skills: '-mathematics +music' };
    assert.deepEqual(told((await itemOf(imported, 'Ada')).attributeChanges), expected);
    const history = await csoHistory(source, adaCso.id);
    assert.deepEqual(history.items.map((k) => k.changeType), ['Updated', 'Added'], 'the newest first');
    assert.deepEqual(told(history.items[0].attributeChanges), expected);
    assert.equal(told(history.items[1].attributeChanges).team, '+Engine', 'what it was made with stays what it was');
    const synchronised = await completes(server(), source, runs.delta);
    const { items: [flow] } = await mvoHistory(ada.id);
    assert.deepEqual([flow.changeType, told(flow.attributeChanges), flow.attributeChanges[0].syncRuleName], ['AttributeFlow', { Department: '-Engine +Navy' }, 'People']);
    assert.deepEqual(told((await itemOf(synchronised, 'Ada')).metaverseObjectChanges[0].attributeChanges), { Department: '-Engine +Navy' });
    const second = await mvoHistory(ada.id, '?pageSize=1&page=2');
    assert.ok(second.hasPreviousPage && second.items.length === 1);
    for (const query of ['?sortBy=changeTime&sortDirection=asc', '?sortDirection=desc', '?filter=changeType:eq:Added']) // the order is fixed
      assert.deepEqual([(await csoHistory(source, adaCso.id, query)).items, (await mvoHistory(ada.id, query)).items], [history.items, (await mvoHistory(ada.id)).items], query);
  });

  it('names who is referred to', async () => {
    const charles = await person('Charles');
    const made = (await mvoHistory(charles.id)).items.flatMap((k) => k.attributeChanges).find((k) => k.attributeName === 'Manager');
    assert.deepEqual([made.valueChanges[0].referenceValue.id, made.valueChanges[0].referenceValue.typeName], [ada.id, 'User']);
    const cso = await space(source, 'Charles');
    const [added] = (await csoHistory(source, cso.id)).items;
    const reference = added.attributeChanges.find((k) => k.attributeName === 'manager').valueChanges[0];
    assert.deepEqual([reference.stringValue, reference.referenceValue.id, reference.referenceValue.displayName], ['1', adaCso.id, 'Ada']);
  });

  it('leads from a confirming import to the export, and from what staged it forward to both', async () => {
    const exported = await completes(server(), target, runs.export);
    const { items: [line] } = await server().get(`/activities/${exported.id}/items`);
    const sent = await server().get(`/activities/${exported.id}/items/${line.id}`);
    const confirmed = await completes(server(), target, runs.confirm);
    const seen = await server().get(`/activities/${confirmed.id}/items`);
    const detail = await server().get(`/activities/${confirmed.id}/items/${seen.items[0].id}`);
    const cause = detail.causes.find((c) => c.edgeType === 'ExportCausedImportConfirmation');
    assert.ok(cause, JSON.stringify(detail, null, 1));
    assert.deepEqual([cause.reasonCode, cause.causeActivityId, cause.chainStatus], ['ExportCreateStaged', exported.id, 'Resolved']);
    assert.equal(cause.causes[0].edgeType, 'PendingExportQueueingCausedExportExecution');
    assert.ok(cause.metaverseObjectDisplayName, 'the metaverse object has a name');
    const first = sent.causes[0];
    const origin = await server().get(`/activities/${first.causeActivityId}/items/${first.causeItemId}`);
    assert.deepEqual(origin.effects.map((e) => [e.activityId, e.itemCount]), [[exported.id, 1]]);
    assert.equal(origin.effects[0].items[0].id, line.id);
    await completes(server(), target, runs.settle);
  });

  it('is kept when the object goes, with what it was called and had last', async () => {
    const charles = await person('Charles'), cso = await space(source, 'Charles');
    rows((text) => text.split('\n').filter((row) => !row.startsWith('person,2')).join('\n'));
    const before = new Date(Date.now() - 60000).toISOString(), later = new Date(Date.now() + 3600000).toISOString();
    await completes(server(), source, runs.import);
    const left = await completes(server(), source, runs.delta);
    const gone = await server().get('/history/deleted-objects/mvo?displayNameSearch=charl');
    assert.equal(gone.totalCount, 1);
    assert.deepEqual([gone.items[0].id, gone.items[0].displayName, gone.items[0].objectTypeName, gone.items[0].objectTypeId, gone.items[0].initiatedByType], [charles.id, 'Charles', 'User', user.id, 'ApiKey']);
    for (const [query, count] of [[`objectTypeId=${user.id}`, 1], ['objectTypeId=999', 0], ['displayNameSearch=ada', 0], [`fromDate=${before}`, 1], [`toDate=${before}`, 0], [`fromDate=${later}`, 0]])
      assert.equal((await server().get(`/history/deleted-objects/mvo?${query}`)).totalCount, count, query);
    const { items: [account] } = await server().get(`/history/deleted-objects/cso?connectedSystemId=${source.id}&externalIdSearch=2`);
    assert.deepEqual([account.id, account.displayName, account.externalId, account.connectedSystemName, account.objectTypeName], [cso.id, 'Charles', '2', 'Source', 'person']);
    const last = await server().get(`/history/deleted-objects/mvo/${charles.id}`);
    assert.equal(told(last.lastValues)['Display Name'], '-Charles');
    assert.equal(told((await server().get(`/history/deleted-objects/cso/${cso.id}`)).lastValues).name, '-Charles');
    const history = await mvoHistory(charles.id);
    assert.deepEqual([history.items[0].changeType, history.items.at(-1).changeType], ['Deleted', 'Projected']);
    assert.equal(told(history.items.at(-1).attributeChanges)['Display Name'], '+Charles', 'from the last values back to the first');
    const [removal, detected, ...rest] = (await csoHistory(source, cso.id)).items;
    assert.deepEqual([removal.changeType, detected.changeType, ...rest.map((k) => k.changeType)], ['Deleted', 'Deleted', 'Added'], 'missed by the import, then removed');
    assert.deepEqual([detected.runProfileName, detected.attributeChanges, removal.runProfileName], [runs.import.name, [], runs.delta.name]);
    assert.ok(detected.activityRunProfileExecutionItemId);
    assert.equal(told(removal.attributeChanges).name, '-Charles');
    const grace = await mvoHistory((await person('Grace')).id);
    assert.deepEqual(told(grace.items[0].attributeChanges), { Manager: '-Charles' }, 'a name outlives its object');
    const removed = await completes(server(), target, runs.export);
    const detail = await itemOf(left, 'Charles');
    assert.ok(detail.effects.some((e) => e.activityId === removed.id && e.items[0].objectChangeType === 'Deprovisioned'), 'the deletion led to a deprovisioning');
    const seen = await completes(server(), target, runs.confirm);
    const { items: [absent] } = await server().get(`/activities/${seen.id}/items?objectChangeType=Deleted`);
    const [cause] = (await server().get(`/activities/${seen.id}/items/${absent.id}`)).causes;
    assert.deepEqual([cause.edgeType, cause.reasonCode, cause.causeActivityId], ['ExportCausedImportConfirmation', 'ExportDeleteStaged', removed.id], 'absence confirms a deletion');
    await completes(server(), target, runs.settle);
  });

  it('names the item and the initiator of every change of an identity (invariant 40)', async () => {
    for (const id of [ada.id, (await person('Grace')).id]) {
      for (const change of (await mvoHistory(id)).items)
        assert.ok(change.activityRunProfileExecutionItemId && change.initiatedByName, JSON.stringify(change, null, 1));
    }
  });

  it('lets a deleted person come back under the old id, after a look at what comes back', async () => {
    const { items: [gone] } = await server().get('/history/deleted-objects/mvo?displayNameSearch=charl');
    const path = `/history/deleted-objects/mvo/${gone.id}/restore`;
    const preview = await server().post(`${path}?preview=true`, undefined, 200);
    assert.deepEqual([preview.restored, preview.displayName, preview.omitted], [false, 'Charles', []]);
    assert.ok(preview.valueCount >= 4, JSON.stringify(preview));
    await server().refused('GET', `/metaverse/objects/${gone.id}`, 404, 'NOT_FOUND');
    const restored = await server().post(`${path}?changeReason=too%20early`, undefined, 200);
    assert.deepEqual([restored.restored, restored.valueCount], [true, preview.valueCount]);
    const back = await server().get(`/metaverse/objects/${gone.id}`);
    assert.deepEqual([back.displayName, back.origin, back.isPendingDeletion], ['Charles', 'Internal', false]);
    assert.ok(back.attributeValues.some((v) => v.attributeName === 'Manager' && v.referenceValueId === ada.id));
    const history = await mvoHistory(gone.id);
    assert.deepEqual([history.items[0].changeType, history.items[0].changeInitiatorType, history.items[1].changeType], ['Created', 'User', 'Deleted']);
    assert.equal(told(history.items[0].attributeChanges)['Display Name'], '+Charles');
    assert.equal(told(history.items.at(-1).attributeChanges)['Display Name'], '+Charles', 'also what it was made with at first');
    const activity = await server().get(`/activities/${restored.activityId}`);
    assert.deepEqual([activity.targetType, activity.targetOperationType, activity.changeReason], ['MetaverseObject', 'Revert', 'too early']);
    assert.equal((await server().get('/history/deleted-objects/mvo?displayNameSearch=charl')).totalCount, 0);
    await server().refused('POST', path, 404, 'NOT_FOUND');
  });

  it('is found under its own system only', async () => {
    await server().refused('GET', systemPath(target, `/connector-space/${adaCso.id}/change-history`), 404, 'NOT_FOUND');
    await server().refused('GET', systemPath(source, `/connector-space/${NO_SUCH_UUID}/change-history`), 404, 'NOT_FOUND');
    await server().refused('GET', `/metaverse/objects/${NO_SUCH_UUID}/change-history`, 404, 'NOT_FOUND');
    await server().refused('GET', `/history/deleted-objects/mvo/${ada.id}`, 404, 'NOT_FOUND');
    await server().refused('GET', `/history/deleted-objects/cso/${adaCso.id}`, 404, 'NOT_FOUND');
  });

  it('is not recorded where tracking is off; what cannot be known then is not told', async () => {
    await setting('CsoChanges.Enabled', 'false');
    rows((text) => text.split('\n').filter((row) => !row.startsWith('person,2')).join('\n').replace('Ada,Engine', 'Ada,Army'));
    await completes(server(), source, runs.import);
    await completes(server(), source, runs.delta);
    assert.deepEqual((await csoHistory(source, adaCso.id)).items.map((k) => [k.changeType, k.valuesUnknown]), [['Updated', false], ['Updated', false], ['Added', true]]);
    assert.deepEqual(told((await mvoHistory(ada.id)).items[0].attributeChanges), { Department: '-Engine +Army' });
    await setting('CsoChanges.Enabled', 'true');
    await setting('MvoChanges.Enabled', 'false');
    const before = (await mvoHistory(ada.id)).totalCount;
    rows((text) => text.split('\n').filter((row) => !row.startsWith('person,2')).join('\n').replace('Ada,Engine', 'Ada,Air'));
    await completes(server(), source, runs.import);
    await completes(server(), source, runs.delta);
    assert.equal((await mvoHistory(ada.id)).totalCount, before);
    assert.deepEqual(told((await csoHistory(source, adaCso.id)).items[0].attributeChanges), { team: '-Army +Air' });
    await setting('MvoChanges.Enabled', 'true');
  });

  it('outlives the connected system and its attributes', async () => {
    const account = (await server().get(systemPath(target, '/connector-space?pageSize=100'))).items.find((o) => o.status === 'Normal');
    assert.ok(account);
    const removal = await server().request('DELETE', systemPath(target, ''), {});
    assert.equal(removal.body.success, true);
    for (let tries = 100; tries; tries--) {
      if (await server().get(`/history/deleted-objects/cso/${account.id}`).then(() => true, () => false)) break;
      await new Promise((done) => setTimeout(done, 100));
    }
    const gone = await server().get(`/history/deleted-objects/cso/${account.id}`);
    assert.deepEqual([gone.connectedSystemId, gone.connectedSystemName, gone.objectTypeName], [target.id, null, 'account']);
    assert.deepEqual(gone.lastValues.map((k) => k.attributeName).sort(), ['label', 'login']);
    assert.equal((await csoHistory(target, account.id)).items[0].changeType, 'Deleted');
  });

  it('is counted, kept or forgotten with a connector space', async () => {
    const count = async (system) => (await server().get(`/history/connected-systems/${system.id}/count`)).changeRecordCount;
    const before = await count(source);
    assert.ok(before >= 6, `${before}`);
    await server().post(systemPath(source, '/clear?deleteChangeHistory=false'), undefined, 200);
    const { items } = await server().get(`/history/deleted-objects/cso?connectedSystemId=${source.id}&externalIdSearch=1`);
    assert.deepEqual([items[0].id, items[0].initiatedByType], [adaCso.id, 'ApiKey']);
    assert.equal(await count(source), before + 2, 'each object has a last line');
    assert.equal((await csoHistory(source, adaCso.id)).items[0].changeType, 'Deleted');
    await server().post(systemPath(source, '/clear'), undefined, 200);
    assert.equal(await count(source), 0);
    assert.equal((await server().get(`/history/deleted-objects/cso?connectedSystemId=${source.id}`)).totalCount, 0);
    await server().refused('GET', systemPath(source, `/connector-space/${adaCso.id}/change-history`), 404, 'NOT_FOUND');
  });
});
