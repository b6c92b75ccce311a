// Connected systems, run profiles, rules, mappings, matching and scoping: made, read, changed, refused and deleted.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { itOffers, NO_SUCH_ID, suite } from './harness.mjs';
import { fileSystem, metaverse, named, profile, rule, SYNC, systemPath } from './systems.mjs';

const PERSON = { person: { id: 'id', references: ['manager'] } };

suite('connectors', (server) => {
  it('are known by name and id, with their settings', async () => {
    const headers = await server().get(`${SYNC}/connector-definitions`);
    const file = named(headers, 'JIM File Connector');
    const byId = await server().get(`${SYNC}/connector-definitions/${file.id}`);
    assert.deepEqual(await server().get(`${SYNC}/connector-definitions/by-name/${encodeURIComponent('Joinery File Connector')}`), byId);
    assert.deepEqual([byId.supportsFullImport, byId.supportsDeltaImport, byId.supportsExport, byId.builtIn], [true, false, true, true]);
    for (const setting of ['File Path', 'Mode', 'Object Type Column', 'Declared Schema']) named(byId.settings, setting);
    await server().refused('GET', `${SYNC}/connector-definitions/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
    await server().refused('GET', `${SYNC}/connector-definitions/by-name/Nothing`, 404, 'NOT_FOUND');
  });

  itOffers('GET /synchronisation/connector-definitions/{}/change-history', server, 'keep the history of changes', async () => {
    const { id } = named(await server().get(`${SYNC}/connector-definitions`), 'JIM File Connector');
    const path = `${SYNC}/connector-definitions/${id}/change-history`;
    assert.deepEqual((await server().get(path)).items.map((item) => item.version), [1]);
    await server().get(`${path}/1`);
    await server().get(`${path}/compare?fromVersion=1&toVersion=1`);
  });
});

suite('connected systems', (server) => {
  it('are made, listed, renamed and described', async () => {
    const system = await fileSystem(server(), { name: 'First' });
    assert.equal(system.connector.name, 'JIM File Connector');
    assert.ok((await server().get(`${SYNC}/connected-systems`)).items.some((s) => s.id === system.id && s.connectorName === 'JIM File Connector'));
    const changed = await server().put(systemPath(system), { name: 'Renamed', description: 'a file', changeReason: 'because' });
    assert.deepEqual([changed.name, changed.description, changed.settingValuesValid], ['Renamed', 'a file', true]);
    assert.equal((await server().put(systemPath(system), { name: null })).name, 'Renamed');
  });

  itOffers('DELETE /synchronisation/connected-systems/{}', server, 'are deleted', async () => {
    const system = await fileSystem(server());
    assert.equal((await server().get(systemPath(system, '/deletion-preview'))).connectedSystemObjectCount, 0);
    assert.equal((await server().request('DELETE', systemPath(system), { expect: 200 })).body.success, true);
    await server().refused('GET', systemPath(system), 404, 'NOT_FOUND');
    await server().request('DELETE', systemPath(system), { expect: 400 });
  });

  it('never show a setting, and name each bad one', async () => {
    const system = await fileSystem(server());
    assert.ok(!JSON.stringify(await server().get(systemPath(system))).includes(system.file));
    const { settings } = await server().get(`${SYNC}/connector-definitions/${system.connector.id}`);
    for (const [name, stringValue] of [['Mode', 'Sideways'], ['File Path', '/etc/passwd'], ['File Path', `${server().files}/../data/admin.key`], ['Delimiter', '"']]) {
      const bad = await server().refused('PUT', systemPath(system), 400, 'VALIDATION_ERROR', { body: { settingValues: { [named(settings, name).id]: { stringValue } } } });
      assert.ok(bad.validationErrors[name], `${name}: ${JSON.stringify(bad.validationErrors)}`);
    }
  });

  itOffers('GET /synchronisation/connected-systems/{}/capabilities', server, 'tell what they can do', async () => {
    const capabilities = await server().get(systemPath(await fileSystem(server()), '/capabilities'));
    assert.ok(capabilities.every((c) => typeof c.name === 'string' && typeof c.value === 'string'));
  });

  it('find types and attributes in the file', async () => {
    const { types } = await fileSystem(server());
    const { attributes } = types.person;
    const kinds = Object.fromEntries(attributes.map((a) => [a.name, `${a.type} ${a.attributePlurality}`]));
    assert.deepEqual([kinds.id, kinds.name, kinds.started, kinds.skills], ['Number SingleValued', 'Text SingleValued', 'DateTime SingleValued', 'Text MultiValued']);
  });

  itOffers('POST /synchronisation/connected-systems/{}/import-schema/preview', server, 'show what a new schema would change before it is taken', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    writeFileSync(system.file, 'objectType,id,name,shoe\nperson,1,Ada,38\n');
    const preview = (await server().request('POST', systemPath(system, '/import-schema/preview'), { expect: 200 })).body;
    assert.deepEqual([preview.success, preview.hasChanges, preview.addedAttributes.person], [true, true, ['shoe']]);
    assert.deepEqual([...preview.removedAttributes.person].sort(), ['manager', 'skills', 'started', 'team']);
    assert.ok(!(await server().get(systemPath(system, '/object-types'))).some((type) => type.attributes.some((a) => a.name === 'shoe')), 'a preview changes nothing');
  });

  it('let attributes be selected, re-typed and made the External ID', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    const path = systemPath(system, `/object-types/${system.types.person.id}`);
    const type = await server().get(path);
    assert.equal(named(type.attributes, 'id').isExternalId, true);
    assert.equal(named(type.attributes, 'manager').type, 'Reference');
    const moved = await server().put(`${path}/attributes/${named(type.attributes, 'name').id}`, { isExternalId: true });
    assert.deepEqual([moved.isExternalId, moved.selected], [true, true]);
    assert.deepEqual((await server().get(path)).attributes.filter((a) => a.isExternalId).map((a) => a.name), ['name']);
    await server().request('PUT', `${path}/attributes/${named(type.attributes, 'name').id}`, { body: { selected: false }, expect: 400 });
    const { errors } = await server().put(`${path}/attributes`, { attributes: { [NO_SUCH_ID]: { selected: true } } });
    assert.equal(errors.length, 1);
    assert.equal((await server().put(path, { removeContributedAttributesOnObsoletion: true })).removeContributedAttributesOnObsoletion, true);
  });

  itOffers('GET /synchronisation/connected-systems/{}/change-history', server, 'keep the history of changes', async () => {
    const system = await fileSystem(server());
    const { items } = await server().get(systemPath(system, '/change-history'));
    assert.ok(items.length >= 2);
    await server().get(systemPath(system, `/change-history/${items[0].version}`));
    await server().get(systemPath(system, '/change-history/compare?fromVersion=1&toVersion=2'));
  });

  it('are refused without a name or with an unknown connector', async () => {
    assert.ok((await server().refused('POST', `${SYNC}/connected-systems`, 400, 'VALIDATION_ERROR', { body: { name: '  ', connectorDefinitionId: 1 } })).validationErrors.name);
    await server().request('POST', `${SYNC}/connected-systems`, { body: { name: 'x', connectorDefinitionId: NO_SUCH_ID }, expect: 400 });
    await server().refused('GET', `${SYNC}/connected-systems/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
  });
});

suite('run profiles', (server) => {
  it('are made, listed, changed and deleted', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    const made = await profile(server(), system, 'FullImport', { filePath: system.file });
    assert.deepEqual([made.runType, made.pageSize, made.filePath], ['FullImport', 100, system.file]);
    assert.equal((await server().put(systemPath(system, `/run-profiles/${made.id}`), { name: 'Nightly', pageSize: 500 })).pageSize, 500);
    assert.deepEqual((await server().get(systemPath(system, '/run-profiles'))).map((p) => p.name), ['Nightly']);
    await server().delete(systemPath(system, `/run-profiles/${made.id}`));
    assert.deepEqual(await server().get(systemPath(system, '/run-profiles')), []);
    await server().refused('DELETE', systemPath(system, `/run-profiles/${made.id}`), 404, 'NOT_FOUND');
    await server().refused('POST', systemPath(system, `/run-profiles/${made.id}/execute`), 404, 'NOT_FOUND');
  });
});

suite('rules', (server) => {
  it('are made, listed, changed and deleted', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    const { user } = await metaverse(server());
    const made = await rule(server(), system, system.types.person, user, 'Import', {}, { description: 'in' });
    assert.deepEqual([made.direction, made.projectToMetaverse, made.enabled, made.connectedSystemName], ['Import', true, true, system.name]);
    assert.ok((await server().get(`${SYNC}/sync-rules`)).items.some((r) => r.id === made.id));
    const path = `${SYNC}/sync-rules/${made.id}`;
    assert.equal((await server().get(path)).name, made.name);
    const changed = await server().put(path, { name: 'Other', enabled: false, description: '' });
    assert.deepEqual([changed.name, changed.enabled, changed.description, changed.projectToMetaverse], ['Other', false, null, true]);
    await server().delete(path);
    await server().refused('GET', path, 404, 'NOT_FOUND');
  });

  itOffers('GET /synchronisation/sync-rules/{}/change-history', server, 'keep the history of changes', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    const { user } = await metaverse(server());
    const made = await rule(server(), system, system.types.person, user, 'Import', {});
    const path = `${SYNC}/sync-rules/${made.id}`;
    await server().put(path, { name: 'Changed' });
    const { items } = await server().get(`${path}/change-history`);
    await server().get(`${path}/change-history/${items[0].version}`);
    await server().get(`${path}/change-history/compare?fromVersion=1&toVersion=2`);
  });

  it('need a system, a type and a direction', async () => {
    await server().request('POST', `${SYNC}/sync-rules`, { body: { name: 'x', connectedSystemId: NO_SUCH_ID, direction: 'Import' }, expect: 400 });
  });

  it('have mappings from attributes and expressions', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    const { user, attribute } = await metaverse(server());
    const { person } = system.types;
    const made = await rule(server(), system, person, user, 'Import', { 'Display Name': 'name', 'First Name': { expression: 'Upper(cs["name"])' } });
    const path = `${SYNC}/sync-rules/${made.id}/mappings`;
    const mappings = await server().get(path);
    assert.deepEqual(mappings.map((m) => [m.targetMetaverseAttributeName, m.sources.length]), [['Display Name', 1], ['First Name', 1]]);
    const changed = await server().patch(`${path}/${mappings[1].id}`, { expression: 'Lower(cs["name"])', enabled: false });
    assert.deepEqual([changed.sources[0].expression, changed.enabled], ['Lower(cs["name"])', false]);
    assert.equal((await server().get(`${path}/${mappings[1].id}`)).enabled, false);
    await server().request('PATCH', `${path}/${mappings[1].id}`, { body: {}, expect: 400 });
    await server().request('POST', path, { body: { targetMetaverseAttributeId: attribute('Last Name').id, sources: [{ expression: 'Upper(' }] }, expect: 400 });
    await server().request('POST', path, { body: { targetConnectedSystemAttributeId: named(person.attributes, 'name').id, sources: [{ metaverseAttributeId: attribute('Last Name').id }] }, expect: 400 });
    await server().delete(`${path}/${mappings[0].id}`);
    assert.equal((await server().get(path)).length, 1);
    if (!server().offers('GET /synchronisation/data-flows')) return;
    const flows = await server().get(`${SYNC}/data-flows?connectedSystemId=${system.id}`);
    assert.deepEqual(flows.items.map((f) => f.targetMetaverseAttributeName), ['First Name']);
  });

  itOffers('POST /synchronisation/connected-systems/{}/matching-rules', server, 'match objects by attributes', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    const { user, attribute } = await metaverse(server());
    const { person } = system.types;
    const made = await server().post(systemPath(system, '/matching-rules'), {
      connectedSystemObjectTypeId: person.id, metaverseObjectTypeId: user.id, targetMetaverseAttributeId: attribute('Display Name').id,
      sources: [{ connectedSystemAttributeId: named(person.attributes, 'name').id }] });
    assert.deepEqual([made.order, made.caseSensitive, made.targetMetaverseAttributeName], [0, true, 'Display Name']);
    const path = systemPath(system, `/matching-rules/${made.id}`);
    assert.equal((await server().put(path, { caseSensitive: false })).caseSensitive, false);
    assert.equal((await server().get(path)).caseSensitive, false);
    assert.equal((await server().get(systemPath(system, `/object-types/${person.id}/matching-rules`))).length, 1);
    await server().delete(path);
    await server().refused('GET', path, 404, 'NOT_FOUND');
  });

  itOffers('POST /synchronisation/connected-systems/{}/matching-mode', server, 'keep matching rules of their own in the other mode', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    const { user, attribute } = await metaverse(server());
    const { person } = system.types;
    const made = await rule(server(), system, person, user, 'Import', {});
    const switched = await server().post(systemPath(system, '/matching-mode'), { mode: 'SyncRule' }, 200);
    assert.deepEqual([switched.success, switched.newMode], [true, 'SyncRule']);
    const path = `${SYNC}/sync-rules/${made.id}/matching-rules`;
    const matching = await server().post(path, { targetMetaverseAttributeId: attribute('Display Name').id, sources: [{ connectedSystemAttributeId: named(person.attributes, 'name').id }] });
    assert.equal(matching.syncRuleId, made.id);
    assert.equal((await server().put(`${path}/${matching.id}`, { caseSensitive: false })).caseSensitive, false);
    assert.equal((await server().get(`${path}/${matching.id}`)).order, 0);
    assert.equal((await server().get(path)).length, 1);
    await server().delete(`${path}/${matching.id}`);
    assert.deepEqual(await server().get(path), []);
    assert.equal((await server().post(systemPath(system, '/matching-mode'), { mode: 'SyncRule' }, 200)).newMode, 'SyncRule');
  });

  itOffers('POST /synchronisation/sync-rules/{}/scoping-criteria', server, 'are limited to objects in scope', async () => {
    const system = await fileSystem(server(), { types: PERSON });
    const { user } = await metaverse(server());
    const { person } = system.types;
    const made = await rule(server(), system, person, user, 'Import', {});
    const path = `${SYNC}/sync-rules/${made.id}/scoping-criteria`;
    const group = await server().post(path, { type: 'any' });
    assert.equal(group.type, 'Any');
    const inner = await server().post(`${path}/${group.id}/child-groups`, { type: 'All', position: 1 });
    const criterion = await server().post(`${path}/${inner.id}/criteria`, { connectedSystemAttributeId: named(person.attributes, 'team').id, comparisonType: 'startswith', stringValue: 'Eng' });
    assert.deepEqual([criterion.comparisonType, criterion.stringValue, criterion.connectedSystemAttributeName], ['StartsWith', 'Eng', 'team']);
    await server().put(`${path}/${inner.id}/criteria/${criterion.id}`, { connectedSystemAttributeId: named(person.attributes, 'team').id, comparisonType: 'Equals', stringValue: 'Navy' });
    await server().put(`${path}/${group.id}`, { type: 'All' });
    const [seen] = await server().get(path);
    assert.deepEqual([seen.type, seen.childGroups[0].criteria[0].stringValue], ['All', 'Navy']);
    await server().get(`${path}/${group.id}`);
    await server().request('POST', `${path}/${group.id}/criteria`, { body: { connectedSystemAttributeId: named(person.attributes, 'team').id, comparisonType: 'Near' }, expect: 400 });
    await server().delete(`${path}/${inner.id}/criteria/${criterion.id}`);
    await server().delete(`${path}/${group.id}`);
    assert.deepEqual(await server().get(path), []);
  });
});

suite('expressions', (server) => {
  const test = async (expression, mvAttributes = {}, csAttributes = {}) => (await server().request('POST', `${SYNC}/test-expression`, { body: { expression, mvAttributes, csAttributes }, expect: 200 })).body;

  it('are evaluated on samples', async () => {
    assert.deepEqual(await test('Lower(cs["givenName"]) + "." + Lower(cs["sn"]) + "@x.io"', {}, { givenName: 'Ada', sn: 'Lovelace' }),
      { isValid: true, result: 'ada.lovelace@x.io', resultType: 'String', errorMessage: null, errorPosition: null });
    assert.deepEqual(await test('Split(cs["c"], "|")', {}, { c: 'A|B' }).then((r) => [r.result, r.resultType]), [['A', 'B'], 'String[]']);
    assert.deepEqual(await test('IIF(Eq(mv["Status"], "Active"), 512, 514)', { status: 'Active' }).then((r) => [r.result, r.resultType]), [512, 'Int32']);
  });

  it('tell where they are wrong', async () => {
    assert.deepEqual(await test('Upper(mv["a"]').then((r) => [r.isValid, r.errorPosition]), [false, 13]);
    assert.deepEqual(await test('Mid(mv["a"],1,2)').then((r) => [r.isValid, r.errorPosition]), [false, 0]);
    assert.equal((await test('mv["a"].GetType()')).isValid, false);
    await server().refused('POST', `${SYNC}/test-expression`, 400, 'VALIDATION_ERROR', { body: { expression: ' ' } });
  });
});

suite('settings of the service', (server) => {
  itOffers('GET /service-settings', server, 'are listed, changed, reverted and remembered', async () => {
    const all = await server().get('/service-settings');
    const { key, effectiveValue } = all.find((setting) => setting.key === 'Sync.PageSize') ?? all.find((setting) => setting.valueType === 'Integer' && !setting.isReadOnly);
    const path = `/service-settings/${key}`;
    assert.deepEqual(await server().put(path, { value: '123' }).then((s) => [s.effectiveValue, s.isOverridden]), ['123', true]);
    assert.equal((await server().get(path)).value, '123');
    await server().refused('GET', '/service-settings/No.Such', 404, 'NOT_FOUND');
    assert.deepEqual((await server().request('DELETE', path, { expect: 200 })).body.effectiveValue, effectiveValue);
    if (!server().offers('GET /service-settings/{}/change-history')) return;
    assert.ok((await server().get(`${path}/change-history`)).totalCount >= 2);
    await server().get(`${path}/change-history/1`);
    await server().get(`${path}/change-history/compare?fromVersion=1&toVersion=2`);
  });
});
