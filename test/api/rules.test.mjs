// Rules in every detail: what is refused and where, what is kept, and the expressions of the specification.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { NO_SUCH_ID, NO_SUCH_UUID, suite } from './harness.mjs';
import { fileSystem, metaverse, named, rule, SYNC, systemPath } from './systems.mjs';

const PERSON = { person: { id: 'id', references: ['manager'] } };
const rulePath = (made, rest = '') => `${SYNC}/sync-rules/${made.id}${rest}`;

/** A system of people with an import and an export rule, and the ids of attributes by name. */
async function world(server) {
  const system = await fileSystem(server, { types: PERSON });
  const mv = await metaverse(server);
  const { person } = system.types;
  return {
    system, person, user: mv.user, group: mv.group,
    cs: (name) => named(person.attributes, name).id,
    mv: (name) => mv.attribute(name).id,
    into: await rule(server, system, person, mv.user, 'Import', {}),
    out: await rule(server, system, person, mv.user, 'Export', {}),
  };
}

/** Refused as invalid, naming this field. */
async function invalid(server, method, path, body, field) {
  const { validationErrors } = await server.refused(method, path, 400, 'VALIDATION_ERROR', { body });
  assert.ok(validationErrors?.[field], `${field} among ${JSON.stringify(validationErrors)}`);
  return validationErrors;
}

suite('synchronisation rules', (server) => {
  it('are refused with all that is wrong', async () => {
    const w = await world(server());
    const errors = await invalid(server(), 'POST', `${SYNC}/sync-rules`, { name: 'x', connectedSystemId: NO_SUCH_ID }, 'direction');
    assert.deepEqual(Object.keys(errors).sort(), ['connectedSystemId', 'direction', 'metaverseObjectTypeId']);
    const body = { name: 'x', connectedSystemId: w.system.id, connectedSystemObjectTypeId: NO_SUCH_ID, metaverseObjectTypeId: w.user.id, direction: 'Import' };
    await invalid(server(), 'POST', `${SYNC}/sync-rules`, body, 'connectedSystemObjectTypeId');
    await invalid(server(), 'POST', `${SYNC}/sync-rules`, { ...body, connectedSystemObjectTypeId: w.person.id, direction: 'Export', projectToMetaverse: true }, 'projectToMetaverse');
    await invalid(server(), 'POST', `${SYNC}/sync-rules`, { ...body, name: ' ' }, 'name');
    await invalid(server(), 'PUT', rulePath(w.into), { provisionToConnectedSystem: true }, 'provisionToConnectedSystem');
    await invalid(server(), 'PUT', rulePath(w.into), { name: '' }, 'name');
    for (const method of ['GET', 'PUT', 'DELETE']) await server().refused(method, rulePath({ id: NO_SUCH_ID }), 404, 'NOT_FOUND', method === 'PUT' ? { body: {} } : {});
  });

  it('are not changed under a preview that does not exist', async () => {
    const w = await world(server());
    await invalid(server(), 'PUT', rulePath(w.into), { name: 'Previewed', previewActivityId: NO_SUCH_UUID }, 'previewActivityId');
    await invalid(server(), 'PUT', `/metaverse/object-types/${w.user.id}`, { deletionRule: 'Manual', previewActivityId: NO_SUCH_UUID }, 'previewActivityId');
    assert.equal((await server().put(rulePath(w.into), { previewActivityId: null })).name, w.into.name);
    await server().put(`/metaverse/object-types/${w.user.id}`, { previewActivityId: null });
  });

  it('have the defaults of the specification and null for the other direction', async () => {
    const w = await world(server());
    assert.deepEqual([w.into.provisionToConnectedSystem, w.into.projectToMetaverse, w.into.enabled, w.into.enforceState, w.into.outboundDeprovisionAction],
      [null, true, true, true, 'Disconnect']);
    assert.deepEqual([w.out.provisionToConnectedSystem, w.out.projectToMetaverse], [true, null]);
    const changed = await server().put(rulePath(w.out), { outboundDeprovisionAction: 'delete', enforceState: false, provisionToConnectedSystem: false });
    assert.deepEqual([changed.outboundDeprovisionAction, changed.enforceState, changed.provisionToConnectedSystem], ['Delete', false, false]);
    assert.deepEqual(await server().put(rulePath(w.out), { name: null, enabled: null }), changed);
  });

  it('are listed by system, direction, action, status and part of the name', async () => {
    const w = await world(server());
    await server().put(rulePath(w.out), { enabled: false, name: 'Ausgang ÄÖ' });
    const ids = async (query) => (await server().get(`${SYNC}/sync-rules?connectedSystemIds=${w.system.id}&${query}`)).items.map((r) => r.id);
    assert.deepEqual((await ids('')).sort(), [w.into.id, w.out.id].sort());
    assert.deepEqual(await ids('directions=Import'), [w.into.id]);
    assert.deepEqual((await ids('directions=Import&directions=Export')).length, 2);
    assert.deepEqual(await ids('actionTypes=Provisions'), [w.out.id]);
    assert.deepEqual(await ids('actionTypes=FlowOnly'), []);
    assert.deepEqual(await ids('statuses=Disabled'), [w.out.id]);
    assert.deepEqual(await ids(`search=${encodeURIComponent('gang äö')}`), [w.out.id]);
    assert.deepEqual(await ids('filter=direction:eq:Export'), [w.out.id]);
    await server().request('GET', `${SYNC}/sync-rules?directions=Sideways`, { expect: 400 });
  });
});

suite('mappings', (server) => {
  it('rank behind those who contribute already', async () => {
    const w = await world(server());
    const other = await rule(server(), w.system, w.person, w.user, 'Import', {});
    const add = (r) => server().post(rulePath(r, '/mappings'), { targetMetaverseAttributeId: w.mv('Job Title'), sources: [{ connectedSystemAttributeId: w.cs('team') }] });
    assert.deepEqual([(await add(w.into)).priority, (await add(other)).priority, (await add(w.into)).priority], [1, 2, 3]);
    const exported = await server().post(rulePath(w.out, '/mappings'), { targetConnectedSystemAttributeId: w.cs('team'), sources: [{ metaverseAttributeId: w.mv('Job Title') }] });
    assert.equal(exported.priority, 2147483647);
    const flows = (await server().get(`${SYNC}/data-flows?metaverseAttributeId=${w.mv('Job Title')}&multipleContributorsOnly=true`)).items;
    assert.deepEqual(flows.map((f) => [f.syncRuleId, f.contributorCount, f.priority]), [[w.into.id, 3, 1], [other.id, 3, 2], [w.into.id, 3, 3]]);
    await server().put(rulePath(other), { enabled: false });
    assert.equal((await server().get(`${SYNC}/data-flows?metaverseAttributeId=${w.mv('Job Title')}&direction=Import`)).items[0].contributorCount, 2);
  });

  it('have the defaults of the specification', async () => {
    const w = await world(server());
    const made = await server().post(rulePath(w.into, '/mappings'), { targetMetaverseAttributeId: w.mv('Last Name'), sources: [{ connectedSystemAttributeId: w.cs('name') }] });
    assert.deepEqual([made.inboundValueProcessing, made.caseNormalisation, made.nullIsValue, made.initialExportOnly, made.enabled, made.sourceType, made.sources[0].missingInputBehaviour],
      ['TreatWhitespaceAsNoValue', 'None', false, false, true, 'AttributeMapping', 'EvaluateAnyway']);
    const path = rulePath(w.into, `/mappings/${made.id}`);
    const changed = await server().patch(path, { inboundValueProcessing: 'TrimWhitespace, CollapseInternalWhitespace', caseNormalisation: 'Title', nullIsValue: true });
    assert.deepEqual([changed.inboundValueProcessing, changed.caseNormalisation, changed.nullIsValue], ['TrimWhitespace, CollapseInternalWhitespace', 'Title', true]);
    assert.equal((await server().patch(path, { inboundValueProcessing: 'None', caseNormalisation: null })).inboundValueProcessing, 'None');
    assert.deepEqual(await server().get(path), { ...changed, inboundValueProcessing: 'None' });
  });

  it('are refused by the table of sync-engine 2.5', async () => {
    const w = await world(server());
    const into = (body, field) => invalid(server(), 'POST', rulePath(w.into, '/mappings'), body, field);
    const out = (body, field) => invalid(server(), 'POST', rulePath(w.out, '/mappings'), body, field);
    const target = { targetMetaverseAttributeId: w.mv('Job Title') }, column = { targetConnectedSystemAttributeId: w.cs('team') };
    await into({ sources: [{ connectedSystemAttributeId: w.cs('team') }] }, 'targetMetaverseAttributeId');
    await into({ ...target, ...column, sources: [{ connectedSystemAttributeId: w.cs('team') }] }, 'targetConnectedSystemAttributeId');
    await into({ ...target }, 'sources');
    await into({ ...target, sources: [{ connectedSystemAttributeId: w.cs('team') }, { connectedSystemAttributeId: w.cs('name') }] }, 'sources');
    await into({ ...target, sources: [{}] }, 'sources[0]');
    await into({ ...target, sources: [{ connectedSystemAttributeId: w.cs('team'), expression: '1' }] }, 'sources[0]');
    await into({ ...target, sources: [{ metaverseAttributeId: w.mv('Last Name') }] }, 'sources[0].connectedSystemAttributeId');
    await into({ ...target, sources: [{ connectedSystemAttributeId: w.cs('started') }] }, 'sources[0].connectedSystemAttributeId');
    await into({ ...target, initialExportOnly: true, sources: [{ connectedSystemAttributeId: w.cs('team') }] }, 'initialExportOnly');
    await into({ ...target, sources: [{ expression: 'cs["userPassword"]' }] }, 'sources[0].expression');
    await into({ ...target, sources: [{ expression: 'x'.repeat(10001) }] }, 'sources[0].expression');
    await into({ ...target, sources: [{ expression: ' ' }] }, 'sources[0].expression');
    await into({ targetMetaverseAttributeId: w.mv('Manager'), sources: [{ expression: 'cs["manager"]' }] }, 'sources[0].expression');
    assert.match((await into({ ...target, sources: [{ expression: 'Upper(cs["team"]' }] }, 'sources[0].expression'))['sources[0].expression'][0], /position 16/);
    await out({ sources: [{ metaverseAttributeId: w.mv('Job Title') }] }, 'targetConnectedSystemAttributeId');
    await out({ ...column, nullIsValue: true, sources: [{ metaverseAttributeId: w.mv('Job Title') }] }, 'nullIsValue');
    const stranger = (await fileSystem(server(), { types: PERSON })).types.person;
    await out({ targetConnectedSystemAttributeId: named(stranger.attributes, 'team').id, sources: [{ metaverseAttributeId: w.mv('Job Title') }] }, 'targetConnectedSystemAttributeId');
    for (const body of [{ targetMetaverseAttributeId: NO_SUCH_ID, sources: [{ expression: '1' }] }, { ...target, sources: [{ connectedSystemAttributeId: NO_SUCH_ID }] }])
      await server().refused('POST', rulePath(w.into, '/mappings'), 404, 'NOT_FOUND', { body });
    await server().refused('POST', rulePath({ id: NO_SUCH_ID }, '/mappings'), 404, 'NOT_FOUND', { body: {} });
    assert.deepEqual(await server().get(rulePath(w.into, '/mappings')), []);
  });

  it('cannot be enabled when the schema no longer bears them', async () => {
    const system = await fileSystem(server(), { rows: 'objectType,id,team\nperson,1,x\n', types: { person: { id: 'id' } } });
    const { user } = await metaverse(server());
    const made = await rule(server(), system, system.types.person, user, 'Import', { 'Job Title': 'team' });
    await server().put(rulePath(made), { enabled: false });
    writeFileSync(system.file, 'objectType,id,team\nperson,1,5\n'); // the column holds numbers now
    await server().post(systemPath(system, '/import-schema'), {}, 200);
    const { $: [problem] } = await invalid(server(), 'PUT', rulePath(made), { enabled: true }, '$');
    assert.match(problem, /different types/);
    assert.equal((await server().get(rulePath(made))).enabled, false);
    await server().put(rulePath(made), { name: 'Another name' }); // what was so before does not stand in the way
  });

  it('keep their target and kind of source', async () => {
    const w = await world(server());
    const direct = await server().post(rulePath(w.into, '/mappings'), { targetMetaverseAttributeId: w.mv('Job Title'), sources: [{ connectedSystemAttributeId: w.cs('team') }] });
    const path = rulePath(w.into, `/mappings/${direct.id}`);
    await invalid(server(), 'PATCH', path, { expression: 'cs["team"]' }, 'expression');
    await invalid(server(), 'PATCH', path, {}, '$');
    await invalid(server(), 'PATCH', path, { enabled: null }, '$');
    await server().refused('PATCH', rulePath(w.out, `/mappings/${direct.id}`), 404, 'NOT_FOUND', { body: { enabled: false } });
    await server().refused('DELETE', rulePath(w.out, `/mappings/${direct.id}`), 404, 'NOT_FOUND');
    const formula = await server().post(rulePath(w.into, '/mappings'), { targetMetaverseAttributeId: w.mv('Job Title'), sources: [{ expression: 'cs["team"]', missingInputBehaviour: 'FailObject' }] });
    assert.deepEqual([formula.sourceType, formula.sources[0].missingInputBehaviour], ['ExpressionMapping', 'FailObject']);
    await invalid(server(), 'PATCH', rulePath(w.into, `/mappings/${formula.id}`), { expression: 'Upper(' }, 'expression');
    await invalid(server(), 'PATCH', rulePath(w.into, `/mappings/${formula.id}`), { initialExportOnly: true }, 'initialExportOnly');
    assert.equal((await server().patch(rulePath(w.into, `/mappings/${formula.id}`), { missingInputBehaviour: 'FailMapping' })).sources[0].expression, 'cs["team"]');
  });

  it('warn on the activity about random values and unknown names', async () => {
    const w = await world(server());
    const about = async (expression, more = {}) => {
      await server().post(rulePath(w.out, '/mappings'), { targetConnectedSystemAttributeId: w.cs('team'), sources: [{ expression }], ...more });
      return (await server().get('/activities?sortBy=created&sortDirection=desc&pageSize=1')).items[0];
    };
    const random = await about('RandomPassword(16, true)');
    assert.equal(random.status, 'CompleteWithWarning');
    assert.equal((await about('RandomPassword(16, true)', { initialExportOnly: true })).status, 'Complete');
    assert.equal((await about('mv["No Such Thing"]')).status, 'CompleteWithWarning');
    assert.match((await server().get(`/activities/${random.id}`)).warningMessage, /random/);
  });
});

suite('data flows', (server) => {
  it('show both directions in order, and are searched', async () => {
    const w = await world(server());
    await rule(server(), w.system, w.person, w.user, 'Import', { 'Last Name': 'name', 'First Name': { expression: 'Upper(cs["name"]) + "100%"' } });
    await rule(server(), w.system, w.person, w.user, 'Export', { name: 'Last Name' });
    const list = async (query = '') => (await server().get(`${SYNC}/data-flows?connectedSystemId=${w.system.id}${query}`)).items;
    const [first, last, name] = await list();
    assert.deepEqual([first.targetMetaverseAttributeName, last.targetMetaverseAttributeName, name.targetConnectedSystemAttributeName], ['First Name', 'Last Name', 'name']);
    assert.deepEqual([first.sources[0].isExpression, first.sources[0].displayName, last.sources[0].displayName], [true, 'Upper(cs["name"]) + "100%"', 'name']);
    assert.deepEqual([name.priority, name.nullIsValue, name.enforceState, name.contributorCount, last.enforceState], [null, null, true, null, null]);
    assert.equal((await list('&direction=Export')).length, 1);
    assert.equal((await list(`&connectedSystemAttributeId=${w.cs('name')}`)).length, 2);
    assert.equal((await list(`&metaverseAttributeId=${w.mv('Last Name')}`)).length, 2);
    assert.deepEqual((await list(`&search=${encodeURIComponent('100%')}`)).length, 1);
    assert.deepEqual(await list('&search=1_0'), []);
    assert.deepEqual(await list('&metaverseObjectTypeId=999999'), []);
    assert.deepEqual((await list('&sortBy=syncRuleMappingId&sortDirection=desc')).map((f) => f.syncRuleMappingId), [name, first, last].map((f) => f.syncRuleMappingId));
  });
});

suite('matching', (server) => {
  const one = (w, more = {}) => ({ targetMetaverseAttributeId: w.mv('Display Name'), sources: [{ order: 0, connectedSystemAttributeId: w.cs('name') }], ...more });
  const simple = (w, more = {}) => one(w, { connectedSystemObjectTypeId: w.person.id, metaverseObjectTypeId: w.user.id, ...more });

  it('rules of object types are numbered, changed and refused', async () => {
    const w = await world(server());
    const path = systemPath(w.system, '/matching-rules');
    const first = await server().post(path, simple(w));
    assert.deepEqual([first.order, (await server().post(path, simple(w, { order: 7 }))).order, (await server().post(path, simple(w))).order], [0, 7, 8]);
    assert.deepEqual([first.syncRuleId, first.metaverseObjectTypeName, first.connectedSystemObjectTypeName, first.sources.length, first.sources[0].connectedSystemAttributeName],
      [null, 'User', 'person', 1, 'name']);
    await invalid(server(), 'POST', path, simple(w, { sources: [] }), 'sources');
    await invalid(server(), 'POST', path, simple(w, { sources: undefined }), 'sources');
    await invalid(server(), 'POST', path, simple(w, { sources: [{ connectedSystemAttributeId: w.cs('id') }] }), 'sources[0].connectedSystemAttributeId');
    await invalid(server(), 'POST', path, simple(w, { targetMetaverseAttributeId: w.mv('Manager'), sources: [{ connectedSystemAttributeId: w.cs('manager') }] }), 'targetMetaverseAttributeId');
    await invalid(server(), 'PUT', `${path}/${first.id}`, { sources: [] }, 'sources');
    for (const more of [{ connectedSystemObjectTypeId: NO_SUCH_ID }, { metaverseObjectTypeId: NO_SUCH_ID }, { targetMetaverseAttributeId: NO_SUCH_ID }])
      await server().refused('POST', path, 404, 'NOT_FOUND', { body: simple(w, more) });
    const changed = await server().put(`${path}/${first.id}`, { order: 9, sources: [{ connectedSystemAttributeId: w.cs('team') }] });
    assert.deepEqual([changed.order, changed.sources[0].connectedSystemAttributeName, changed.caseSensitive], [9, 'team', true]);
    assert.deepEqual((await server().get(systemPath(w.system, `/object-types/${w.person.id}/matching-rules`))).map((m) => m.order), [7, 8, 9]);
    await server().refused('GET', systemPath(w.system, `/object-types/${NO_SUCH_ID}/matching-rules`), 404, 'NOT_FOUND');
    await server().refused('POST', rulePath(w.into, '/matching-rules'), 400, 'VALIDATION_ERROR', { body: one(w) });
  });

  it('rules move between object types and synchronisation rules', async () => {
    const w = await world(server());
    const mode = (value) => server().post(systemPath(w.system, '/matching-mode'), { mode: value }, 200);
    const unchanged = await mode('ConnectedSystem');
    assert.deepEqual([unchanged.success, unchanged.newMode, unchanged.objectTypesUpdated], [true, 'ConnectedSystem', 0]);
    await server().post(systemPath(w.system, '/matching-rules'), simple(w, { caseSensitive: false }));
    await server().post(systemPath(w.system, '/matching-rules'), simple(w, { metaverseObjectTypeId: w.group.id }));
    const moved = await mode('SyncRule');
    assert.deepEqual([moved.newMode, moved.syncRulesUpdated, moved.objectTypesUpdated, moved.warnings.length], ['SyncRule', 2, 1, 1]);
    assert.deepEqual(await server().get(systemPath(w.system, `/object-types/${w.person.id}/matching-rules`)), []);
    const path = rulePath(w.into, '/matching-rules');
    const [copy] = await server().get(path);
    assert.deepEqual([copy.syncRuleId, copy.metaverseObjectTypeId, copy.caseSensitive, copy.targetMetaverseAttributeName], [w.into.id, null, false, 'Display Name']);
    assert.equal((await mode('SyncRule')).syncRulesUpdated, 0);

    const made = await server().post(path, one(w, { targetMetaverseAttributeId: w.mv('Last Name') }));
    assert.deepEqual([made.order, (await server().get(`${path}/${made.id}`)).targetMetaverseAttributeName], [1, 'Last Name']);
    assert.equal((await server().put(`${path}/${made.id}`, { caseSensitive: false })).caseSensitive, false);
    await invalid(server(), 'PUT', `${path}/${made.id}`, { metaverseObjectTypeId: w.user.id }, 'metaverseObjectTypeId');
    await server().refused('GET', rulePath(w.out, `/matching-rules/${made.id}`), 404, 'NOT_FOUND');
    await server().refused('POST', systemPath(w.system, '/matching-rules'), 400, 'VALIDATION_ERROR', { body: simple(w) });
    const spare = await server().post(path, one(w));
    await server().delete(`${path}/${spare.id}`);

    const back = await mode('connectedsystem');
    const [type] = back.objectTypeMigrations;
    assert.deepEqual([type.objectTypeName, type.syncRuleCount, type.syncRulesWithMatchingRules, type.uniqueSyncRuleConfigurations, type.rulesDiverged, type.matchingRulesSet, type.syncRulesCleared],
      ['person', 2, 2, 2, true, 2, 2]);
    assert.equal(back.warnings.length, 1);
    assert.deepEqual((await server().get(systemPath(w.system, `/object-types/${w.person.id}/matching-rules`))).map((m) => [m.order, m.targetMetaverseAttributeName, m.metaverseObjectTypeId]),
      [[0, 'Display Name', w.user.id], [1, 'Last Name', w.user.id]]);
    assert.deepEqual(await server().get(path), []);
    await server().refused('POST', systemPath({ id: NO_SUCH_ID }, '/matching-mode'), 404, 'NOT_FOUND', { body: { mode: 'SyncRule' } });
  });
});

suite('scope', (server) => {
  it('takes the operators of each type and no others (sync-engine 9.2)', async () => {
    const w = await world(server());
    const path = rulePath(w.into, '/scoping-criteria');
    const group = await server().post(path, {});
    assert.deepEqual([group.type, group.position, group.criteria, group.childGroups], ['All', 0, [], []]);
    const criteria = `${path}/${group.id}/criteria`;
    const on = (name, comparisonType, more = {}) => ({ connectedSystemAttributeId: w.cs(name), comparisonType, ...more });
    const fits = {
      team: ['Equals', 'NotEquals', 'StartsWith', 'NotStartsWith', 'EndsWith', 'NotEndsWith', 'Contains', 'NotContains'],
      id: ['Equals', 'NotEquals', 'LessThan', 'LessThanOrEquals', 'GreaterThan', 'GreaterThanOrEquals'],
      started: ['Equals', 'NotEquals', 'LessThan', 'LessThanOrEquals', 'GreaterThan', 'GreaterThanOrEquals'],
      manager: [],
    };
    const all = ['NotSet', ...new Set([...fits.team, ...fits.id])];
    for (const [name, operators] of Object.entries(fits)) {
      for (const operator of all) {
        if (operators.includes(operator)) assert.equal((await server().post(criteria, on(name, operator))).comparisonType, operator);
        else await invalid(server(), 'POST', criteria, on(name, operator), 'comparisonType');
      }
    }
    assert.equal((await server().get(`${path}/${group.id}`)).criteria.length, 20);
    await invalid(server(), 'POST', criteria, { comparisonType: 'Equals' }, 'connectedSystemAttributeId');
    await invalid(server(), 'POST', criteria, { comparisonType: 'Equals', metaverseAttributeId: w.mv('Job Title') }, 'metaverseAttributeId');
    await invalid(server(), 'POST', criteria, on('team', undefined), 'comparisonType');
    await server().refused('POST', criteria, 404, 'NOT_FOUND', { body: { comparisonType: 'Equals', connectedSystemAttributeId: NO_SUCH_ID } });
    await server().refused('POST', `${path}/${NO_SUCH_ID}/criteria`, 404, 'NOT_FOUND', { body: on('team', 'Equals') });
  });

  it('keeps values of the attribute type', async () => {
    const w = await world(server());
    const path = rulePath(w.out, '/scoping-criteria');
    const group = await server().post(path, { type: 'Any', position: 3 });
    const criteria = `${path}/${group.id}/criteria`;
    const text = await server().post(criteria, { metaverseAttributeId: w.mv('Job Title'), comparisonType: 'Equals', stringValue: '', caseSensitive: false });
    assert.deepEqual([text.metaverseAttributeName, text.attributeDataType, text.stringValue, text.caseSensitive, text.connectedSystemAttributeId, text.valueMode, text.relativeCount, text.relativeUnit],
      ['Job Title', 'Text', '', false, null, 'Absolute', null, null]);
    const none = await server().post(criteria, { metaverseAttributeId: w.mv('Job Title'), comparisonType: 'Equals' });
    assert.equal(none.stringValue, null);
    await invalid(server(), 'POST', criteria, { metaverseAttributeId: w.mv('Job Title'), comparisonType: 'Equals', intValue: 1 }, 'intValue');
    await invalid(server(), 'POST', criteria, { metaverseAttributeId: w.mv('Job Title'), comparisonType: 'Equals', stringValue: 'a', boolValue: true }, 'boolValue');
    const imports = rulePath(w.into, '/scoping-criteria');
    const other = await server().post(imports, { type: 'ALL' });
    const on = (name, more) => server().post(`${imports}/${other.id}/criteria`, { connectedSystemAttributeId: w.cs(name), comparisonType: 'Equals', ...more });
    assert.equal((await on('id', { intValue: 7 })).intValue, 7);
    assert.equal((await on('started', { dateTimeValue: '2026-03-31T14:05:00+02:00' })).dateTimeValue, '2026-03-31T12:05:00Z');
    assert.deepEqual((await server().get(imports))[0].criteria.map((k) => [k.intValue, k.dateTimeValue]), [[7, null], [null, '2026-03-31T12:05:00Z']]);
    const replaced = await server().put(`${criteria}/${text.id}`, { comparisonType: 'NotEquals', stringValue: 'x' });
    assert.deepEqual([replaced.comparisonType, replaced.stringValue, replaced.caseSensitive, replaced.metaverseAttributeName], ['NotEquals', 'x', true, 'Job Title']);
    await server().refused('PUT', `${criteria}/${NO_SUCH_ID}`, 404, 'NOT_FOUND', { body: { comparisonType: 'Equals' } });
    await server().refused('DELETE', `${criteria}/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
  });

  it('takes relative dates only whole and on dates (sync-engine 9.3)', async () => {
    const w = await world(server());
    const path = rulePath(w.into, '/scoping-criteria');
    const group = await server().post(path, {});
    const criteria = `${path}/${group.id}/criteria`;
    const relative = { connectedSystemAttributeId: w.cs('started'), comparisonType: 'LessThan', valueMode: 'relative', relativeCount: 0, relativeUnit: 'days', relativeDirection: 'ago' };
    const made = await server().post(criteria, relative);
    assert.deepEqual([made.valueMode, made.relativeCount, made.relativeUnit, made.relativeDirection, made.dateTimeValue], ['Relative', 0, 'Days', 'Ago', null]);
    await invalid(server(), 'POST', criteria, { ...relative, relativeCount: -1 }, 'relativeCount');
    for (const field of ['relativeCount', 'relativeUnit', 'relativeDirection']) await invalid(server(), 'POST', criteria, { ...relative, [field]: null }, field);
    await invalid(server(), 'POST', criteria, { ...relative, dateTimeValue: '2026-01-01T00:00:00Z' }, 'dateTimeValue');
    await invalid(server(), 'POST', criteria, { ...relative, connectedSystemAttributeId: w.cs('id') }, 'valueMode');
    await invalid(server(), 'POST', criteria, { ...relative, valueMode: null }, 'valueMode');
    await invalid(server(), 'POST', criteria, { ...relative, relativeUnit: 'Fortnights' }, 'relativeUnit');
  });

  it('nests to a limit, and a group goes with all that stands in it', async () => {
    const w = await world(server());
    const path = rulePath(w.into, '/scoping-criteria');
    const top = await server().post(path, {});
    let inner = top;
    for (let depth = 1; depth < 16; depth++) inner = await server().post(`${path}/${inner.id}/child-groups`, { type: 'Any' });
    await invalid(server(), 'POST', `${path}/${inner.id}/child-groups`, {}, 'parentGroupId');
    let seen = await server().get(`${path}/${top.id}`);
    for (let depth = 1; depth < 16; depth++) [seen] = seen.childGroups;
    assert.equal(seen.id, inner.id);
    await server().delete(`${path}/${top.id}`);
    await server().refused('GET', `${path}/${inner.id}`, 404, 'NOT_FOUND');
    await server().refused('GET', rulePath({ id: NO_SUCH_ID }, '/scoping-criteria'), 404, 'NOT_FOUND');
    await invalid(server(), 'POST', path, { type: 'Some' }, 'type');
  });
});

suite('trying expressions (expressions 11)', (server) => {
  const test = async (expression, mvAttributes, csAttributes) => server().post(`${SYNC}/test-expression`, { expression, mvAttributes, csAttributes }, 200);
  const valid = async (expected, type, ...args) => {
    const reply = await test(...args);
    assert.deepEqual(reply, { isValid: true, result: expected, resultType: type, errorMessage: null, errorPosition: null });
  };

  it('answers the examples', async () => {
    const address = 'Lower(cs["givenName"]) + "." + Lower(cs["sn"]) + "@x.io"';
    await valid('ada.lovelace@x.io', 'String', address, {}, { givenName: 'Ada', sn: 'Lovelace' });
    await valid('ada.@x.io', 'String', address, null, { givenName: 'Ada' });
    await valid(512, 'Int32', 'IIF(Eq(mv["Status"], "Active"), 512, 514)', { Status: 'Active' });
    await valid(null, 'null', 'Trim(cs["x"])');
    await valid(['A', 'B'], 'String[]', 'Split(cs["c"], "|")', {}, { c: 'A|B' });
    await valid(true, 'Boolean', '10 > 3 && Eq(mv["D"], "IT")', { D: 'IT' });
    const open = await test('Upper(mv["a"]');
    assert.deepEqual([open.isValid, open.errorPosition, open.result, open.resultType], [false, 13, null, null]);
    const unknown = await test('Mid(mv["a"],1,2)');
    assert.deepEqual([unknown.isValid, unknown.errorPosition], [false, 0]);
    assert.equal((await test('upper("a")')).isValid, false);
  });

  it('reads samples as typed values, by any case of the name, the last one counts', async () => {
    await valid(3, 'Int32', 'mv["n"] + 1', { N: 1, n: 2 });
    await valid(4294967296, 'Int64', 'mv["n"]', { n: 4294967296 });
    await valid(0.25, 'Decimal', 'mv["n"]', { n: 0.25 });
    await valid(false, 'Boolean', 'mv["b"]', { b: false });
    await valid(null, 'null', 'mv["b"]', { b: null });
    await valid(['x', 'y'], 'String[]', 'cs["l"]', {}, { l: ['x', 'y'] });
    await valid(null, 'null', 'mv["userPassword"]', { userPassword: 'x' });
    await server().request('POST', `${SYNC}/test-expression`, { raw: '{"expression":"1","mvAttributes":{"a":1,"a":2}}', expect: 400 });
  });

  it('refuses what is no sample, and a missing expression', async () => {
    for (const mvAttributes of [{ a: {} }, { a: [{}] }, { a: [[]] }]) await invalid(server(), 'POST', `${SYNC}/test-expression`, { expression: '1', mvAttributes }, 'mvAttributes.a');
    await invalid(server(), 'POST', `${SYNC}/test-expression`, { expression: '1', csAttributes: [] }, 'csAttributes');
    for (const expression of [undefined, null, '', ' \t'])
      assert.deepEqual((await invalid(server(), 'POST', `${SYNC}/test-expression`, { expression }, 'expression')).expression, ['Expression is required.']);
  });

  it('tells evaluation errors without a position, and what is too long with one', async () => {
    const failed = await test('1 / 0');
    assert.deepEqual([failed.isValid, failed.errorPosition], [false, null]);
    assert.ok(failed.errorMessage);
    const leak = await test('ToDecimal(mv["secret"]) * 2', { secret: 'hunter2' });
    assert.ok(!JSON.stringify(leak).includes('hunter2'), JSON.stringify(leak));
    const long = await test(`"${'x'.repeat(10001)}"`);
    assert.deepEqual([long.isValid, long.errorPosition !== null], [false, true]);
    assert.equal((await test('('.repeat(10000))).isValid, false);
    assert.equal((await test('System.Diagnostics.Process.Start("cmd")')).isValid, false);
  });
});
