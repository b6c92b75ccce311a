// S11, the scoping matrix: every operator with every type, alone, in a group of all, in a group of any, and nested: 176 cells.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { declared, metaverse, named, rule, scenario, space, SYNC, withRuns } from './scenario.mjs';

/* Six rows: what each type holds in them; the last holds nothing. `criterion` is compared with. */
const TYPES = {
  text: { field: 'stringValue', criterion: 'Finance', values: ['Finance', 'finance', 'FinancePartners', 'CorporateFinance', 'Sales'] },
  number: { field: 'intValue', criterion: 7, values: [7, -7, 8, 6, 70] },
  long: { field: 'longValue', criterion: 9000000001, values: ['9000000001', '-9000000001', '9000000002', '9000000000', '1'] },
  decimal: { field: 'decimalValue', criterion: 1.5, values: ['1.50', '-1.5', '1.51', '1.49', '15'] },
  date: { field: 'dateTimeValue', criterion: '2026-03-15T00:00:00Z', values: ['2026-03-15', '1900-01-01', '2026-03-15T00:00:00.0000001Z', '2026-03-14T23:59:59Z', '2999-12-31'] },
  flag: { field: 'boolValue', criterion: true, values: ['true', 'false', 'true', 'false', 'false'] },
  guid: { field: 'guidValue', criterion: 'aaaaaaaa-0000-0000-0000-000000000001', values: ['AAAAAAAA-0000-0000-0000-000000000001', 'aaaaaaaa-0000-0000-0000-000000000002', 'aaaaaaaa-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', 'ffffffff-0000-0000-0000-000000000001'] },
};
const SCHEMA = 'row = key!, text, number:Number, long:LongNumber, decimal:Decimal, date:DateTime, flag:Boolean, guid:Guid, side';
const KEYS = ['E1', 'E2', 'E3', 'E4', 'E5', 'E6'];
const ORDERED = { Equals: 'E1', NotEquals: 'E2 E3 E4 E5', GreaterThan: 'E3 E5', GreaterThanOrEquals: 'E1 E3 E5', LessThan: 'E2 E4', LessThanOrEquals: 'E1 E2 E4' };
const LONG = { ...ORDERED, GreaterThan: 'E3', GreaterThanOrEquals: 'E1 E3', LessThan: 'E2 E4 E5', LessThanOrEquals: 'E1 E2 E4 E5' };
/** By type, letter case and operator: who is in scope when the criterion stands alone. */
const MATRIX = {
  text: { Equals: 'E1', NotEquals: 'E2 E3 E4 E5', StartsWith: 'E1 E3', NotStartsWith: 'E2 E4 E5', EndsWith: 'E1 E4', NotEndsWith: 'E2 E3 E5', Contains: 'E1 E3 E4', NotContains: 'E2 E5' },
  'text in any case': { Equals: 'E1 E2', NotEquals: 'E3 E4 E5', StartsWith: 'E1 E2 E3', NotStartsWith: 'E4 E5', EndsWith: 'E1 E2 E4', NotEndsWith: 'E3 E5', Contains: 'E1 E2 E3 E4', NotContains: 'E5' },
  number: ORDERED, long: LONG, decimal: ORDERED, date: ORDERED,
  flag: { Equals: 'E1 E3', NotEquals: 'E2 E4 E5' },
  guid: { Equals: 'E1 E3', NotEquals: 'E2 E4 E5' },
};
/* The second criterion: E1, E2 and E6 are on the left side, E3 to E5 on the right. */
const LEFT = ['E1', 'E2', 'E6'];
const shapes = {
  alone: { groups: (k) => ({ type: 'All', criteria: [k] }), expected: (set) => set },
  'all of two': { groups: (k, left) => ({ type: 'All', criteria: [k, left] }), expected: (set) => set.filter((key) => LEFT.includes(key)) },
  'any of two': { groups: (k, left) => ({ type: 'Any', criteria: [k, left] }), expected: (set) => KEYS.filter((key) => set.includes(key) || LEFT.includes(key)) },
  nested: {
    groups: (k, left, right) => ({ type: 'All', criteria: [], childGroups: [{ type: 'Any', criteria: [k, right] }, { type: 'All', criteria: [left] }] }),
    expected: (set) => KEYS.filter((key) => (set.includes(key) || !LEFT.includes(key)) && LEFT.includes(key)),
  },
};

scenario('S11: the scoping matrix', (all) => {
  let server, system, made, path;
  let cells = 0;

  async function put(group, parent) {
    const { id } = await server.post(parent ? `${path}/${parent}/child-groups` : path, { type: group.type });
    for (const criterion of group.criteria) await server.post(`${path}/${id}/criteria`, criterion);
    for (const child of group.childGroups ?? []) await put(child, id);
    return id;
  }
  /** The keys in scope under this group, by a synchronisation of their system. */
  async function inScope(group) {
    for (const { id } of await server.get(path)) await server.delete(`${path}/${id}`);
    if (group) await put(group);
    await system.sync();
    return (await space(server, system)).filter((o) => o.joinType !== 'NotJoined').map((o) => o.externalIdValue).sort();
  }
  const on = (name, more) => ({ connectedSystemAttributeId: named(system.types.row.attributes, name).id, ...more });

  it('is configured', async () => {
    ({ server } = all);
    const { user } = await metaverse(server);
    system = await declared(server, 'Source', SCHEMA);
    await withRuns(server, system);
    made = await rule(server, system, system.types.row, user, 'Import', { 'Employee ID': 'key' });
    path = `${SYNC}/sync-rules/${made.id}/scoping-criteria`;
    system.put(KEYS.map((key, i) => ({ key, side: LEFT.includes(key) ? 'left' : 'right', ...Object.fromEntries(Object.keys(TYPES).map((t) => [t, TYPES[t].values[i]])) })));
    await system.import();
    assert.deepEqual(await inScope(null), KEYS, 'a rule without groups has everything in scope');
    assert.deepEqual(await inScope({ type: 'Any', criteria: [] }), KEYS, 'an empty group is true');
  });

  for (const [name, operators] of Object.entries(MATRIX)) {
    it(name, async () => {
      const type = name.split(' ')[0], { field, criterion } = TYPES[type];
      for (const [comparisonType, keys] of Object.entries(operators)) {
        const k = on(type, { comparisonType, [field]: criterion, ...(type === 'text' ? { caseSensitive: name === 'text' } : {}) });
        const [left, right] = ['left', 'right'].map((side) => on('side', { comparisonType: 'Equals', stringValue: side }));
        for (const [shape, { groups, expected }] of Object.entries(shapes)) {
          assert.deepEqual(await inScope(groups(k, left, right)), expected(keys.split(' ')), `${name} ${comparisonType}, ${shape}`);
          cells++;
        }
      }
    });
  }

  it('no value is found by Equals with none, and by nothing else', async () => {
    for (const type of Object.keys(TYPES)) {
      assert.deepEqual(await inScope({ type: 'All', criteria: [on(type, { comparisonType: 'Equals' })] }), ['E6'], type);
    }
    assert.deepEqual(await inScope({ type: 'All', criteria: [on('text', { comparisonType: 'NotEquals' })] }), ['E1', 'E2', 'E3', 'E4', 'E5']);
    assert.deepEqual(await inScope({ type: 'All', criteria: [on('number', { comparisonType: 'NotEquals' })] }), []);
  });

  it('several top-level groups are alternatives', async () => {
    const { id } = (await server.get(path))[0];
    await server.delete(`${path}/${id}`);
    for (const value of ['Sales', 'Finance']) await put({ type: 'All', criteria: [on('text', { comparisonType: 'Equals', stringValue: value })] });
    await system.sync();
    assert.deepEqual((await space(server, system)).filter((o) => o.joinType !== 'NotJoined').map((o) => o.externalIdValue).sort(), ['E1', 'E5']);
  });

  it('has 176 cells', () => assert.equal(cells, 176));
});
