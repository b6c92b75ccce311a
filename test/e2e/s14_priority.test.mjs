// S14, priority of sources: two directories say what somebody is, one of them better (W33 to W43), with a freeze in the grace period
// and a name in the target that always has something to be made of.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changeRule, changes, cycle, declared, detail, mappingOf, matching, metaverse, pending, people, rule, scenario, scope, space, told, valuesOf, withRuns } from './scenario.mjs';

const DN = '"CN=" + EscapeDN(Coalesce(mv["Display Name"], mv["Employee ID"])) + ",OU=Staff,DC=x"';
const SCHEMA = 'person = pid!, employeeId, displayName, title, phones[], boss:Reference';

scenario('S14: priority', (all) => {
  let server, p, s, target, user, rules, attribute;
  const rows = { p: new Map(), s: new Map() };
  const one = async (key) => Object.values(await people(server, user)).find((m) => m.attributes['Employee ID'] === key);
  const system = (name) => ({ p, s })[name];
  /** What a system says about somebody from now on (null: nothing any more); it is imported and synchronised. */
  async function says(name, key, more) {
    if (more === null) rows[name].delete(key);
    else rows[name].set(key, { pid: `${name}-${key}`, employeeId: key, ...more });
    system(name).put([...rows[name].values()]);
    await system(name).import();
    return system(name).sync();
  }
  const title = async (key) => valuesOf(server, await one(key), 'Job Title');
  const order = async (name, ...names) => server.put(`/metaverse/attributes/${attribute(name).id}/priorities/${user.id}`, {
    contributors: await Promise.all(names.map(async (n) => ({ mappingId: (await mappingOf(server, rules[n], name)).id, nullIsValue: false }))) });
  const nullIsValue = async (name, value) => server.patch(`/synchronisation/sync-rules/${rules[name].id}/mappings/${(await mappingOf(server, rules[name], 'Job Title')).id}`, { nullIsValue: value });
  const settle = () => cycle([], [target]);

  it('is configured', async () => {
    ({ server } = all);
    ({ user, attribute } = await metaverse(server));
    await server.post('/metaverse/attributes', { name: 'Lines', type: 'Text', attributePlurality: 'MultiValued', objectTypeIds: [user.id] });
    ({ attribute } = await metaverse(server));
    p = await declared(server, 'P', SCHEMA);
    s = await declared(server, 'S', SCHEMA);
    target = await declared(server, 'Target', 'user = uid!, dn, title, phones[]');
    await withRuns(server, p, s, target);
    rules = {};
    for (const one of [p, s]) {
      await matching(server, one, one.types.person, 'employeeId', user, 'Employee ID');
      rules[one.name] = await rule(server, one, one.types.person, user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'displayName', 'Job Title': 'title', Lines: 'phones' });
    }
    await matching(server, target, target.types.user, 'uid', user, 'Employee ID');
    await rule(server, target, target.types.user, user, 'Export', { uid: 'Employee ID', dn: { expression: DN }, title: 'Job Title', phones: 'Lines' });
    for (const [name, at] of [['p', 'E0'], ['s', 'E0']]) await says(name, at, { displayName: 'Keeper' });
  });

  it('W33, W34: the better source wins when it joins, and the worse one cannot change that', async () => {
    await says('s', 'E1', { title: 'Clerk' });
    assert.deepEqual(await title('E1'), [{ value: 'Clerk', by: 'S' }]);
    await says('p', 'E1', { title: 'Boss' });
    assert.deepEqual(await title('E1'), [{ value: 'Boss', by: 'P' }]);
    await settle();
    assert.deepEqual(await told(server, await says('s', 'E1', { title: 'Chief' })), []);
    assert.deepEqual(await title('E1'), [{ value: 'Boss', by: 'P' }]);
  });

  it('W36: when it has nothing to say any more the other is heard in the same run', async () => {
    await says('p', 'E1', {});
    assert.deepEqual(await title('E1'), [{ value: 'Chief', by: 'S' }]);
    await settle();
    assert.equal(target.row('E1').title, 'Chief');
  });

  it('W35: equal values change hands without an export', async () => {
    await says('p', 'E1', { title: 'Chief' });
    await settle();
    assert.deepEqual(await title('E1'), [{ value: 'Chief', by: 'P' }]);
    await says('p', 'E1', null);
    assert.deepEqual(await title('E1'), [{ value: 'Chief', by: 'S' }]);
    assert.deepEqual(await pending(server, target), []);
  });

  it('W37, W40: null is a value only of a source that knows the person', async () => {
    await nullIsValue('P', true);
    await says('p', 'E1', { title: 'Boss' });
    await settle();
    await says('p', 'E1', {});
    assert.deepEqual(await changes(server, target, 'E1'), ['title=']);
    assert.deepEqual((await one('E1')).attributes['Job Title'] ?? null, null);
    await says('s', 'E40', { title: 'Clerk' });
    assert.deepEqual(await title('E40'), [{ value: 'Clerk', by: 'S' }]);
    await nullIsValue('P', false);
    await settle();
  });

  it('W38, W39: sets are taken whole, and succeeded whole', async () => {
    for (const [key, sequence] of [['E38', ['p', 's']], ['E39', ['s', 'p']]]) {
      const phones = { p: ['1', '2'], s: ['3', '2'] };
      for (const name of sequence) await says(name, key, { phones: phones[name] });
      assert.deepEqual((await valuesOf(server, await one(key), 'Lines')).map((v) => `${v.value} ${v.by}`).sort(), ['1 P', '2 P']);
      await settle();
      await says('p', key, null);
      assert.deepEqual((await valuesOf(server, await one(key), 'Lines')).map((v) => `${v.value} ${v.by}`).sort(), ['2 S', '3 S']);
      assert.deepEqual(await changes(server, target, key), ['phones+=3', 'phones-=1']);
      await settle();
      assert.deepEqual(target.row(key).phones.split('|').sort(), ['2', '3']);
    }
  });

  it('W41: a new order holds when an object is next processed', async () => {
    await says('p', 'E41', { title: 'Boss' });
    await says('s', 'E41', { title: 'Clerk' });
    await order('Job Title', 'S', 'P');
    await s.delta();
    assert.deepEqual(await title('E41'), [{ value: 'Boss', by: 'P' }]);
    await s.sync();
    assert.deepEqual(await title('E41'), [{ value: 'Clerk', by: 'S' }]);
    await order('Job Title', 'P', 'S');
    await p.sync();
    assert.deepEqual(await title('E41'), [{ value: 'Boss', by: 'P' }]);
  });

  it('W42: a rule for some persons may rank before, another of the same system behind', async () => {
    rules.special = await rule(server, p, p.types.person, user, 'Import', { 'Job Title': { expression: '"VIP " + cs["title"]' } }, { projectToMetaverse: false });
    await scope(server, rules.special, 'All', [['employeeId', 'Equals', { stringValue: 'E4' }]], p.types.person);
    await order('Job Title', 'special', 'S', 'P');
    for (const key of ['E4', 'E5']) for (const name of ['p', 's']) await says(name, key, { title: name.toUpperCase() });
    assert.deepEqual([await title('E4'), await title('E5')], [[{ value: 'VIP P', by: 'P' }], [{ value: 'S', by: 'S' }]]);
    await changeRule(server, rules.special, { enabled: false });
    await order('Job Title', 'P', 'S', 'special');
    await p.sync();
    assert.deepEqual(await title('E4'), [{ value: 'P', by: 'P' }]);
  });

  it('W43: a disabled rule gives way', async () => {
    await changeRule(server, rules.P, { enabled: false });
    await s.sync();
    assert.deepEqual(await title('E41'), [{ value: 'Clerk', by: 'S' }]);
    await changeRule(server, rules.P, { enabled: true });
    await p.sync();
    assert.deepEqual(await title('E41'), [{ value: 'Boss', by: 'P' }]);
    await settle();
  });

  it('the target\'s name falls back, and is never made of nothing', async () => {
    await says('p', 'E7', { displayName: 'Ann P' });
    await says('s', 'E7', { displayName: 'Ann S' });
    await settle();
    assert.equal(target.row('E7').dn, 'CN=Ann P,OU=Staff,DC=x');
    await says('p', 'E7', {});
    await settle();
    assert.equal(target.row('E7').dn, 'CN=Ann S,OU=Staff,DC=x');
    await says('s', 'E7', {});
    await settle();
    assert.equal(target.row('E7').dn, 'CN=E7,OU=Staff,DC=x');
    assert.ok(target.rows().every((r) => /^CN=.+,OU=Staff,DC=x$/.test(r.dn)));
  });

  it('values without another source are frozen in the grace period, others are succeeded', async () => {
    await server.put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [p.id], deletionGracePeriod: '30.00:00:00' });
    await says('p', 'E8', { displayName: 'Bob P', title: 'Boss', phones: ['1'] });
    await says('s', 'E8', { title: 'Clerk' });
    await settle();
    const before = await one('E8');
    await says('p', 'E8', null);
    const left = await detail(server, before);
    assert.equal(left.isPendingDeletion, true);
    assert.deepEqual(left.attributeValues.map((v) => `${v.attributeName}=${v.stringValue} ${v.contributedBySystemName}`).sort(), ['Display Name=Bob P P', 'Employee ID=E8 S', 'Job Title=Clerk S', 'Lines=1 P']);
    assert.deepEqual(await changes(server, target, 'E8'), ['title=Clerk']);
    await says('p', 'E8', { displayName: 'Bob P', title: 'Boss', phones: ['1'] });
    const back = await detail(server, before);
    assert.deepEqual([back.isPendingDeletion, (await title('E8'))], [false, [{ value: 'Boss', by: 'P' }]]);
    assert.deepEqual(await pending(server, target), []);
    assert.equal((await space(server, p)).filter((o) => o.joinType === 'NotJoined').length, 0);
  });
});
