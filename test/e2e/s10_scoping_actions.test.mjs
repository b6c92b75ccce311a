// S10, scoping actions: what leaves a scope is disconnected, kept or deleted, and can come back (W74 to W78). A delete stands as a
// pending export before any export runs.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changeRule, changes, cycle, declared, detail, matching, metaverse, pending, people, rule, scenario, scope, space, SYNC, told, withRuns } from './scenario.mjs';

scenario('S10: scoping actions', (all) => {
  let server, hr, directory, user, into, out, bosses;
  const staff = new Map();
  const person = (name, more = {}) => staff.set(name, { ...(staff.get(name) ?? { hrId: name, employeeId: name, displayName: name, department: 'Finance', title: 'Clerk' }), ...more });
  async function feed() {
    hr.put([...staff.values()]);
    await hr.import();
    return hr.sync();
  }
  const one = async (name) => Object.values(await people(server, user)).find((p) => p.attributes['Employee ID'] === name || p.displayName === name);
  const account = async (name) => (await space(server, directory)).find((o) => (o.externalIdValue ?? o.pendingExternalId) === name);
  const settle = () => cycle([], [directory]);
  async function employed(name, more) {
    person(name, { department: 'Finance', ...more });
    await feed();
    await settle();
    assert.equal(directory.row(name)?.uid, name);
    return one(name);
  }

  it('is configured', async () => {
    ({ server } = all);
    ({ user } = await metaverse(server));
    hr = await declared(server, 'HR', 'person = hrId!, employeeId, displayName, department, title');
    directory = await declared(server, 'Directory', 'user = uid!, cn, department, title');
    await withRuns(server, hr, directory);
    await matching(server, hr, hr.types.person, 'employeeId', user, 'Employee ID');
    await matching(server, directory, directory.types.user, 'uid', user, 'Employee ID');
    into = await rule(server, hr, hr.types.person, user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'displayName', Department: 'department', 'Job Title': 'title' });
    out = await rule(server, directory, directory.types.user, user, 'Export', { uid: 'Employee ID', cn: 'Display Name', department: 'Department' });
    await scope(server, out, 'All', [['Department', 'Equals', { stringValue: 'Finance' }]]);
    person('Keeper');
    await feed();
    await settle();
  });

  it('W74: out of an export scope with Disconnect the account stays, alone; back in scope it is claimed again', async () => {
    const { id } = await employed('Ann74');
    person('Ann74', { department: 'Sales' });
    await feed();
    assert.deepEqual(await pending(server, directory), []);
    assert.equal((await account('Ann74')).joinType, 'NotJoined');
    assert.equal((await one('Ann74')).id, id);
    await settle();
    assert.equal(directory.row('Ann74').department, 'Finance');
    person('Ann74', { department: 'Finance', displayName: 'Ann Again' });
    await feed();
    assert.equal((await account('Ann74')).joinType, 'Joined');
    assert.deepEqual(await pending(server, directory), ['Update Ann Again Pending']);
    await settle();
    assert.equal(directory.rows().filter((r) => r.uid === 'Ann74').length, 1);
    assert.equal(directory.row('Ann74').cn, 'Ann Again');
  });

  it('W75: with Delete a pending export stands before any export; who returns in time keeps the account', async () => {
    await changeRule(server, out, { outboundDeprovisionAction: 'Delete' });
    const { id } = await employed('Ann75');
    person('Ann75', { department: 'Sales' });
    await feed();
    assert.deepEqual(await pending(server, directory), ['Delete Ann75 Pending']);
    assert.ok(directory.row('Ann75'), 'nothing has been written yet');
    assert.equal((await account('Ann75')).joinType, 'Provisioned');
    person('Ann75', { department: 'Finance' });
    await feed();
    assert.deepEqual(await pending(server, directory), []);
    assert.equal((await account('Ann75')).joinType, 'Provisioned');
    person('Ann75', { department: 'Sales' });
    await feed();
    await settle();
    assert.equal(directory.row('Ann75'), undefined);
    assert.deepEqual([(await one('Ann75')).id, await account('Ann75')], [id, undefined]);
    person('Ann75', { department: 'Finance' });
    await feed();
    assert.deepEqual(await pending(server, directory), ['Create Ann75 Pending']);
    await settle();
  });

  it('W76: another rule that still holds keeps the account', async () => {
    bosses = await rule(server, directory, directory.types.user, user, 'Export', { uid: 'Employee ID', title: 'Job Title' }, { outboundDeprovisionAction: 'Delete' });
    await scope(server, bosses, 'All', [['Job Title', 'Equals', { stringValue: 'Boss' }]]);
    await employed('Ann76', { title: 'Boss' });
    person('Ann76', { department: 'Sales' });
    await feed();
    assert.deepEqual(await pending(server, directory), []);
    assert.equal((await account('Ann76')).joinType, 'Provisioned');
    person('Ann76', { title: 'Clerk' });
    await feed();
    assert.deepEqual(await pending(server, directory), ['Delete Ann76 Pending']);
    await settle();
    assert.equal(directory.row('Ann76'), undefined);
    await changeRule(server, bosses, { enabled: false });
  });

  it('W77: out of an import scope with Disconnect the values are recalled, and the row stays', async () => {
    await changeRule(server, out, { outboundDeprovisionAction: 'Disconnect' });
    await server.put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenLastConnectorDisconnected' });
    const every = await server.get(`${SYNC}/sync-rules/${out.id}/scoping-criteria`);
    for (const group of every) await server.delete(`${SYNC}/sync-rules/${out.id}/scoping-criteria/${group.id}`);
    await settle();
    await scope(server, into, 'All', [['department', 'Equals', { stringValue: 'Finance' }]], hr.types.person);
    for (const name of staff.keys()) if (name !== 'Keeper') staff.delete(name);
    await feed();
    await settle();
    const { id } = await employed('Ann77');
    person('Ann77', { department: 'Sales' });
    const lines = await told(server, await feed());
    assert.ok(lines.some((l) => l === 'Ann77 DisconnectedOutOfScope'), JSON.stringify(lines));
    const row = (await space(server, hr)).find((o) => o.externalIdValue === 'Ann77');
    assert.deepEqual([row.status, row.joinType], ['Normal', 'NotJoined']);
    assert.deepEqual(await changes(server, directory, 'Ann77'), ['cn=', 'department=']);
    assert.deepEqual((await detail(server, { id })).attributeValues, []);
    await settle();
    assert.deepEqual(directory.row('Ann77'), { objectType: 'user', uid: 'Ann77' });
  });

  it('W78: with RemainJoined everything stays as it was', async () => {
    await changeRule(server, into, { inboundOutOfScopeAction: 'RemainJoined' });
    const { id } = await employed('Ann78');
    person('Ann78', { department: 'Sales', title: 'Boss' });
    const lines = await told(server, await feed());
    assert.ok(lines.includes('Ann78 OutOfScopeRetainJoin'), JSON.stringify(lines));
    const values = (await detail(server, { id })).attributeValues.map((v) => `${v.attributeName}=${v.stringValue}`).sort();
    assert.deepEqual(values, ['Department=Finance', 'Display Name=Ann78', 'Employee ID=Ann78', 'Job Title=Clerk']);
    assert.deepEqual(await pending(server, directory), []);
    person('Ann78', { department: 'Finance' });
    await feed();
    assert.ok((await detail(server, { id })).attributeValues.some((v) => v.stringValue === 'Boss'), 'back in scope the title flows');
  });
});
