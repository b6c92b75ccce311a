// The history of the configuration (operations §12): versions without gaps, differences, tombstones, classes, and what changes along.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KEY, NO_SUCH_ID, NO_SUCH_UUID, suite, TestServer } from './harness.mjs';
import { fileSystem, metaverse, named, profile, rule, SYNC, systemPath } from './systems.mjs';

const versions = async (server, path) => (await server.get(`${path}/change-history?pageSize=100`)).items;
const child = (node, key) => node.children?.find((n) => n.key === key);
/** The node below the root at "mappings/7/enabled". */
const at = (root, path) => path.split('/').reduce((node, key) => node && child(node, key), root);

suite('the history of an API key', (server) => {
  let key, path;

  it('begins with version 1: who, why, and everything added', async () => {
    key = await server().post('/apikeys', { name: 'Reader', roleIds: [2], changeReason: 'for the wall display' });
    path = `/apikeys/${key.id}`;
    const [item, ...more] = await versions(server(), path);
    assert.deepEqual(more, []);
    assert.deepEqual([item.version, item.operation, item.reason, item.summary, item.diff], [1, 'Create', 'for the wall display', 'Created', null]);
    assert.deepEqual([item.initiatedByType, item.initiatedByName], ['ApiKey', 'Infrastructure Key']);
    const version = await server().get(`${path}/change-history/1`);
    const { snapshot, diff } = version;
    assert.deepEqual([snapshot.schemaVersion, snapshot.objectType, snapshot.objectId, snapshot.objectGuidId, snapshot.objectName], [1, 'ApiKey', 0, key.id, 'Reader']);
    assert.equal(child(snapshot.root, 'name').value, 'Reader');
    assert.deepEqual([diff.root.changeType, diff.hasChanges, diff.oldVersion, diff.newVersion, diff.removedCount, diff.modifiedCount], ['Added', true, null, 1, 0, 0]);
  });

  it('shows a role with id and name, and the secret nowhere', async () => {
    const text = JSON.stringify(await server().get(`${path}/change-history/1`));
    assert.ok(!text.includes(key.key) && !text.includes('lastUsed'), text);
    const { snapshot } = await server().get(`${path}/change-history/1`);
    assert.deepEqual(child(snapshot.root, 'roles').children.map((n) => [n.nodeType, n.itemId, n.value, n.displayValue]), [['Scalar', 2, '2', 'Auditor']]);
  });

  it('counts on with each change, and not when nothing changed', async () => {
    const all = { name: 'Reader', description: null, roleIds: [2], isEnabled: true };
    await server().put(path, all);
    assert.equal((await versions(server(), path)).length, 1);
    await server().put(path, { ...all, name: 'Listener', roleIds: [3], changeReason: 'renamed' });
    await server().put(path, { ...all, name: 'Listener', roleIds: [3] });
    await server().put(path, { ...all, name: 'Listener', roleIds: [3], isEnabled: false });
    const items = await versions(server(), path);
    assert.deepEqual(items.map((i) => [i.version, i.operation, i.summary, i.reason]),
      [[3, 'Update', 'Is enabled', null], [2, 'Update', 'Name, Roles', 'renamed'], [1, 'Create', 'Created', 'for the wall display']]);
    const { diff } = items[1];
    assert.deepEqual([diff.oldVersion, diff.newVersion, diff.addedCount, diff.removedCount, diff.modifiedCount], [1, 2, 1, 1, 1]);
    assert.deepEqual(child(diff.root, 'roles').children.map((n) => [n.changeType, n.itemId, n.oldDisplayValue, n.newDisplayValue]),
      [['Added', 3, null, 'Operator'], ['Removed', 2, 'Auditor', null]]);
    assert.equal(child(diff.root, 'keyPrefix'), undefined, 'what did not change is left out of lists');
  });

  it('compares any two versions, in both directions', async () => {
    const forth = await server().get(`${path}/change-history/compare?fromVersion=1&toVersion=3`);
    assert.deepEqual([forth.oldVersion, forth.newVersion, child(forth.root, 'name').oldValue, child(forth.root, 'name').newValue], [1, 3, 'Reader', 'Listener']);
    assert.equal(child(forth.root, 'keyPrefix').changeType, 'Unchanged');
    const back = await server().get(`${path}/change-history/compare?fromVersion=3&toVersion=1`);
    assert.deepEqual([child(back.root, 'name').newValue, child(back.root, 'isEnabled').newValue], ['Reader', 'true']);
    const same = await server().get(`${path}/change-history/compare?fromVersion=2&toVersion=2`);
    assert.deepEqual([same.hasChanges, same.root.changeType], [false, 'Unchanged']);
  });

  it('pages, and knows no versions that are not there', async () => {
    const page = await server().get(`${path}/change-history?page=2&pageSize=2`);
    assert.deepEqual([page.items.map((i) => i.version), page.totalCount, page.hasNextPage], [[1], 3, false]);
    assert.equal((await server().get(`${path}/change-history?page=1&pageSize=1`)).items[0].diff.oldVersion, 2);
    for (const rest of ['0', '4', '-1', 'compare', 'compare?fromVersion=1', 'compare?fromVersion=1&toVersion=9']) {
      await server().refused('GET', `${path}/change-history/${rest}`, 404, 'NOT_FOUND');
    }
    assert.deepEqual(await server().get(`/apikeys/${NO_SUCH_UUID}/change-history`), { items: [], totalCount: 0, page: 1, pageSize: 25, totalPages: 0, hasNextPage: false, hasPreviousPage: false });
  });

  it('stands on the activity, and ends with a tombstone without a version', async () => {
    const [newest] = await versions(server(), path);
    const activity = await server().get(`/activities/${newest.activityId}`);
    assert.deepEqual([activity.configurationChangeVersion, activity.configurationChangeSnapshot.objectName, activity.configurationChangeClass], [3, 'Listener', 'Cosmetic']);
    await server().delete(`${path}?changeReason=gone`);
    const { items } = await server().get('/activities?targetType=ApiKey&operation=Delete');
    const gone = await server().get(`/activities/${items[0].id}`);
    assert.deepEqual([gone.configurationChangeVersion, gone.configurationChangeSnapshot.objectName, gone.configurationChangeClass, gone.changeReason], [null, 'Listener', 'Destructive', 'gone']);
    assert.deepEqual((await versions(server(), path)).map((i) => i.version), [3, 2, 1], 'the history outlives the key');
  });
});

suite('built-ins', (server) => {
  it('have version 1 from the system, below one activity', async () => {
    const { user } = await metaverse(server());
    const definition = named(await server().get(`${SYNC}/connector-definitions`), 'JIM File Connector');
    for (const path of [`/metaverse/object-types/${user.id}`, '/metaverse/attributes/1', '/security/roles/1', '/service-settings/Sync.PageSize', `${SYNC}/connector-definitions/${definition.id}`]) {
      const [first, ...more] = await versions(server(), path);
      assert.deepEqual([first.version, first.operation, first.initiatedByType, more], [1, 'Create', 'System', []], path);
      assert.ok((await server().get(`${path}/change-history/1`)).snapshot.root.children.length);
      assert.equal((await server().get(`${path}/change-history/compare?fromVersion=1&toVersion=1`)).hasChanges, false);
      const activity = await server().get(`/activities/${first.activityId}`);
      assert.equal((await server().get(`/activities/${activity.parentActivityId}`)).targetType, 'SystemInitialisation');
    }
    const { items } = await server().get('/activities?targetType=SystemInitialisation');
    assert.equal(items.length, 1);
  });
});

suite('the history of rules, systems and the schema', (server) => {
  const activityOf = async (path) => server().get(`/activities/${(await versions(server(), path))[0].activityId}`);
  let system, user, attribute, made, path;

  it('keeps the parts of a rule, which pair by their ids', async () => {
    system = await fileSystem(server(), { types: { person: { id: 'id', references: ['manager'] } } });
    ({ user, attribute } = await metaverse(server()));
    made = await rule(server(), system, system.types.person, user, 'Import', { 'Display Name': 'name', Title: 'team' });
    path = `${SYNC}/sync-rules/${made.id}`;
    assert.deepEqual((await versions(server(), path)).map((i) => i.summary), ['Mappings', 'Mappings', 'Created']);
    const [first, second] = await server().get(`${path}/mappings`);
    const version = await server().get(`${path}/change-history/3`);
    assert.deepEqual(child(version.snapshot.root, 'mappings').children.map((n) => [n.nodeType, n.itemId]), [['Object', first.id], ['Object', second.id]]);
    const system1 = child(version.snapshot.root, 'connectedSystemId');
    assert.deepEqual([system1.value, system1.displayValue, system1.label], [String(system.id), system.name, 'Connected system']);
    await server().delete(`${path}/mappings/${first.id}`);
    const [newest] = await versions(server(), path);
    assert.deepEqual([newest.diff.removedCount, newest.diff.addedCount, newest.diff.modifiedCount], [1, 0, 0]);
    assert.deepEqual(child(newest.diff.root, 'mappings').children.map((n) => [n.itemId, n.changeType]), [[first.id, 'Removed']]);
    await server().patch(`${path}/mappings/${second.id}`, { enabled: false });
    const [changed] = await versions(server(), path);
    assert.deepEqual(at(changed.diff.root, `mappings/${second.id}/enabled`).newValue, 'false');
    assert.equal(changed.diff.modifiedCount, 1);
  });

  it('classifies changes by what they may do (§12.5)', async () => {
    const classes = [];
    for (const body of [{ description: 'words' }, { enabled: false }, { inboundOutOfScopeAction: 'RemainJoined' }, { name: 'Other', enabled: true }]) {
      await server().put(path, body);
      classes.push((await activityOf(path)).configurationChangeClass);
    }
    assert.deepEqual(classes, ['Cosmetic', 'SyncAffecting', 'Destructive', 'SyncAffecting']);
    const type = systemPath(system, `/object-types/${system.types.person.id}`);
    const systemClasses = [];
    for (const selected of [false, true]) {
      await server().put(type, { selected });
      systemClasses.push((await activityOf(systemPath(system))).configurationChangeClass);
    }
    await server().put(systemPath(system), { description: 'a file' });
    systemClasses.push((await activityOf(systemPath(system))).configurationChangeClass);
    await profile(server(), system, 'FullImport');
    systemClasses.push((await activityOf(systemPath(system))).configurationChangeClass);
    assert.deepEqual(systemClasses, ['Destructive', 'SyncAffecting', 'Cosmetic', 'Cosmetic']);
    const typePath = `/metaverse/object-types/${user.id}`;
    const typeClasses = [];
    await server().put(typePath, { deletionGracePeriod: '1.00:00:00' });
    typeClasses.push((await activityOf(typePath)).configurationChangeClass);
    const own = await server().post('/metaverse/object-types', { name: 'Device', pluralName: 'Devices' });
    await server().put(`/metaverse/object-types/${own.id}`, { icon: 'Phone' });
    typeClasses.push((await activityOf(`/metaverse/object-types/${own.id}`)).configurationChangeClass);
    assert.deepEqual(typeClasses, ['Destructive', 'Cosmetic']);
  });

  it('gives what changed along an activity below the one of the change', async () => {
    const extra = await server().post('/metaverse/attributes', { name: 'Shoe Size', type: 'Number', objectTypeIds: [] });
    const [before] = await versions(server(), `/metaverse/object-types/${user.id}`);
    await server().request('POST', `/metaverse/attributes/${extra.id}/object-types/${user.id}?changeReason=feet`, { expect: 200 });
    const [type] = await versions(server(), `/metaverse/object-types/${user.id}`);
    const [own] = await versions(server(), `/metaverse/attributes/${extra.id}`);
    assert.deepEqual([type.version, own.version, type.summary, own.summary], [before.version + 1, 2, 'Attributes', 'Object types']);
    const activities = [await server().get(`/activities/${type.activityId}`), await server().get(`/activities/${own.activityId}`)];
    assert.equal(activities.filter((a) => a.parentActivityId).length, 1);
    assert.ok(activities.some((a) => activities.some((b) => b.parentActivityId === a.id)));
    assert.deepEqual(activities.map((a) => a.configurationChangeVersion), [type.version, 2]);
  });

  it('makes no version of what only refers to a name', async () => {
    const before = (await versions(server(), path)).length;
    await server().put(systemPath(system), { name: 'Another name' });
    assert.equal((await versions(server(), path)).length, before);
    await server().put(path, { description: 'more words' });
    const { snapshot } = await server().get(`${path}/change-history/${before + 1}`);
    assert.equal(child(snapshot.root, 'connectedSystemId').displayValue, 'Another name');
  });

  it('shows matching rules and scope on what they belong to', async () => {
    const { person } = system.types;
    const source = person.attributes.find((a) => a.name === 'name');
    const matching = await server().post(systemPath(system, '/matching-rules'), {
      connectedSystemObjectTypeId: person.id, metaverseObjectTypeId: user.id, targetMetaverseAttributeId: attribute('Display Name').id, sources: [{ connectedSystemAttributeId: source.id }] });
    const [newest] = await versions(server(), systemPath(system));
    assert.deepEqual(child(newest.diff.root, 'matchingRules').children.map((n) => [n.changeType, n.itemId]), [['Added', matching.id]]);
    assert.equal((await server().get(`/activities/${newest.activityId}`)).targetType, 'ConnectedSystem');
    const group = await server().post(`${path}/scoping-criteria`, { type: 'All' });
    await server().post(`${path}/scoping-criteria/${group.id}/criteria`, { connectedSystemAttributeId: source.id, comparisonType: 'Equals', stringValue: 'Ada' });
    const [scoped] = await versions(server(), path);
    assert.deepEqual([scoped.summary, scoped.diff.addedCount], ['Scoping criteria groups', 1]);
  });

  it('ends with a tombstone, and shows what went along', async () => {
    await server().delete(`${path}?changeReason=done`);
    const { items: [gone] } = await server().get('/activities?targetType=SynchronisationRule&operation=Delete');
    const detail = await server().get(`/activities/${gone.id}`);
    assert.deepEqual([detail.configurationChangeVersion, detail.configurationChangeClass, detail.configurationChangeSnapshot.objectId], [null, 'Destructive', made.id]);
    assert.ok((await versions(server(), path)).every((i) => i.operation !== 'Delete'));
    const shoe = named((await server().get('/metaverse/attributes?filter=name:eq:Shoe%20Size')).items, 'Shoe Size');
    const [before] = await versions(server(), `/metaverse/object-types/${user.id}`);
    await server().request('DELETE', `/metaverse/attributes/${shoe.id}`, { expect: 200 });
    const [after] = await versions(server(), `/metaverse/object-types/${user.id}`);
    assert.deepEqual([after.version, after.diff.removedCount], [before.version + 1, 1]);
    const child = await server().get(`/activities/${after.activityId}`);
    assert.equal((await server().get(`/activities/${child.parentActivityId}`)).targetOperationType, 'Delete');
  });

  it('knows nothing of objects that are not there', async () => {
    for (const unknown of [`${SYNC}/sync-rules/${NO_SUCH_ID}`, `${SYNC}/connected-systems/${NO_SUCH_ID}`, `/metaverse/attributes/${NO_SUCH_ID}`, `/security/roles/${NO_SUCH_ID}`, '/service-settings/Nothing']) {
      assert.deepEqual(await versions(server(), unknown), []);
      await server().refused('GET', `${unknown}/change-history/1`, 404, 'NOT_FOUND');
    }
  });

  it('has a class for every path of every snapshot', () => {
    assert.doesNotMatch(server().process.said(), /no change class/);
  });
});

suite('tracking', (server) => {
  it('can be switched off; reasons are kept on activities, and versions have no gap afterwards', async () => {
    const key = 'ChangeTracking.ConfigurationChanges.Enabled';
    const made = await server().post('/apikeys', { name: 'One' });
    const path = `/apikeys/${made.id}`;
    await server().put(`/service-settings/${key}`, { value: 'false' });
    await server().put(path, { name: 'Two', isEnabled: true, changeReason: 'quietly' });
    assert.equal((await versions(server(), path)).length, 1);
    const { items: [activity] } = await server().get('/activities?targetType=ApiKey&operation=Update');
    const detail = await server().get(`/activities/${activity.id}`);
    assert.deepEqual([detail.changeReason, detail.configurationChangeVersion], ['quietly', null]);
    await server().request('DELETE', `/service-settings/${key}`, { expect: 200 });
    await server().put(path, { name: 'Three', isEnabled: true });
    assert.deepEqual((await versions(server(), path)).map((i) => i.version), [2, 1]);
    assert.deepEqual((await versions(server(), `/service-settings/${key}`)).map((i) => [i.version, i.operation]), [[3, 'Revert'], [2, 'Update'], [1, 'Create']]);
  });
});

suite('a restart', () => {
  it('makes versions only of what the environment changed', async () => {
    const server = await TestServer.start();
    try {
      const roots = await versions(server, '/service-settings/Files.Roots');
      const before = (await server.get('/activities?pageSize=100')).totalCount;
      await server.close();
      await server.open();
      assert.equal((await server.get('/activities?pageSize=100')).totalCount, before, 'nothing changed, so nothing is recorded');
      assert.equal((await versions(server, '/service-settings/Files.Roots')).length, roots.length);
      await server.close();
      server.environment.JOINERY_INFRASTRUCTURE_API_KEY = KEY.replace('0123', 'abcd');
      await server.open();
      const { items } = await server.get('/activities?targetType=SystemInitialisation&sortDirection=desc');
      assert.equal(items.length, 2, 'another key of the environment is recorded');
      await server.close();
    } finally {
      server.remove();
    }
  });
});
