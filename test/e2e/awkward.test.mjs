// What real data brings along: names that mean something to a file or a database, keys that are almost equal, references in circles,
// two people with one name, who leaves and returns, and keys that change.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cycle, declared, detail, items, matching, metaverse, pending, people, rule, scenario, space, startWithClock, told, valuesOf, withRuns } from './scenario.mjs';

const authoritative = (server, type, ...systems) => server.put(`/metaverse/object-types/${type.id}`, {
  deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: systems.map((s) => s.id) });

/** HR with matching by employeeId unless told otherwise, and a directory whose accounts are named by `uid`. */
async function office(server, { uid = 'mv["Employee ID"]', match = true } = {}) { /* one a server, unless their keys differ */
  const { user } = await metaverse(server);
  const n = (await server.get('/synchronisation/connected-systems?pageSize=100')).totalCount;
  const hr = await declared(server, `HR ${n}`, 'person = hrId!, employeeId, displayName, department, managerId:Reference');
  const directory = await declared(server, `Directory ${n}`, 'user = uid!, cn, department, manager:Reference');
  await withRuns(server, hr, directory);
  if (match) await matching(server, hr, hr.types.person, 'employeeId', user, 'Employee ID');
  if (match) await matching(server, directory, directory.types.user, 'uid', user, 'Employee ID');
  const into = await rule(server, hr, hr.types.person, user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'displayName', Department: 'department', Manager: 'managerId' });
  const out = await rule(server, directory, directory.types.user, user, 'Export', { uid: { expression: uid }, cn: 'Display Name', department: 'Department', manager: 'Manager' }, { outboundDeprovisionAction: 'Delete' });
  await authoritative(server, user, hr);
  const profiles = await server.get(`/synchronisation/connected-systems/${directory.id}/run-profiles`);
  /** Export, import and synchronisation of the directory, whatever they say; and time for what is to be tried again. */
  const round = async () => {
    const runs = [];
    for (const type of ['Export', 'FullImport', 'DeltaSynchronisation']) runs.push(await server.run(directory.id, profiles.find((p) => p.runType === type).id));
    await server.clock?.pass(200);
    return runs;
  };
  return { server, user, hr, directory, into, out, round };
}
const person = (n, more = {}) => ({ hrId: `h${n}`, employeeId: `E${n}`, displayName: `Person ${n}`, ...more });
const feed = async (o, rows) => { o.hr.put(rows); await o.hr.import(); return o.hr.sync(); };
const settle = (o) => cycle([], [o.directory]);
async function restsWith(o, rows) {
  await settle(o);
  for (const run of await cycle([o.hr], [o.directory])) assert.deepEqual(await told(o.server, run), [], `${run.targetContext} ${run.targetName}`);
  assert.deepEqual(await pending(o.server, o.directory), []);
  if (rows) assert.deepEqual(o.directory.rows().map((r) => [r.uid, r.cn]).sort(), rows.sort());
}

scenario('awkward names', (all) => {
  it('come through a file, a database and a file again as they were', async () => {
    const o = await office(all.server);
    const names = ['O\'Neil; DROP TABLE cso;--', '"quoted", and comma', 'line\nbreak\r\nand more', 'x|y', '<b>&amp;</b>', '%_%', '\\', '{0} $1 ?', '日本語 – ｆｕｌｌ', 'e\u0301 and \u00e9', '🙂\u200d', ' leading', '=1+1', 'null', '00123', '1e5', 'TRUE', 'ﬁ ß İ ı'];
    await feed(o, names.map((displayName, i) => person(i, { displayName })));
    const found = await people(o.server, o.user);
    assert.deepEqual(Object.keys(found).sort(), names.slice().sort());
    await restsWith(o);
    assert.deepEqual(o.directory.rows().map((r) => r.cn).sort(), names.slice().sort());
    for (const name of names) {
      const { items: hits } = await o.server.get(`/metaverse/objects?search=${encodeURIComponent(name)}&objectTypeId=${o.user.id}`);
      assert.ok(hits.some((h) => h.displayName === name), `${name} is found among ${hits.map((h) => h.displayName)}`);
    }
  });
});

scenario('keys that are almost equal', (all) => {
  it('are one where letter case alone differs, and the database agrees with the reader', async () => {
    const o = await office(all.server, { match: false });
    const run = async (keys, status) => {
      o.hr.put(keys.map((hrId, i) => ({ hrId, employeeId: `${hrId}${i}`, displayName: hrId })));
      return told(o.server, await o.hr.import(status));
    };
    const added = async (keys, status) => (await run(keys, status)).filter((l) => l.endsWith(' Added')).length;
    const doubled = async (keys) => (await run(keys, 'CompleteWithWarning').catch(() => run(keys, 'FailedWithError'))).filter((l) => l.endsWith('!DuplicateObject')).length;
    assert.equal(await added(['Straße', 'STRASSE', 'STRASSE ']), 3, 'one character folds to one; a blank is a character');
    assert.equal(await doubled(['x', 'Maße', 'MAßE', 'masse']), 2);
    assert.equal(await doubled(['x', '\u212A', 'k']), 2, 'the sign of Kelvin is a k');
    assert.equal(await doubled(['x', 'İ', 'i', 'I', 'ı']), 2, 'I is i; the Turkish letters are their own');
    assert.equal(await doubled(['x', 'Σ', 'σ', 'ς']), 3, 'a sigma is a sigma');
    assert.equal(await added(['a\u0301', '\u00e1']), 2, 'no normal form is assumed');
    assert.equal((await space(o.server, o.hr)).every((object) => object.externalIdValue.length > 0), true);
  });
});

scenario('empty and blank cells', (all) => {
  it('are no values; a row without a key is refused, and nobody is merged by nothing', async () => {
    const o = await office(all.server);
    o.hr.put([person(1), { hrId: '', employeeId: 'E2', displayName: 'Keyless' }, { hrId: '   ', employeeId: 'E3', displayName: 'Blank' }, { hrId: 'h4', displayName: 'Four' }, { hrId: 'h5', employeeId: '   ', displayName: 'Five' }, { hrId: 'h6', employeeId: ' ', displayName: '  ' }]);
    const run = await o.hr.import('CompleteWithWarning');
    const refused = (await items(o.server, run)).filter((i) => i.errorType === 'MissingExternalIdAttributeValue').length;
    assert.ok(refused >= 1);
    const sync = await o.hr.sync();
    assert.equal((await told(o.server, sync)).filter((l) => l.endsWith(' Projected')).length, 6 - refused);
  });
});

scenario('references in circles', (all) => {
  it('resolve, are written, and are taken away when one of the circle goes', async () => {
    const o = await office(all.server);
    const rows = [person(1, { managerId: 'h2' }), person(2, { managerId: 'h3' }), person(3, { managerId: 'h1' }), person(4, { managerId: 'h4' })];
    await feed(o, rows);
    await restsWith(o);
    assert.deepEqual(o.directory.rows().map((r) => `${r.uid}>${r.manager}`).sort(), ['E1>E2', 'E2>E3', 'E3>E1', 'E4>E4']);
    await feed(o, [rows[0], { ...rows[1] }, rows[3]].map((r) => (r.managerId === 'h3' ? { ...r, managerId: '' } : r)));
    await restsWith(o);
    assert.deepEqual(o.directory.rows().map((r) => `${r.uid}>${r.manager}`).sort(), ['E1>E2', 'E2>undefined', 'E4>E4']);
    await feed(o, [rows[0], { ...rows[1], managerId: '' }]);
    await restsWith(o);
    assert.equal(o.directory.rows().length, 2);
  });
});

scenario('a group nested in itself', (all) => {
  it('is a group like others: members come and go, circles of groups too', async () => {
    const { server } = all, { group } = await metaverse(server);
    const hr = await declared(server, 'Groups', 'group = id!, name, members:Reference[]'), directory = await declared(server, 'Directory', 'team = cn!, label, member:Reference[]');
    await withRuns(server, hr, directory);
    await server.post('/metaverse/attributes', { name: 'Circle', type: 'Reference', attributePlurality: 'MultiValued', objectTypeIds: [group.id] });
    await server.post('/metaverse/attributes', { name: 'Key', type: 'Text', attributePlurality: 'SingleValued', objectTypeIds: [group.id] });
    await rule(server, hr, hr.types.group, group, 'Import', { Key: 'id', 'Display Name': 'name', Circle: 'members' });
    await rule(server, directory, directory.types.team, group, 'Export', { cn: 'Key', label: 'Display Name', member: 'Circle' }, { outboundDeprovisionAction: 'Delete' });
    await authoritative(server, group, hr);
    const o = { server, hr, directory };
    const members = () => directory.rows().map((r) => `${r.cn}>${(r.member ?? '').split('|').sort().join('+')}`).sort();
    await feed(o, [{ id: 'a', name: 'A', members: ['a', 'b', 'c', 'a'] }, { id: 'b', name: 'B', members: ['a', 'c'] }, { id: 'c', name: 'C', members: ['c'] }]);
    await settle(o);
    assert.deepEqual(members(), ['a>a+b+c', 'b>a+c', 'c>c']);
    await feed(o, [{ id: 'a', name: 'A', members: ['a', 'b'] }, { id: 'b', name: 'B', members: ['a'] }]);
    await settle(o);
    assert.deepEqual(members(), ['a>a+b', 'b>a']);
    await feed(o, [{ id: 'b', name: 'B', members: ['b'] }]);
    await settle(o);
    assert.deepEqual(members(), ['b>b']);
    for (const run of await cycle([hr], [directory])) assert.deepEqual(await told(server, run), []);
  });
});

scenario('two people with one name', (all) => {
  it('do not write over each other\'s account when the name is the key', async () => {
    const o = await office(all.server, { uid: 'Lower(Replace(mv["Display Name"], " ", "."))', match: false });
    await feed(o, [person(1, { displayName: 'Ann Lee', department: 'First' })]);
    await settle(o);
    await feed(o, [person(1, { displayName: 'Ann Lee', department: 'First' }), person(2, { displayName: 'Ann Lee', department: 'Second' })]);
    const [refused] = await items(o.server, await o.directory.export('FailedWithError'));
    assert.deepEqual([refused.objectChangeType, refused.errorType], ['Exported', 'InvalidGeneratedExternalId']);
    assert.deepEqual(o.directory.rows().map((r) => [r.uid, r.department]), [['ann.lee', 'First']]);
    await o.directory.import();
    assert.deepEqual(o.directory.rows().map((r) => [r.uid, r.department]), [['ann.lee', 'First']]);
    await feed(o, [person(1, { displayName: 'Ann Lee', department: 'First' }), person(2, { displayName: 'Ann Poe', department: 'Second' })]);
    await restsWith(o, [['ann.lee', 'Ann Lee'], ['ann.poe', 'Ann Poe']]);
  });

  it('nor when both are new', async () => {
    const o = await office(all.server, { uid: 'Lower(mv["Display Name"])', match: false });
    await feed(o, [person(11, { displayName: 'Bob', department: 'First' }), person(12, { displayName: 'BOB', department: 'Second' }), person(13, { displayName: 'Cid' })]);
    const [run] = await o.round();
    assert.equal(run.status, 'CompleteWithWarning');
    const [bob, cid] = o.directory.rows().sort((a, b) => a.uid.localeCompare(b.uid));
    assert.deepEqual([bob.uid, cid.uid, o.directory.rows().length], ['bob', 'cid', 2]);
    assert.equal(bob.cn === 'Bob' ? 'First' : 'Second', bob.department, 'the row is of one of them alone');
    await o.round();
    assert.deepEqual(o.directory.row('bob'), bob);
  });
});

for (const match of [true, false]) {
  scenario(`who leaves and returns, ${match ? 'found by a matching rule' : 'without one'}`, (all) => {
    const rows = [person(1, { managerId: 'h2' }), person(2)];
    let o;
    for (const [when, steps] of [['before anything was written', []], ['after the account was deleted', ['export']], ['after that was confirmed', ['export', 'import', 'delta']]]) {
      it(`${when}, has one account in the end`, async () => {
        o ??= await office(all.server, { match });
        await feed(o, rows);
        await settle(o);
        await feed(o, [rows[1]]);
        for (const step of steps) await o.directory[step]();
        await feed(o, rows);
        for (let n = 0; n < 2; n++) await o.round();
        await restsWith(o, [['E1', 'Person 1'], ['E2', 'Person 2']]);
        assert.equal(o.directory.row('E1').manager, 'E2');
      });
    }
  }, { start: startWithClock });
}

for (const match of [true, false]) {
  scenario('keys that change in the source', (all) => {
    it(match ? 'are the same person by a matching rule' : 'are another person without one, who has the account in the end', async () => {
      const o = await office(all.server, { match });
      await feed(o, [person(1), person(2, { managerId: 'h1' })]);
      await settle(o);
      const before = (await people(o.server, o.user))['Person 1'];
      await feed(o, [person(1, { hrId: 'new' }), person(2, { managerId: 'new' })]);
      for (let n = 0; n < 2; n++) await o.round();
      await restsWith(o, [['E1', 'Person 1'], ['E2', 'Person 2']]);
      assert.equal(o.directory.row('E2').manager, 'E1');
      assert.equal((await people(o.server, o.user))['Person 1'].id === before.id, match);
    });
  }, { start: startWithClock });
}

scenario('keys that change in the target', (all) => {
  it('rename the account, which stays the same object', async () => {
    const o = await office(all.server, { match: false });
    await feed(o, [person(1), person(2, { managerId: 'h1' })]);
    await settle(o);
    const [before] = (await space(o.server, o.directory)).filter((s) => s.externalIdValue === 'E1');
    await feed(o, [person(1, { employeeId: 'X1' }), person(2, { managerId: 'h1' })]);
    const [, read] = await o.round();
    assert.equal(read.status, 'CompleteWithWarning', 'the file still names the manager as he was called');
    assert.equal(o.directory.row('E2').manager, 'E1');
    await restsWith(o, [['X1', 'Person 1'], ['E2', 'Person 2']]);
    assert.equal(o.directory.row('E2').manager, 'X1', 'the next export has put that right');
    const [after] = (await space(o.server, o.directory)).filter((s) => s.externalIdValue === 'X1');
    assert.equal(after.id, before.id);
    await feed(o, [person(1, { employeeId: 'E2' }), person(2, { employeeId: 'X1', managerId: 'h1' })]);
    await o.round();
    assert.deepEqual(o.directory.rows().map((r) => [r.uid, r.cn]).sort(), [['E2', 'Person 2'], ['X1', 'Person 1']], 'an exchange of keys is refused, not guessed');
  });
});

scenario('two rules that write one attribute', (all) => {
  it('come to rest: the later rule has the word, and nothing goes back and forth', async () => {
    const o = await office(all.server);
    await rule(o.server, o.directory, o.directory.types.user, o.user, 'Export', { cn: { expression: '"Also " + mv["Display Name"]' } }, { provisionToConnectedSystem: true, outboundDeprovisionAction: 'Delete' });
    await feed(o, [person(1)]);
    await restsWith(o, [['E1', 'Also Person 1']]);
    await feed(o, [person(1, { displayName: 'Changed' })]);
    await restsWith(o, [['E1', 'Also Changed']]);
    await o.directory.sync();
    assert.deepEqual(await pending(o.server, o.directory), []);
  });
});

scenario('one person in two sources', (all) => {
  it('is one identity, whoever comes first, also when both come at once and when one leaves and returns', async () => {
    const { server } = all, { user } = await metaverse(server);
    const [a, b] = [await declared(server, 'A', 'person = id!, employeeId, name'), await declared(server, 'B', 'person = id!, employeeId, name')];
    await withRuns(server, a, b);
    for (const s of [a, b]) {
      await matching(server, s, s.types.person, 'employeeId', user, 'Employee ID', { caseSensitive: false });
      await rule(server, s, s.types.person, user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'name' });
    }
    a.put([{ id: '1', employeeId: 'e1', name: 'Ann of A' }]);
    b.put([{ id: '7', employeeId: 'E1', name: 'Ann of B' }]);
    await Promise.all([a.import(), b.import()]);
    await Promise.all([a.sync(), b.sync()]);
    let all_ = Object.values(await people(server, user));
    assert.equal(all_.length, 1);
    assert.deepEqual(await valuesOf(server, all_[0], 'Display Name'), [{ value: 'Ann of A', by: 'A' }]);
    a.put([{ id: '2', employeeId: 'e2', name: 'Other' }]);
    await a.import();
    await a.sync();
    assert.deepEqual(await valuesOf(server, all_[0], 'Display Name'), [{ value: 'Ann of B', by: 'B' }]);
    assert.deepEqual(await valuesOf(server, all_[0], 'Employee ID'), [{ value: 'E1', by: 'B' }]);
    a.put([{ id: '1', employeeId: 'e1', name: 'Ann of A' }, { id: '2', employeeId: 'e2', name: 'Other' }]);
    await a.import();
    await a.delta();
    const back = await detail(server, all_[0]);
    assert.equal(back.connectedSystemObjects.length, 2);
    assert.deepEqual(await valuesOf(server, all_[0], 'Display Name'), [{ value: 'Ann of A', by: 'A' }]);
    all_ = Object.values(await people(server, user));
    assert.equal(all_.length, 2);
  });
});
