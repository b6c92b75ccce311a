// S7, clearing connector spaces: with and without history, an empty one too; other systems are not touched, and the next import
// adds everything.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cycle, declared, matching, metaverse, pages, people, rule, scenario, space, stateOf, systemPath, told, withRuns } from './scenario.mjs';

scenario('S7: clearing connector spaces', (all) => {
  let server, hr, directory, user;
  const staff = Array.from({ length: 30 }, (_, i) => ({ hrId: `h${i}`, employeeId: `E${i}`, displayName: `Person ${i}`, managerId: i ? 'h0' : '' }));
  const clear = (system, query = '') => server.request('POST', systemPath(system, `/clear${query}`), { expect: 200 });
  const historyOf = (system) => server.get(`/history/connected-systems/${system.id}/count`);

  it('is configured', async () => {
    ({ server } = all);
    ({ user } = await metaverse(server));
    hr = await declared(server, 'HR', 'person = hrId!, employeeId, displayName, managerId:Reference');
    directory = await declared(server, 'Directory', 'user = uid!, cn, manager:Reference');
    await withRuns(server, hr, directory);
    await matching(server, hr, hr.types.person, 'employeeId', user, 'Employee ID');
    await matching(server, directory, directory.types.user, 'uid', user, 'Employee ID');
    await rule(server, hr, hr.types.person, user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'displayName', Manager: 'managerId' });
    await rule(server, directory, directory.types.user, user, 'Export', { uid: 'Employee ID', cn: 'Display Name', manager: 'Manager' });
    hr.put(staff);
    await cycle([hr], [directory]);
    assert.equal(directory.rows().length, 30);
  });

  it('an empty space is cleared, too', async () => {
    const empty = await declared(server, 'Empty', 'person = hrId!');
    await clear(empty);
    assert.deepEqual(await space(server, empty), []);
  });

  it('takes only the objects of that system, and an import brings all of them back to the same identities', async () => {
    const before = await people(server, user), ofDirectory = await space(server, directory), history = await historyOf(hr);
    const state = await stateOf(server, [user], [hr, directory]);
    await clear(hr, '?deleteChangeHistory=false');
    assert.deepEqual(await space(server, hr), []);
    assert.deepEqual(await space(server, directory), ofDirectory);
    assert.deepEqual(Object.values(await people(server, user)).map((p) => p.id).sort(), Object.values(before).map((p) => p.id).sort(), 'nobody is deleted');
    assert.ok(JSON.stringify(await historyOf(hr)) >= JSON.stringify(history));
    assert.deepEqual(await told(server, await hr.delta()), [], 'an empty space has nothing to say, and recalls nothing');
    const again = await hr.import();
    assert.equal(again.executionStats.totalCsoAdds, 30);
    const joined = await told(server, await hr.delta());
    assert.equal(joined.filter((l) => l.endsWith(' Joined')).length, 30, JSON.stringify(joined));
    await cycle([], [directory]);
    const after = await stateOf(server, [user], [hr, directory]);
    /* all that differs is how the objects of the cleared system came to their identities */
    const spoken = (lines) => lines.map((line) => line.replace('; Projected;', '; Joined;'));
    assert.deepEqual(after['HR: space'], spoken(state['HR: space']));
    for (const part of ['User', 'Directory: space', 'Directory: pending', 'Directory: file', 'counts']) assert.deepEqual(after[part], state[part], part);
  });

  it('a target is cleared and claims its accounts again', async () => {
    const file = directory.rows();
    await clear(directory, '?deleteChangeHistory=true');
    assert.deepEqual(await space(server, directory), []);
    assert.deepEqual(directory.rows(), file, 'the system itself is not touched');
    await directory.import();
    await directory.sync();
    await cycle([hr], [directory]);
    assert.deepEqual(directory.rows(), file);
    const joins = (await space(server, directory)).map((o) => o.joinType);
    assert.deepEqual([joins.length, new Set(joins)], [30, new Set(['Joined'])]);
    assert.equal((await pages(server, systemPath(directory, '/pending-exports?'))).length, 0);
  });
});
