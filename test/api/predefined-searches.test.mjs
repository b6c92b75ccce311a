// Predefined searches: what is built in, their criteria, and the objects that they find (operations §22).
import assert from 'node:assert/strict';
import { it, before, describe } from 'node:test';
import { NO_SUCH_ID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, profile, rule } from './systems.mjs';

const ROWS = `objectType,id,name,kind,team,started,number,skills,code
person,1,Ada,PersonEntity,Engine,1815-12-10,9,mathematics|poetry,X%1
person,2,Charles,PersonEntity,engine,1791-12-26,50,mathematics,Xa1
person,3,Grace,PersonEntity,Navy,1906-12-09,500,,
person,4,Backup,NonPersonEntity,,,,,
`;

suite('predefined searches', (server) => {
  let schema, search, position;
  const by = async (uri) => server().get(`/predefined-searches/by-uri/${uri}`);
  const path = (rest = '') => `/predefined-searches/${search.id}/criteria-groups${rest}`;
  const found = async (uri, query = '') => (await server().get(`/metaverse/objects/search/${uri}?pageSize=100${query}`));
  const names = async (uri, query) => (await found(uri, query)).items.map((item) => item.displayName);
  /** What a search with only this criterion finds. */
  const meets = async (attribute, comparisonType, more = {}) => {
    const group = await server().post(path(), { type: 'All' });
    try {
      await server().post(path(`/${group.id}/criteria`), { metaverseAttributeId: schema.attribute(attribute).id, comparisonType, ...more });
      return await names('custom');
    } finally {
      await server().delete(path(`/${group.id}`));
    }
  };

  before(async () => {
    schema = await metaverse(server());
    await server().post('/metaverse/attributes', { name: 'Skills', type: 'Text', attributePlurality: 'MultiValued', objectTypeIds: [schema.user.id] });
    const hr = await fileSystem(server(), { name: 'HR', rows: ROWS, types: { person: { id: 'id' } } });
    await rule(server(), hr, hr.types.person, schema.user, 'Import', {
      'Display Name': 'name', Type: 'kind', Department: 'team', 'Employee Start Date': 'started', 'Employee Number': 'number', Skills: 'skills', 'Job Code': 'code',
    });
    schema = await metaverse(server());
    await completes(server(), hr, await profile(server(), hr, 'FullImport'));
    await completes(server(), hr, await profile(server(), hr, 'FullSynchronisation'));
    search = await server().post('/predefined-searches', { name: 'Custom', uri: 'custom', metaverseObjectTypeId: schema.user.id, attributeIds: [schema.attribute('Department').id, schema.attribute('Skills').id] });
  });

  it('has six that are built in (§22.1)', async () => {
    const all = await server().get('/predefined-searches');
    assert.deepEqual(all.filter((s) => s.builtIn).map((s) => [s.uri, s.metaverseObjectTypeName, s.isDefaultForMetaverseObjectType, s.metaverseAttributeCount, s.isEnabled]), [
      ['users', 'User', true, 6, true], ['people', 'User', false, 6, true], ['service-principals', 'User', false, 4, true],
      ['groups', 'Group', true, 5, true], ['security-groups', 'Group', false, 5, true], ['distribution-groups', 'Group', false, 5, true],
    ]);
    const people = await by('people');
    assert.deepEqual(people.attributes.map((a) => [a.metaverseAttributeName, a.position]), [['Display Name', 0], ['Job Title', 1], ['Department', 2], ['Company', 3], ['Email', 4], ['Status', 5]]);
    const [group] = people.criteriaGroups;
    assert.deepEqual([group.type, group.criteria[0].metaverseAttributeName, group.criteria[0].attributeDataType, group.criteria[0].comparisonType, group.criteria[0].stringValue, group.criteria[0].caseSensitive],
      ['All', 'Type', 'Text', 'Equals', 'PersonEntity', true]);
    assert.deepEqual(await server().get(`/predefined-searches/${people.id}`), people);
    const types = (await server().get('/metaverse/object-types')).items;
    assert.equal(types.find((t) => t.name === 'User').hasPredefinedSearches, true);
    await server().refused('GET', '/predefined-searches/by-uri/nothing', 404, 'NOT_FOUND');
    await server().refused('GET', `/predefined-searches/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
  });

  it('finds objects of its type with the values of its columns (§22.3)', async () => {
    assert.deepEqual(await names('users'), ['Ada', 'Charles', 'Grace', 'Backup']);
    assert.deepEqual(await names('people'), ['Ada', 'Charles', 'Grace']);
    assert.deepEqual(await names('service-principals'), ['Backup']);
    assert.deepEqual(await names('groups'), []);
    const page = await found('people');
    assert.deepEqual([page.totalCount, page.items[0].type.name, page.items[0].attributes], [3, 'User', { Department: 'Engine' }]);
    const second = await server().get('/metaverse/objects/search/people?page=2&pageSize=2');
    assert.deepEqual([second.items.map((i) => i.displayName), second.totalCount, second.hasNextPage, second.hasPreviousPage], [['Grace'], 3, false, true]);
  });

  it('sorts by an attribute, in both directions', async () => {
    assert.deepEqual(await names('users', '&sortBy=Display%20Name'), ['Ada', 'Backup', 'Charles', 'Grace']);
    assert.deepEqual(await names('users', '&sortBy=Display%20Name&sortDirection=desc'), ['Grace', 'Charles', 'Backup', 'Ada']);
    assert.deepEqual(await names('people', '&sortBy=Display%20Name&sortDirection=desc'), ['Grace', 'Charles', 'Ada']);
    assert.deepEqual(await names('users', '&sortBy=employee%20number&sortDirection=desc').then((n) => n.slice(-3)), ['Grace', 'Charles', 'Ada']);
    assert.deepEqual(await names('people', '&sortBy=Employee%20Number'), ['Ada', 'Charles', 'Grace']);
    assert.deepEqual(await names('people', '&sortBy=Employee%20Number&sortDirection=desc'), ['Grace', 'Charles', 'Ada']);
    assert.deepEqual(await names('users', '&sortBy=Employee%20Start%20Date'), ['Charles', 'Ada', 'Grace', 'Backup']);
    assert.deepEqual(await names('users', '&sortBy=Nothing'), ['Ada', 'Charles', 'Grace', 'Backup']);
  });

  it('looks for a part of any text value, and for who has an attribute', async () => {
    assert.deepEqual(await names('users', '&search=POET'), ['Ada']);
    assert.deepEqual(await names('users', '&search=%25'), ['Ada']);
    assert.deepEqual(await names('users', '&search=nobody'), []);
    assert.deepEqual(await names('users', '&hasAttribute=skills'), ['Ada', 'Charles']);
    assert.deepEqual(await names('users', '&hasAttribute=Skills&search=poet'), ['Ada']);
    const none = await found('users', '&hasAttribute=NoSuchAttribute');
    assert.deepEqual([none.items, none.totalCount], [[], 0]);
  });

  describe('criteria', () => {
    for (const [attribute, comparison, more, expected] of [
      ['Department', 'Equals', { stringValue: 'Engine' }, ['Ada']],
      ['Department', 'equals', { stringValue: 'ENGINE', caseSensitive: false }, ['Ada', 'Charles']],
      ['Department', 'NotEquals', { stringValue: 'Engine' }, ['Charles', 'Grace']],
      ['Department', 'NotStartsWith', { stringValue: 'Eng' }, ['Charles', 'Grace', 'Backup']],
      ['Department', 'NotEndsWith', { stringValue: 'ine' }, ['Grace', 'Backup']],
      ['Department', 'NotContains', { stringValue: 'av' }, ['Ada', 'Charles', 'Backup']],
      ['Skills', 'NotEquals', { stringValue: 'mathematics' }, ['Ada']],
      ['Skills', 'NotContains', { stringValue: 'math' }, ['Grace', 'Backup']],
      ['Skills', 'EndsWith', { stringValue: 'etry' }, ['Ada']],
      ['Job Code', 'Contains', { stringValue: '%' }, ['Ada']],
      ['Job Code', 'StartsWith', { stringValue: 'X' }, ['Ada', 'Charles']],
      ['Employee Number', 'GreaterThan', { intValue: 9 }, ['Charles', 'Grace']],
      ['Employee Number', 'LessThanOrEquals', { intValue: 50 }, ['Ada', 'Charles']],
      ['Employee Start Date', 'LessThan', { dateTimeValue: '1815-12-10T00:00:00Z' }, ['Charles']],
      ['Employee Start Date', 'GreaterThanOrEquals', { dateTimeValue: '1815-12-10T00:00:00Z' }, ['Ada', 'Grace']],
      ['Employee Start Date', 'LessThan', { valueMode: 'Relative', relativeCount: 115, relativeUnit: 'Years', relativeDirection: 'Ago' }, ['Ada', 'Charles', 'Grace']],
      ['Employee Start Date', 'GreaterThan', { valueMode: 'relative', relativeCount: 5, relativeUnit: 'days', relativeDirection: 'fromNow' }, []],
    ]) it(`${attribute} ${comparison} ${JSON.stringify(more)}`, async () => assert.deepEqual(await meets(attribute, comparison, more), expected));

    it('refuses what does not fit the attribute (§22.2)', async () => {
      const group = await server().post(path(), { type: 'any', position: 3 });
      const refused = (attribute, comparisonType, more = {}) => server().refused('POST', path(`/${group.id}/criteria`), 400, 'VALIDATION_ERROR', { body: { metaverseAttributeId: schema.attribute(attribute).id, comparisonType, ...more } });
      assert.ok((await refused('Department', 'Equals')).validationErrors.stringValue);
      assert.ok((await refused('Employee Number', 'Equals', { stringValue: '5' })).validationErrors.stringValue);
      assert.ok((await refused('Employee Number', 'StartsWith', { intValue: 5 })).validationErrors.comparisonType);
      assert.ok((await refused('Department', 'LessThan', { stringValue: 'x' })).validationErrors.comparisonType);
      assert.ok((await refused('Department', 'NotSet', { stringValue: 'x' })).validationErrors.comparisonType);
      assert.ok((await refused('Department', 'Like', { stringValue: 'x' })).validationErrors.comparisonType);
      assert.ok((await refused('Manager', 'Equals', { stringValue: 'x' })).validationErrors.comparisonType);
      assert.ok((await refused('Members', 'Equals', { stringValue: 'x' })).validationErrors.metaverseAttributeId);
      assert.ok((await refused('Department', 'Equals', { valueMode: 'Relative', relativeCount: 1, relativeUnit: 'Days', relativeDirection: 'Ago' })).validationErrors.valueMode);
      const relative = await refused('Employee Start Date', 'LessThan', { valueMode: 'Relative', relativeCount: -1 });
      assert.deepEqual(Object.keys(relative.validationErrors).sort(), ['relativeCount', 'relativeDirection', 'relativeUnit']);
      await server().refused('POST', path(`/${group.id}/criteria`), 400, 'VALIDATION_ERROR', { body: { comparisonType: 'Equals', stringValue: 'x' } });
      await server().refused('POST', path(`/${group.id}/criteria`), 404, 'NOT_FOUND', { body: { metaverseAttributeId: NO_SUCH_ID, comparisonType: 'Equals', stringValue: 'x' } });
      await server().refused('POST', path(`/${NO_SUCH_ID}/criteria`), 404, 'NOT_FOUND', { body: { metaverseAttributeId: 1, comparisonType: 'Equals', stringValue: 'x' } });
      await server().refused('POST', path(), 400, 'VALIDATION_ERROR', { body: { type: 'Some' } });
      assert.deepEqual((await server().get(path())).map((g) => [g.type, g.criteria]), [['Any', []]]);
      await server().delete(path(`/${group.id}`));
    });

    it('joins groups: any at the top, all or any within, three levels (§22.2)', async () => {
      const add = (group, attribute, stringValue) => server().post(path(`/${group.id}/criteria`), { metaverseAttributeId: schema.attribute(attribute).id, comparisonType: 'Equals', stringValue });
      const all = await server().post(path(), {});
      assert.equal(all.type, 'All');
      const ada = await add(all, 'Department', 'Engine');
      const child = await server().post(path(`/${all.id}/child-groups`), { type: 'Any' });
      await add(child, 'Skills', 'poetry');
      await add(child, 'Skills', 'cooking');
      assert.deepEqual(await names('custom'), ['Ada']);
      const grand = await server().post(path(`/${child.id}/child-groups`), { type: 'All' });
      await add(grand, 'Job Code', 'nothing');
      await server().refused('POST', path(`/${grand.id}/child-groups`), 400, 'BAD_REQUEST', { body: {} });
      await server().put(path(`/${child.id}`), { type: 'All' });
      assert.deepEqual(await names('custom'), []);
      const changed = await server().put(path(`/${all.id}`), { type: 'Any', position: 7 });
      assert.deepEqual([changed.type, changed.position, changed.childGroups.length], ['Any', 7, 1]);
      assert.deepEqual(await names('custom'), ['Ada']);
      const other = await server().post(path(), { position: 1 });
      await add(other, 'Department', 'Navy');
      assert.deepEqual(await names('custom'), ['Ada', 'Grace']);
      assert.deepEqual((await server().get(path())).map((g) => g.id), [other.id, all.id]);
      const updated = await server().put(path(`/${all.id}/criteria/${ada.id}`), { comparisonType: 'StartsWith', stringValue: 'engine' });
      assert.deepEqual([updated.id, updated.metaverseAttributeId, updated.stringValue], [ada.id, ada.metaverseAttributeId, 'engine']);
      assert.deepEqual(await names('custom'), ['Charles', 'Grace']);
      await server().delete(path(`/${all.id}/criteria/${ada.id}?changeReason=enough`));
      await server().refused('DELETE', path(`/${all.id}/criteria/${ada.id}`), 404, 'NOT_FOUND');
      await server().delete(path(`/${all.id}`));
      await server().refused('DELETE', path(`/${all.id}`), 404, 'NOT_FOUND');
      await server().delete(path(`/${other.id}`));
      assert.deepEqual(await names('custom'), ['Ada', 'Charles', 'Grace', 'Backup']);
    });
  });

  it('is 404 while it is disabled', async () => {
    const { id } = await by('people');
    await server().patch(`/predefined-searches/${id}`, { isEnabled: false, changeReason: 'a test' }, 204);
    try {
      await server().refused('GET', '/metaverse/objects/search/people', 404, 'NOT_FOUND');
      assert.equal((await by('people')).isEnabled, false);
    } finally {
      await server().patch(`/predefined-searches/${id}`, { isEnabled: true }, 204);
    }
    await server().refused('GET', '/metaverse/objects/search/no-such-search', 404, 'NOT_FOUND');
  });

  it('can be made, changed and deleted, unless it is built in', async () => {
    const body = { name: 'Second', uri: 'second', metaverseObjectTypeId: schema.group.id, isDefaultForMetaverseObjectType: true, attributeIds: [schema.attribute('Email').id] };
    const made = await server().post('/predefined-searches', body);
    assert.deepEqual([made.attributes.map((a) => a.metaverseAttributeName), made.builtIn, made.lastUpdated === null], [['Email'], false, false]);
    assert.equal((await by('groups')).isDefaultForMetaverseObjectType, false);
    await server().refused('POST', '/predefined-searches', 409, 'CONFLICT', { body: { ...body, name: 'Third' } });
    await server().refused('POST', '/predefined-searches', 400, 'VALIDATION_ERROR', { body: { ...body, uri: 'Not fit' } });
    await server().refused('POST', '/predefined-searches', 404, 'NOT_FOUND', { body: { ...body, uri: 'third', metaverseObjectTypeId: NO_SUCH_ID } });
    await server().refused('POST', '/predefined-searches', 400, 'VALIDATION_ERROR', { body: { ...body, uri: 'third', attributeIds: [schema.attribute('Department').id] } });
    const [email] = made.attributes;
    await server().patch(`/predefined-searches/${made.id}`, { name: 'Other', uri: 'other', attributeIds: [schema.attribute('Status').id, schema.attribute('Email').id] }, 204);
    const changed = await by('other');
    assert.deepEqual([changed.name, changed.attributes.map((a) => a.metaverseAttributeName), changed.attributes[1].id], ['Other', ['Status', 'Email'], email.id]);
    const { id } = await by('groups');
    await server().patch(`/predefined-searches/${id}`, { isDefaultForMetaverseObjectType: true }, 204);
    await server().refused('PATCH', `/predefined-searches/${id}`, 400, 'BAD_REQUEST', { body: { name: 'Mine' } });
    await server().refused('DELETE', `/predefined-searches/${id}`, 400, 'BAD_REQUEST');
    await server().delete(`/predefined-searches/${made.id}`);
    await server().refused('GET', `/predefined-searches/${made.id}`, 404, 'NOT_FOUND');
  });

  it('has a history of its versions, also of what goes with an attribute (§12)', async () => {
    const badge = await server().post('/metaverse/attributes', { name: 'Badge', type: 'Text', objectTypeIds: [schema.user.id] });
    const mine = await server().post('/predefined-searches', { name: 'Badges', uri: 'badges', metaverseObjectTypeId: schema.user.id, attributeIds: [badge.id], changeReason: 'wanted' });
    const group = await server().post(`/predefined-searches/${mine.id}/criteria-groups`, { type: 'All' });
    await server().post(`/predefined-searches/${mine.id}/criteria-groups/${group.id}/criteria`, { metaverseAttributeId: badge.id, comparisonType: 'Equals', stringValue: 'x' });
    const impact = await server().get(`/metaverse/attributes/${badge.id}/deletion-preview`);
    assert.deepEqual(impact.references.map((r) => r.kind).sort(), ['Binding', 'PredefinedSearchAttribute', 'PredefinedSearchCriterion']);
    await server().refused('DELETE', `/metaverse/attributes/${badge.id}`, 400, 'BAD_REQUEST');
    await server().delete(`/metaverse/attributes/${badge.id}?confirmationName=Badge`, 200);
    const now = await by('badges');
    assert.deepEqual([now.attributes, now.criteriaGroups[0].criteria], [[], []]);
    const history = await server().get(`/predefined-searches/${mine.id}/change-history`);
    assert.deepEqual(history.items.map((v) => v.version), [4, 3, 2, 1]);
    assert.equal(history.items.at(-1).reason, 'wanted');
    const version = await server().get(`/predefined-searches/${mine.id}/change-history/3`);
    assert.equal(version.snapshot.objectName, 'Badges');
    const diff = await server().get(`/predefined-searches/${mine.id}/change-history/compare?fromVersion=1&toVersion=4`);
    assert.ok(diff.hasChanges);
    await server().delete(`/predefined-searches/${mine.id}`);
  });

  it('gets the indexes built that its criteria ask for, when it is enabled and an index helps', async () => {
    const attribute = async (name, type = 'Text') => server().post('/metaverse/attributes', { name, type, objectTypeIds: [schema.user.id] });
    const [plain, day, off] = [await attribute('Locker'), await attribute('Locker Day', 'DateTime'), await attribute('Locker Off')];
    const make = async (uri, m, more, enabled = true) => {
      const made = await server().post('/predefined-searches', { name: uri, uri, metaverseObjectTypeId: schema.user.id, isEnabled: enabled });
      const group = await server().post(`/predefined-searches/${made.id}/criteria-groups`, { type: 'All' });
      await server().post(`/predefined-searches/${made.id}/criteria-groups/${group.id}/criteria`, { metaverseAttributeId: m.id, comparisonType: 'Equals', ...more });
      return made;
    };
    const built = (m) => server().process.said().includes(`attribute ${m.id} of the metaverse`);
    const made = [await make('off', off, { stringValue: 'x' }, false), await make('days', day, { dateTimeValue: '2025-01-01T00:00:00Z' }), await make('lockers', plain, { stringValue: 'x' })];
    for (const end = Date.now() + 60_000; !built(plain); await new Promise((done) => setTimeout(done, 50))) assert.ok(Date.now() < end, 'the index is built in the end');
    assert.deepEqual([built(day), built(off)], [false, false]);
    assert.equal((await server().get('/metaverse/objects/search/lockers')).totalCount, 0);
    for (const { id } of made) await server().delete(`/predefined-searches/${id}`);
    for (const { id, name } of [plain, day, off]) await server().delete(`/metaverse/attributes/${id}?confirmationName=${encodeURIComponent(name)}`, 200);
  });

  it('goes with its object type', async () => {
    const type = await server().post('/metaverse/object-types', { name: 'Device', pluralName: 'Devices' });
    const body = { name: 'Devices', uri: 'devices', metaverseObjectTypeId: type.id };
    await server().post('/predefined-searches', body);
    const impact = await server().get(`/metaverse/object-types/${type.id}/delete-preview`);
    assert.deepEqual(impact.cascadeReferences.map((r) => r.kind), ['PredefinedSearch']);
    await server().delete(`/metaverse/object-types/${type.id}?confirmationName=Device`, 200);
    await server().refused('GET', '/predefined-searches/by-uri/devices', 404, 'NOT_FOUND');
    await server().post('/predefined-searches', { ...body, metaverseObjectTypeId: schema.user.id });
  });
});
