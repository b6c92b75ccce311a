// S1, HR to a directory: joiner, mover, leaver, a name that changes and with it the distinguished name; and that a second cycle
// finds nothing to do.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changes, cycle, declared, metaverse, pending, people, rule, scenario, space, told, withRuns } from './scenario.mjs';

const DN = '"CN=" + EscapeDN(mv["Display Name"]) + ",OU=" + mv["Department"] + ",DC=x"';
const HR = 'person = hrId!, employeeId, displayName, department, title, managerId:Reference';
const DIRECTORY = 'user = uid!, dn, cn, department, title, manager:Reference';
const ann = { hrId: 'h1', employeeId: 'E1', displayName: 'Ann Lee', department: 'IT', title: 'Clerk', managerId: 'h2' };
const bob = { hrId: 'h2', employeeId: 'E2', displayName: 'Roe, Bob', department: 'IT', title: 'Boss' };
const cid = { hrId: 'h3', employeeId: 'E3', displayName: 'Cid "C" Óg', department: 'Sales', managerId: 'h2' };

scenario('S1: HR to a directory', (all) => {
  let hr, directory, user;

  /** A second cycle without any change in the source: no items, no pending exports, the file as it was. */
  async function settled() {
    const before = directory.rows(), spaces = [await space(all.server, hr), await space(all.server, directory)];
    for (const run of await cycle([hr], [directory])) {
      assert.deepEqual(await told(all.server, run), [], `${run.targetName} has nothing to do`);
      const { totalCsoAdds, totalCsoUpdates, totalCsoDeletes, totalProjections, totalJoins, totalAttributeFlows, totalExported } = run.executionStats;
      assert.equal([totalCsoAdds, totalCsoUpdates, totalCsoDeletes, totalProjections, totalJoins, totalAttributeFlows, totalExported].filter(Boolean).length, 0, JSON.stringify(run.executionStats));
    }
    assert.deepEqual(await pending(all.server, directory), []);
    assert.deepEqual(directory.rows(), before);
    assert.deepEqual([await space(all.server, hr), await space(all.server, directory)], spaces, 'not even a time of change moves');
  }

  it('is configured', async () => {
    const { server } = all;
    ({ user } = await metaverse(server));
    hr = await declared(server, 'HR', HR);
    directory = await declared(server, 'Directory', DIRECTORY);
    await withRuns(server, hr, directory);
    await server.put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [hr.id] });
    await rule(server, hr, hr.types.person, user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'displayName', Department: 'department', 'Job Title': 'title', Manager: 'managerId' });
    await rule(server, directory, directory.types.user, user, 'Export', { uid: { expression: 'Lower(mv["Employee ID"])' }, dn: { expression: DN }, cn: 'Display Name', department: 'Department', title: 'Job Title', manager: 'Manager' },
      { outboundDeprovisionAction: 'Delete' });
  });

  it('joiners get accounts, with their references', async () => {
    hr.put([ann, bob]);
    await hr.import();
    assert.deepEqual(await told(all.server, await hr.sync()), ['Ann Lee Projected', 'Roe, Bob Projected']);
    assert.deepEqual(await pending(all.server, directory), ['Create Ann Lee Pending', 'Create Roe, Bob Pending']);
    assert.deepEqual(directory.rows(), [], 'nothing is written before the export');
    await directory.export();
    assert.deepEqual(directory.rows().sort((a, b) => a.uid.localeCompare(b.uid)), [
      { objectType: 'user', uid: 'e1', dn: 'CN=Ann Lee,OU=IT,DC=x', cn: 'Ann Lee', department: 'IT', title: 'Clerk', manager: 'e2' },
      { objectType: 'user', uid: 'e2', dn: 'CN=Roe\\, Bob,OU=IT,DC=x', cn: 'Roe, Bob', department: 'IT', title: 'Boss' },
    ]);
    await directory.import();
    assert.deepEqual(await pending(all.server, directory), [], 'the import confirms');
    await directory.delta();
    await settled();
  });

  it('a mover changes only what moved, and is renamed', async () => {
    hr.put([{ ...ann, department: 'Law', displayName: 'Ann Poe', title: '' }, bob]);
    await hr.import();
    assert.deepEqual(await told(all.server, await hr.delta()), ['Ann Poe AttributeFlow']);
    assert.deepEqual(await changes(all.server, directory, 'e1'), ['cn=Ann Poe', 'department=Law', 'dn=CN=Ann Poe,OU=Law,DC=x', 'title=']);
    await cycle([hr], [directory], 'delta');
    assert.deepEqual(directory.row('e1'), { objectType: 'user', uid: 'e1', dn: 'CN=Ann Poe,OU=Law,DC=x', cn: 'Ann Poe', department: 'Law', manager: 'e2' });
    await settled();
  });

  it('a leaver loses the account, and whoever referred to it the reference', async () => {
    hr.put([{ ...ann, displayName: 'Ann Poe', department: 'Law', title: '', managerId: '' }, cid]);
    await hr.import();
    const run = await hr.delta();
    assert.ok((await told(all.server, run)).some((t) => t === 'Roe, Bob Disconnected'), JSON.stringify(await told(all.server, run)));
    assert.deepEqual(Object.keys(await people(all.server, user)).sort(), ['Ann Poe', 'Cid "C" Óg']);
    assert.equal(directory.rows().length, 2, 'the account is there until the export');
    await cycle([], [directory]);
    assert.deepEqual(directory.rows().map((r) => [r.uid, r.cn, r.manager]).sort(), [['e1', 'Ann Poe', undefined], ['e3', 'Cid "C" Óg', undefined]]);
    await settled();
  });
});
