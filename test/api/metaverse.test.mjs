// The shape of the metaverse: object types and attributes, what may be changed and what may not.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { itOffers, NO_SUCH_ID, NO_SUCH_UUID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, named, PEOPLE, profile, rule, systemPath } from './systems.mjs';

suite('metaverse attributes', (server) => {
  it('pages through the built-in ones in the order of their names', async () => {
    const first = await server().get('/metaverse/attributes?pageSize=10');
    assert.deepEqual([first.items.length, first.page, first.pageSize, first.hasNextPage, first.hasPreviousPage], [10, 1, 10, true, false]);
    assert.equal(first.totalPages, Math.ceil(first.totalCount / 10));
    const names = first.items.map((item) => item.name);
    assert.deepEqual(names, [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    const last = await server().get(`/metaverse/attributes?pageSize=10&page=${first.totalPages}`);
    assert.deepEqual([last.hasNextPage, last.hasPreviousPage], [false, true]);
  });

  it('sorts, filters and clamps the page size', async () => {
    const down = await server().get('/metaverse/attributes?pageSize=100&sortBy=name&sortDirection=desc');
    assert.ok(down.items[0].name.toLowerCase() > down.items.at(-1).name.toLowerCase());
    const filtered = await server().get('/metaverse/attributes?filter=name:eq:Display%20Name');
    assert.deepEqual(filtered.items.map((item) => item.name), ['Display Name']);
    assert.equal((await server().get('/metaverse/attributes?pageSize=5000')).pageSize, 100);
    assert.equal((await server().get('/metaverse/attributes?pageSize=0')).pageSize, 25);
    await server().refused('GET', '/metaverse/attributes?sortDirection=UP', 400, 'VALIDATION_ERROR');
    await server().refused('GET', '/metaverse/attributes?page=900000&pageSize=100', 400, 'VALIDATION_ERROR');
  });

  it('makes one, refuses its name a second time, and renames it', async () => {
    const { user } = await metaverse(server());
    assert.deepEqual(await server().get('/metaverse/attributes/name-availability?name=Shoe%20Size'), { name: 'Shoe Size', available: true });
    const made = await server().post('/metaverse/attributes', { name: 'Shoe Size', type: 'Number', attributePlurality: 'SingleValued', objectTypeIds: [user.id] });
    assert.deepEqual([made.type, made.builtIn, made.objectTypes.map((t) => t.name)], ['Number', false, ['User']]);
    assert.equal((await server().get('/metaverse/attributes/name-availability?name=shoe%20size')).available, false);
    await server().refused('POST', '/metaverse/attributes', 409, 'CONFLICT', { body: { name: 'SHOE SIZE', type: 'Text' } });
    assert.equal((await server().patch(`/metaverse/attributes/${made.id}`, { name: 'Foot Size', renderingHint: 'Table' })).name, 'Foot Size');
    assert.deepEqual(await server().get(`/metaverse/attributes/${made.id}`).then((a) => [a.name, a.renderingHint]), ['Foot Size', 'Table']);
    await server().request('PATCH', `/metaverse/attributes/${made.id}`, { body: {}, expect: 400 });
  });

  itOffers('PATCH /metaverse/attributes/{}/schema', server, 'changes type and plurality while there are no values', async () => {
    const made = await server().post('/metaverse/attributes', { name: 'Badge', type: 'Text' });
    const changed = await server().patch(`/metaverse/attributes/${made.id}/schema`, { type: 'Guid', attributePlurality: 'MultiValued' });
    assert.deepEqual([changed.type, changed.attributePlurality], ['Guid', 'MultiValued']);
  });

  it('binds to a type and unbinds again', async () => {
    const { group } = await metaverse(server());
    const made = await server().post('/metaverse/attributes', { name: 'Locker', type: 'Text' });
    const bound = (await server().request('POST', `/metaverse/attributes/${made.id}/object-types/${group.id}`, { expect: 200 })).body;
    assert.deepEqual(bound.objectTypes.map((t) => t.name), ['Group']);
    await server().get(`/metaverse/attributes/${made.id}/object-types/${group.id}/unassign-preview`);
    await server().request('DELETE', `/metaverse/attributes/${made.id}/object-types/${group.id}`, { expect: 200 });
    assert.deepEqual((await server().get(`/metaverse/attributes/${made.id}`)).objectTypes, []);
    await server().refused('DELETE', `/metaverse/attributes/${made.id}/object-types/${group.id}`, 404, 'NOT_FOUND');
  });

  it('previews and carries out a deletion; a built-in one stays', async () => {
    const made = await server().post('/metaverse/attributes', { name: 'Short Lived', type: 'Boolean' });
    assert.equal((await server().get(`/metaverse/attributes/${made.id}/deletion-preview`)).deleted, false);
    assert.equal((await server().request('DELETE', `/metaverse/attributes/${made.id}`, { expect: 200 })).body.deleted, true);
    await server().refused('GET', `/metaverse/attributes/${made.id}`, 404, 'NOT_FOUND');
    const { attribute } = await metaverse(server());
    await server().request('DELETE', `/metaverse/attributes/${attribute('Display Name').id}`, { expect: 400 });
  });

  itOffers('GET /metaverse/attributes/{}/change-history', server, 'keeps the history of changes', async () => {
    const made = await server().post('/metaverse/attributes', { name: 'Remembered', type: 'Text', changeReason: 'needed' });
    await server().patch(`/metaverse/attributes/${made.id}`, { name: 'Remembered 2' });
    const { items } = await server().get(`/metaverse/attributes/${made.id}/change-history`);
    assert.deepEqual(items.map((item) => item.version), [2, 1]);
    await server().get(`/metaverse/attributes/${made.id}/change-history/1`);
    assert.match(JSON.stringify(await server().get(`/metaverse/attributes/${made.id}/change-history/compare?fromVersion=1&toVersion=2`)), /Remembered 2/);
  });

  itOffers('PUT /metaverse/attributes/{}/priorities/{}', server, 'has an order of contributors for each attribute and type', async () => {
    const { user, attribute } = await metaverse(server());
    const path = `/metaverse/attributes/${attribute('Display Name').id}/priorities/${user.id}`;
    assert.deepEqual((await server().get(path)).contributors, []);
    assert.deepEqual((await server().put(path, { contributors: [] })).contributors, []);
  });
});

suite('metaverse object types', (server) => {
  it('lists User and Group, with attributes only when asked', async () => {
    const { user } = await metaverse(server());
    assert.equal(user.builtIn, true);
    const detail = await server().get(`/metaverse/object-types/${user.id}?includeChildObjects=true`);
    assert.ok(named(detail.attributes, 'Display Name'));
    assert.deepEqual((await server().get(`/metaverse/object-types/${user.id}`)).attributes, []);
  });

  it('makes, changes and deletes one', async () => {
    assert.equal((await server().get('/metaverse/object-types/name-availability?name=Device')).nameAvailable, true);
    const made = await server().post('/metaverse/object-types', { name: 'Device', pluralName: 'Devices', icon: 'laptop', deletionRule: 'Manual' });
    await server().request('POST', '/metaverse/object-types', { body: { name: 'device', pluralName: 'Other' }, expect: 400 });
    const changed = await server().put(`/metaverse/object-types/${made.id}`, { name: 'Machine', icon: '', deletionRule: 'WhenLastConnectorDisconnected', deletionGracePeriod: '7.00:00:00' });
    assert.deepEqual([changed.name, changed.pluralName, changed.icon, changed.deletionRule, changed.deletionGracePeriod], ['Machine', 'Devices', null, 'WhenLastConnectorDisconnected', '7.00:00:00']);
    assert.equal((await server().put(`/metaverse/object-types/${made.id}`, { deletionGracePeriod: '00:00:00' })).deletionGracePeriod, null);
    assert.equal((await server().get(`/metaverse/object-types/${made.id}/delete-preview`)).blocked, false);
    assert.equal((await server().request('DELETE', `/metaverse/object-types/${made.id}`, { expect: 200 })).body.deleted, true);
    await server().refused('GET', `/metaverse/object-types/${made.id}`, 404, 'NOT_FOUND');
  });

  it('does not let a built-in one be renamed or deleted', async () => {
    const { user } = await metaverse(server());
    await server().request('PUT', `/metaverse/object-types/${user.id}`, { body: { name: 'Person' }, expect: 400 });
    await server().request('DELETE', `/metaverse/object-types/${user.id}`, { expect: 400 });
  });

  itOffers('GET /metaverse/object-types/{}/change-history', server, 'keeps the history of changes', async () => {
    const made = await server().post('/metaverse/object-types', { name: 'Room', pluralName: 'Rooms' });
    await server().put(`/metaverse/object-types/${made.id}`, { pluralName: 'Chambers' });
    assert.equal((await server().get(`/metaverse/object-types/${made.id}/change-history`)).totalCount, 2);
    await server().get(`/metaverse/object-types/${made.id}/change-history/2`);
    await server().get(`/metaverse/object-types/${made.id}/change-history/compare?fromVersion=1&toVersion=2`);
  });
});

suite('metaverse objects', (server) => {
  it('are none at first', async () => {
    assert.deepEqual(await server().get('/metaverse/objects').then((page) => [page.items, page.totalCount, page.totalPages]), [[], 0, 0]);
    assert.equal(await server().get('/metaverse/objects/count'), 0);
    assert.equal(await server().get('/metaverse/pending-deletions/count'), 0);
    assert.equal((await server().get('/metaverse/pending-deletions')).totalCount, 0);
    await server().get('/metaverse/pending-deletions/summary');
    await server().refused('GET', `/metaverse/objects/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
    await server().refused('GET', `/metaverse/attributes/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
    await server().refused('GET', `/metaverse/object-types/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
  });
});

suite('what rules use', (server) => {
  let hr, crm, user, shoe, rules;

  async function prepare() {
    if (hr) return;
    ({ user } = await metaverse(server()));
    shoe = await server().post('/metaverse/attributes', { name: 'Shoe', type: 'Text', objectTypeIds: [user.id] });
    hr = await fileSystem(server(), { types: { person: { id: 'id' } } });
    crm = await fileSystem(server(), { types: { person: { id: 'id' } } });
    rules = [
      await rule(server(), hr, hr.types.person, user, 'Import', { Shoe: 'name', 'Display Name': 'name' }),
      await rule(server(), crm, crm.types.person, user, 'Import', { Shoe: 'team', 'Display Name': { expression: 'cs["team"]' } }),
      await rule(server(), crm, crm.types.person, user, 'Export', { name: { expression: 'Lower(mv["shoe"])' }, team: 'Shoe' }),
    ];
  }
  const path = (rest = '') => `/metaverse/attributes/${shoe.id}${rest}`;

  it('tells every use of an attribute', async () => {
    await prepare();
    const impact = await server().get(path('/deletion-preview'));
    const kinds = impact.references.map((r) => r.kind).sort();
    assert.deepEqual(kinds, ['Binding', 'ExportAttributeFlowMapping', 'ExportAttributeFlowMapping', 'ExportAttributeFlowSource', 'ExportAttributeFlowSource', 'ImportAttributeFlow', 'ImportAttributeFlow']);
    assert.deepEqual([impact.requiresConfirmation, impact.blockedByValues, impact.deleted, impact.totalObjectsWithValues], [true, false, false, 0]);
    assert.deepEqual(impact.references.filter((r) => r.kind === 'ImportAttributeFlow').map((r) => [r.syncRuleId, r.metaverseObjectTypeId]), [[rules[0].id, user.id], [rules[1].id, user.id]]);
    assert.equal((await server().get(path(`/object-types/${user.id}/unassign-preview`))).references.length, 7);
  });

  it('refuses changes of the schema and of a name that an expression reads', async () => {
    await prepare();
    await server().refused('PATCH', path('/schema'), 400, 'BAD_REQUEST', { body: { type: 'Number' } });
    await server().refused('PATCH', path(), 400, 'BAD_REQUEST', { body: { name: 'Boot' } });
    assert.equal((await server().patch(path(), { name: 'SHOE' })).name, 'SHOE');
    assert.equal((await server().patch(path(), { name: 'Shoe' })).name, 'Shoe');
  });

  it('orders contributors', async () => {
    await prepare();
    const order = path(`/priorities/${user.id}`);
    const { contributors: [first, second] } = await server().get(order);
    assert.deepEqual([first.connectedSystemId, second.connectedSystemId], [hr.id, crm.id]);
    const put = await server().put(order, { contributors: [{ mappingId: second.mappingId, nullIsValue: true }, { mappingId: first.mappingId }] });
    assert.deepEqual(put.contributors.map((c) => [c.mappingId, c.priority, c.nullIsValue]), [[second.mappingId, 1, true], [first.mappingId, 2, false]]);
    for (const contributors of [[], [{ mappingId: first.mappingId }], [{ mappingId: first.mappingId }, { mappingId: first.mappingId }], [{ mappingId: first.mappingId }, { mappingId: second.mappingId }, { mappingId: NO_SUCH_ID }]]) {
      await server().refused('PUT', order, 400, 'VALIDATION_ERROR', { body: { contributors } });
    }
    const moved = await server().put(`${order}/mappings/${second.mappingId}`, { position: 99 });
    assert.deepEqual(moved.contributors.map((c) => [c.mappingId, c.nullIsValue]), [[first.mappingId, false], [second.mappingId, true]]);
    assert.equal((await server().put(`${order}/mappings/${second.mappingId}`, { position: -5, nullIsValue: false })).contributors[0].mappingId, second.mappingId);
    await server().refused('PUT', `${order}/mappings/${NO_SUCH_ID}`, 404, 'NOT_FOUND', { body: { position: 1 } });
    await server().refused('GET', path(`/priorities/${NO_SUCH_ID}`), 404, 'NOT_FOUND');
  });

  it('keeps an object type that rules use', async () => {
    await prepare();
    const preview = await server().get(`/metaverse/object-types/${user.id}/delete-preview`);
    assert.deepEqual([preview.blockedBySynchronisationRules, preview.blockedByObjects, preview.blocked, preview.synchronisationRules.length], [true, false, true, 3]);
    const type = await server().post('/metaverse/object-types', { name: 'Badge', pluralName: 'Badges', attributeIds: [shoe.id] });
    assert.deepEqual(type.attributes.map((a) => a.name), ['Shoe']);
    const used = await rule(server(), hr, hr.types.person, type, 'Import', {});
    const refused = (await server().request('DELETE', `/metaverse/object-types/${type.id}?confirmationName=Badge`, { expect: 409 })).body;
    assert.deepEqual([refused.blocked, refused.deleted, refused.synchronisationRules[0].kind], [true, false, 'SynchronisationRule']);
    await server().delete(`/synchronisation/sync-rules/${used.id}`);
    await server().refused('DELETE', `/metaverse/object-types/${type.id}?confirmationName=badge`, 400, 'BAD_REQUEST');
    assert.equal((await server().delete(`/metaverse/object-types/${type.id}?confirmationName=Badge`, 200)).deleted, true);
  });

  it('takes the uses away with the attribute when its name is repeated', async () => {
    await prepare();
    await server().refused('DELETE', path(), 400, 'BAD_REQUEST');
    await server().refused('DELETE', path('?confirmationName=shoe'), 400, 'BAD_REQUEST');
    assert.equal((await server().get(path())).name, 'Shoe');
    assert.equal((await server().delete(path('?confirmationName=Shoe&changeReason=barefoot'), 200)).deleted, true);
    const left = await Promise.all(rules.map((r) => server().get(`/synchronisation/sync-rules/${r.id}/mappings`)));
    assert.deepEqual(left.map((mappings) => mappings.length), [1, 1, 0]);
  });
});

suite('metaverse schema rules', (server) => {
  it('keeps what an attribute is called in standards', async () => {
    const made = await server().post('/metaverse/attributes', { name: 'Nickname', type: 'Text' });
    const standardMappings = [{ standard: 'Ldap', counterpartName: 'nick', notes: null }, { standard: 'Scim', counterpartName: 'nickName', notes: 'core schema' }];
    assert.deepEqual((await server().patch(`/metaverse/attributes/${made.id}`, { standardMappings })).standardMappings, standardMappings);
    assert.deepEqual((await server().patch(`/metaverse/attributes/${made.id}`, { renderingHint: 'List' })).standardMappings, standardMappings);
    assert.deepEqual((await server().patch(`/metaverse/attributes/${made.id}`, { standardMappings: [] })).standardMappings, []);
    await server().refused('PATCH', `/metaverse/attributes/${NO_SUCH_ID}`, 400, 'BAD_REQUEST', { body: { changeReason: 'nothing' } });
    await server().refused('PATCH', `/metaverse/attributes/${NO_SUCH_ID}`, 404, 'NOT_FOUND', { body: { name: 'x' } });
  });

  it('refuses attributes without a data type or of unknown object types', async () => {
    await server().refused('POST', '/metaverse/attributes', 400, 'VALIDATION_ERROR', { body: { name: 'Untyped' } });
    await server().refused('POST', '/metaverse/attributes', 400, 'VALIDATION_ERROR', { body: { name: 'Lost', type: 'Text', objectTypeIds: [NO_SUCH_ID] } });
    await server().refused('POST', '/metaverse/attributes', 400, 'VALIDATION_ERROR', { body: { name: '  ', type: 'Text' } });
    await server().refused('GET', '/metaverse/attributes/name-availability', 400, 'VALIDATION_ERROR');
  });

  it('keeps built-in attributes as they are', async () => {
    const { user, group, attribute } = await metaverse(server());
    const mail = `/metaverse/attributes/${attribute('Email').id}`;
    await server().refused('PATCH', mail, 400, 'BAD_REQUEST', { body: { name: 'Mail' } });
    await server().refused('PATCH', `${mail}/schema`, 400, 'BAD_REQUEST', { body: { type: 'Number' } });
    await server().refused('POST', `${mail}/object-types/${group.id}`, 400, 'BAD_REQUEST');
    await server().refused('DELETE', `${mail}/object-types/${user.id}`, 400, 'BAD_REQUEST');
    assert.equal((await server().patch(mail, { renderingHint: 'List' })).renderingHint, 'List');
  });

  it('refuses deletion settings that cannot hold', async () => {
    const { user } = await metaverse(server());
    const path = `/metaverse/object-types/${user.id}`;
    for (const body of [{ deletionRule: 'WhenAuthoritativeSourceDisconnected' }, { deletionGracePeriod: '-1.00:00:00' }, { deletionTriggerConnectedSystemIds: [NO_SUCH_ID] }]) {
      await server().refused('PUT', path, 400, 'VALIDATION_ERROR', { body });
    }
    assert.equal((await server().put(path, { name: 'User', deletionRule: 'Manual' })).deletionRule, 'Manual');
    await server().refused('GET', '/metaverse/object-types/name-availability', 400, 'BAD_REQUEST');
    const names = await server().get('/metaverse/object-types/name-availability?name=user&pluralName=Persons');
    assert.deepEqual([names.nameAvailable, names.pluralNameAvailable], [false, true]);
  });
});

suite('identities', (server) => {
  let hr, user, badge, runs;

  async function prepare() {
    if (hr) return;
    ({ user } = await metaverse(server()));
    badge = await server().post('/metaverse/attributes', { name: 'Badge', type: 'Text', objectTypeIds: [user.id] });
    hr = await fileSystem(server(), { types: { person: { id: 'id', references: ['manager'] } } });
    await rule(server(), hr, hr.types.person, user, 'Import',
      { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name', Manager: 'manager', Badge: 'team', 'Employee Start Date': { expression: 'cs["started"]' } });
    runs = { import: await profile(server(), hr, 'FullImport'), full: await profile(server(), hr, 'FullSynchronisation'), sync: await profile(server(), hr, 'DeltaSynchronisation') };
    await completes(server(), hr, runs.import);
    await completes(server(), hr, runs.full);
  }

  it('come in pages, in the order of their creation', async () => {
    await prepare();
    const up = await server().get('/metaverse/objects?pageSize=2');
    assert.deepEqual([up.totalCount, up.totalPages, up.items.length, up.hasNextPage], [3, 2, 2, true]);
    const down = await server().get('/metaverse/objects?pageSize=2&sortDirection=desc');
    assert.equal(down.items[1].id, (await server().get('/metaverse/objects?pageSize=2&page=1')).items[1].id);
    assert.deepEqual(up.items[0].attributes, {});
    const beyond = await server().get('/metaverse/objects?page=9');
    assert.deepEqual([beyond.totalCount, beyond.items], [0, []]);
    assert.equal((await server().get(`/metaverse/objects?objectTypeId=${NO_SUCH_ID}`)).totalCount, 0);
  });

  it('show the attributes that are asked for', async () => {
    await prepare();
    const { items: [grace] } = await server().get('/metaverse/objects?search=GRA&attributes=badge&attributes=Manager&attributes=No%20Such');
    assert.equal(grace.displayName, 'Grace');
    assert.deepEqual(Object.keys(grace.attributes).sort(), ['Badge', 'Manager']);
    assert.equal(grace.attributes.Badge, 'Navy');
    const { items: [whole] } = await server().get('/metaverse/objects?search=grace&attributes=*');
    assert.deepEqual(Object.keys(whole.attributes).sort(), ['Badge', 'Employee ID', 'Employee Start Date', 'Manager']);
    const { items: [boss] } = await server().get('/metaverse/objects?search=charles');
    assert.equal(whole.attributes.Manager, boss.id);
  });

  it('are found by a whole value in any case; signs of patterns are ordinary', async () => {
    await prepare();
    const found = async (query) => (await server().get(`/metaverse/objects?${query}`)).items.map((i) => i.displayName).sort();
    assert.deepEqual(await found('filterAttributeName=Badge&filterAttributeValue=engine'), ['Ada', 'Charles']);
    assert.deepEqual(await found('filterAttributeName=Badge&filterAttributeValue=engine&search=ada'), ['Ada']);
    assert.deepEqual(await found('filterAttributeName=Employee%20ID&filterAttributeValue=1'), ['Ada']);
    assert.deepEqual(await found('filterAttributeName=Badge&filterAttributeValue=eng%25'), []);
    assert.deepEqual(await found('filterAttributeName=No%20Such&filterAttributeValue=1'), []);
    assert.deepEqual(await found('filterAttributeName=Badge'), ['Ada', 'Charles', 'Grace']);
    assert.deepEqual(await found('search=_'), []);
    assert.equal(await server().get('/metaverse/objects/count?filterAttributeName=Badge&filterAttributeValue=ENGINE'), 2);
    assert.equal(await server().get(`/metaverse/objects/count?objectTypeId=${user.id}`), 3);
  });

  it('show every value with where it came from', async () => {
    await prepare();
    const { items: [grace] } = await server().get('/metaverse/objects?search=grace');
    const whole = await server().get(`/metaverse/objects/${grace.id}`);
    assert.deepEqual([whole.type.name, whole.origin, whole.status, whole.isPendingDeletion, whole.deletionEligibleDate], ['User', 'Projected', 'Normal', false, null]);
    const value = (name) => whole.attributeValues.find((v) => v.attributeName === name);
    assert.deepEqual([value('Badge').stringValue, value('Badge').contributedBySystemName, value('Badge').nullValue], ['Navy', hr.name, false]);
    assert.equal(value('Manager').referenceValueDisplayName, 'Charles');
    assert.equal(new Set(whole.attributeValues.map((v) => v.id)).size, whole.attributeValues.length);
    assert.deepEqual(whole.connectedSystemObjects.map((o) => [o.connectedSystemId, o.connectedSystemName, o.displayName]), [[hr.id, hr.name, 'Grace']]);
  });

  it('keep the attributes that they have values of', async () => {
    await prepare();
    const path = `/metaverse/attributes/${badge.id}`;
    const schema = (await server().request('PATCH', `${path}/schema`, { body: { type: 'Number' }, expect: 409 })).body;
    assert.deepEqual([schema.blockedByValues, schema.totalObjectsWithValues, schema.applied], [true, 3, false]);
    const deletion = (await server().request('DELETE', `${path}?confirmationName=Badge`, { expect: 409 })).body;
    assert.deepEqual([deletion.blockedByValues, deletion.objectTypeValueCounts.map((n) => [n.metaverseObjectTypePluralName, n.objectCount])], [true, [['Users', 3]]]);
    const unassign = (await server().request('DELETE', `${path}/object-types/${user.id}?confirmationName=Badge`, { expect: 409 })).body;
    assert.deepEqual([unassign.blockedByValues, unassign.objectsWithValues, unassign.wasBound, unassign.unassigned], [true, 3, true, false]);
    assert.equal((await server().request('DELETE', `/metaverse/object-types/${user.id}`, { expect: 400 })).body.code, 'BAD_REQUEST');
  });

  it('wait for their deletion as long as the grace period says', async () => {
    await prepare();
    await server().put(`/metaverse/object-types/${user.id}`, { deletionGracePeriod: '7.00:00:00' });
    writeFileSync(hr.file, PEOPLE.split('\n').filter((row) => !row.startsWith('person,3')).join('\n'));
    await completes(server(), hr, runs.import);
    await completes(server(), hr, runs.sync);
    const { items: [waiting], totalCount } = await server().get('/metaverse/pending-deletions');
    assert.deepEqual([totalCount, waiting.displayName, waiting.status, waiting.daysUntilDeletion, waiting.gracePeriod, waiting.connectedSystemObjectCount],
      [1, 'Grace', 'AwaitingGracePeriod', 7, '7.00:00:00', 0]);
    assert.deepEqual([waiting.deletionTriggeredBySystemId, waiting.deletionTriggeredBySystemName], [hr.id, hr.name]);
    assert.deepEqual(await server().get('/metaverse/pending-deletions/summary'), { totalCount: 1, deprovisioningCount: 0, awaitingGracePeriodCount: 1, readyForDeletionCount: 0 });
    assert.equal(await server().get(`/metaverse/pending-deletions/count?objectTypeId=${NO_SUCH_ID}`), 0);
    const object = await server().get(`/metaverse/objects/${waiting.id}`);
    assert.deepEqual([object.isPendingDeletion, object.deletionEligibleDate, object.connectedSystemObjects], [true, waiting.deletionEligibleDate, []]);
    const path = `/metaverse/pending-deletions/${waiting.id}`;
    assert.equal(waiting.decision, null);
    const held = await server().post(`${path}/hold?changeReason=Ask%20first`, undefined, 200);
    assert.deepEqual(held, { ...waiting, decision: 'Held' });
    assert.deepEqual((await server().get('/metaverse/pending-deletions')).items, [held]);
    const [last] = (await server().get('/activities?sortDirection=desc')).items;
    assert.deepEqual([last.targetType, last.targetOperationType, last.targetName, last.targetContext], ['MetaverseObject', 'Update', 'Grace', 'Deletion held']);
    assert.deepEqual(await server().post(`${path}/release`, undefined, 200), waiting);
    for (const verb of ['hold', 'release', 'delete']) await server().refused('POST', `/metaverse/pending-deletions/${NO_SUCH_UUID}/${verb}`, 404, 'NOT_FOUND');
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'Manual' });
    for (const verb of ['hold', 'release', 'delete']) await server().refused('POST', `${path}/${verb}`, 404, 'NOT_FOUND');
    assert.equal(await server().get('/metaverse/pending-deletions/count'), 0);
    assert.equal((await server().get(`/metaverse/objects/${waiting.id}`)).isPendingDeletion, false);
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenLastConnectorDisconnected' });
    assert.equal((await server().post(`${path}/delete`, undefined, 200)).decision, 'DeleteNow');
    let status = 200;
    for (let tries = 0; tries < 600 && status === 200; tries++) {
      ({ status } = await server().request('GET', `/metaverse/objects/${waiting.id}`));
      await new Promise((done) => setTimeout(done, 50));
    }
    assert.equal(status, 404);
    const [{ id, initiatedByType }] = (await server().get('/history/deleted-objects/mvo')).items;
    const { items: [newest] } = await server().get(`/metaverse/objects/${waiting.id}/change-history`);
    assert.deepEqual([id, initiatedByType, newest.changeType, newest.initiatedByType], [waiting.id, 'ApiKey', 'Deleted', 'ApiKey'], 'whose decision it was');
  });
});
