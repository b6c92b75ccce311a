// S5, matching: projection, join, refused duplicates, the second matching rule, conflicts, letter case, and accounts that exist.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changes, declared, detail, items, matching, metaverse, pending, people, rule, scenario, space, systemPath, told, withRuns } from './scenario.mjs';

scenario('S5: matching', (all) => {
  let server, hr, payroll, directory, user, first;
  const person = (n, more) => ({ hrId: `h${n}`, employeeId: `E${n}`, displayName: `Person ${n}`, ...more });
  const spaceOf = async (system) => Object.fromEntries((await space(server, system)).map((o) => [o.externalIdValue ?? o.pendingExternalId, o]));
  const count = async () => Object.keys(await people(server, user)).length;

  it('is configured', async () => {
    ({ server } = all);
    ({ user } = await metaverse(server));
    hr = await declared(server, 'HR', 'person = hrId!, employeeId, displayName, mail');
    payroll = await declared(server, 'Payroll', 'payee = payId!, staffNumber, mail, iban');
    directory = await declared(server, 'Directory', 'user = uid!, employeeID, cn');
    await withRuns(server, hr, payroll, directory);
    await matching(server, hr, hr.types.person, 'employeeId', user, 'Employee ID');
    first = await matching(server, payroll, payroll.types.payee, 'staffNumber', user, 'Employee ID');
    await matching(server, payroll, payroll.types.payee, 'mail', user, 'Email', { caseSensitive: false });
    await matching(server, directory, directory.types.user, 'employeeID', user, 'Employee ID');
    await rule(server, hr, hr.types.person, user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'displayName', Email: 'mail' });
    await rule(server, payroll, payroll.types.payee, user, 'Import', { 'Job Title': 'iban' }, { projectToMetaverse: false });
    payroll.put([{ payId: 'p0', staffNumber: 'nobody' }]);
  });

  it('projects who is new', async () => {
    hr.put([person(1, { mail: 'One@x' }), person(2, { mail: 'two@x' }), person(3)]);
    await hr.import();
    assert.deepEqual(await told(server, await hr.sync()), ['Person 1 Projected', 'Person 2 Projected', 'Person 3 Projected']);
    assert.deepEqual(await told(server, await hr.sync()), []);
    assert.equal((await spaceOf(hr)).h1.joinType, 'Projected');
  });

  it('joins by the first rule, by the second when the first finds nothing, and not at all otherwise', async () => {
    payroll.put([{ payId: 'p1', staffNumber: 'E1', mail: 'two@x' }, { payId: 'p2', staffNumber: 'X2', mail: 'TWO@X' }, { payId: 'p3', staffNumber: 'e3' }, { payId: 'p4' }]);
    await payroll.import();
    assert.deepEqual(await told(server, await payroll.sync()), ['p1 Joined', 'p2 Joined']);
    const objects = await spaceOf(payroll), all = await people(server, user);
    assert.equal(Object.keys(all).length, 3);
    for (const [key, name] of [['p1', 'Person 1'], ['p2', 'Person 2']]) {
      assert.ok((await detail(server, all[name])).connectedSystemObjects.some((c) => c.displayName === key), `${key} is ${name}`);
      assert.equal(objects[key].joinType, 'Joined');
    }
    for (const key of ['p3', 'p4']) assert.equal(objects[key].joinType, 'NotJoined', `${key}: letter case counts, and nothing matches nothing`);
  });

  it('the letter case counts as the rule says', async () => {
    await server.put(systemPath(payroll, `/matching-rules/${first.id}`), { caseSensitive: false });
    assert.deepEqual(await told(server, await payroll.sync()), ['p3 Joined']);
  });

  it('refuses rows with the same key, whoever comes first', async () => {
    const before = await count();
    hr.put([person(1, { mail: 'One@x' }), person(2, { displayName: 'Second' }), person(3), person(3, { displayName: 'Third', hrId: 'H3' }), person(9), person(9, { displayName: 'Nine' })]);
    const run = await hr.import('CompleteWithWarning');
    assert.deepEqual((await items(server, run)).map((i) => [i.externalIdValue, i.objectChangeType, i.errorType]).sort(),
      [['H3', 'NotSet', 'DuplicateObject'], ['h2', 'Updated', null], ['h3', 'NotSet', 'DuplicateObject'], ['h9', 'NotSet', 'DuplicateObject'], ['h9', 'NotSet', 'DuplicateObject']]);
    await hr.sync();
    assert.equal(await count(), before, 'nobody is projected, nobody is gone');
    assert.equal((await spaceOf(hr)).h3.status, 'Normal');
  });

  it('does not take a join: across runs, and within a page', async () => {
    hr.put([person(1, { mail: 'One@x' }), person(2), person(3), person(1, { hrId: 'again', displayName: 'Thief' }), person(7), person(7, { hrId: 'h7b', displayName: 'Twin' })]);
    await hr.import();
    const run = await hr.sync('CompleteWithWarning');
    const lines = await told(server, run);
    assert.equal(lines.filter((l) => l.endsWith('!CouldNotJoinDueToExistingJoin')).length, 2, JSON.stringify(lines));
    assert.ok(lines.includes('Thief NotSet!CouldNotJoinDueToExistingJoin'));
    assert.equal(await count(), 4);
    const objects = await spaceOf(hr);
    assert.deepEqual([objects.h1.joinType, objects.again.joinType, [objects.h7.joinType, objects.h7b.joinType].sort()], ['Projected', 'NotJoined', ['NotJoined', 'Projected']]);
    assert.deepEqual((await told(server, await hr.sync('FailedWithError'))).length, 2, 'it stays an error until somebody decides');
    hr.put([person(2), person(3), person(1, { hrId: 'again', displayName: 'Heir' }), person(7)]);
    await hr.import();
    const decided = await told(server, await hr.sync());
    assert.ok(decided.includes('Heir Joined'), JSON.stringify(decided));
  });

  it('does not guess between two, inbound or outbound', async () => {
    payroll.put([{ payId: 'p1', staffNumber: 'E1', mail: 'two@x' }, { payId: 'p5', mail: 'same@x' }]);
    hr.put([person(1, { hrId: 'again' }), person(2, { mail: 'same@x' }), person(3, { mail: 'SAME@x' }), person(7)]);
    await hr.import();
    await hr.sync();
    await payroll.import();
    assert.ok((await told(server, await payroll.sync('CompleteWithWarning'))).includes('p5 NotSet!AmbiguousMatch'));
    assert.equal((await spaceOf(payroll)).p5.joinType, 'NotJoined');
  });

  it('claims accounts that exist, and provisions the others', async () => {
    directory.put([{ uid: 'old1', employeeID: 'E1', cn: 'By hand' }, { uid: 'two', employeeID: 'E2' }, { uid: 'zwei', employeeID: 'E2' }, { uid: 'other', employeeID: 'E99', cn: 'Other' }]);
    await directory.import();
    await rule(server, directory, directory.types.user, user, 'Export', { uid: { expression: '"u" + mv["Employee ID"]' }, cn: 'Display Name' });
    await server.put(`/synchronisation/sync-rules/${(await server.get('/synchronisation/sync-rules?pageSize=100')).items.find((r) => r.direction === 'Export').id}`, { name: 'Accounts' });
    const run = await hr.sync('CompleteWithWarning');
    assert.deepEqual((await items(server, run)).filter((i) => i.errorType).map((i) => [i.displayName, i.errorType]), [['Person 2', 'AmbiguousMatch']]);
    assert.deepEqual(await pending(server, directory), ['Create Person 3 Pending', 'Create Person 7 Pending', 'Update Person 1 Pending']);
    assert.deepEqual(await changes(server, directory, 'old1'), ['cn=Person 1', 'uid=uE1']);
    assert.equal((await spaceOf(directory)).old1.joinType, 'Joined');
    await directory.export();
    assert.deepEqual(directory.rows().map((r) => r.uid).sort(), ['other', 'two', 'uE1', 'uE3', 'uE7', 'zwei']);
  });
});
