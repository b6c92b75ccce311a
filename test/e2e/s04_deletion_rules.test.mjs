// S4, deletion rules: staff and training records feed a directory; who leaves, stays, waits, returns or goes (W44 to W53).
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changeMapping, changeRule, changes, days, declared, detail, matching, metaverse, pending, people, rule, scenario, startWithClock, valuesOf, withRuns } from './scenario.mjs';

const DN = '"CN=" + EscapeDN(mv["Display Name"]) + ",OU=Staff,DC=x"';
const HR = 'person = hrId!, employeeId, displayName, department, title';
const TRAINING = 'trainee = trId!, employeeId, course, title';
const DIRECTORY = 'user = uid!, dn, employeeID, department, course, title';

scenario('S4: deletion rules', (all) => {
  let server, hr, tr, directory, user, out;
  const staff = new Map(), trainees = new Map();
  const one = async (name) => (await people(server, user))[name];

  const deletion = (deletionRule, more = {}) => server.put(`/metaverse/object-types/${user.id}`, {
    deletionRule, deletionGracePeriod: '00:00:00', deletionTriggerMode: 'AllSourcesDisconnect', deletionTriggerConnectedSystemIds: [], ...more });
  const allSources = (systems, more) => deletion('WhenAuthoritativeSourceDisconnected', { deletionTriggerConnectedSystemIds: systems.map((s) => s.id), ...more });

  async function feedStaff() {
    hr.put([...staff.values()]);
    await hr.import();
    return hr.sync();
  }
  async function feedTraining() {
    tr.put([...trainees.values()]);
    await tr.import();
    return tr.sync();
  }
  /** In the staff file, with an account, and in training if told. */
  async function hire(name, { training } = {}) {
    const key = name.toLowerCase();
    staff.set(name, { hrId: `h-${key}`, employeeId: key, displayName: name, department: 'IT', title: 'Boss' });
    await feedStaff();
    if (training) {
      trainees.set(name, { trId: `t-${key}`, employeeId: key, course: 'Safety', title: 'Clerk' });
      await feedTraining();
    }
    await settle();
    return one(name);
  }
  async function settle() {
    await directory.export();
    await directory.import();
    await directory.delta();
    assert.deepEqual(await pending(server, directory), []);
  }
  const leave = async (name) => { staff.delete(name); return feedStaff(); };
  const leaveTraining = async (name) => { trainees.delete(name); return feedTraining(); };
  const marked = async (object) => {
    const { isPendingDeletion, deletionEligibleDate, lastConnectorDisconnectedDate } = await detail(server, object);
    return { isPendingDeletion, deletionEligibleDate, lastConnectorDisconnectedDate };
  };

  it('is configured', async () => {
    ({ server } = all);
    ({ user } = await metaverse(server));
    await server.post('/metaverse/attributes', { name: 'Course', type: 'Text', attributePlurality: 'SingleValued', objectTypeIds: [user.id] });
    hr = await declared(server, 'HR', HR);
    tr = await declared(server, 'Training', TRAINING);
    directory = await declared(server, 'Directory', DIRECTORY);
    await withRuns(server, hr, tr, directory);
    for (const [system, type] of [[hr, hr.types.person], [tr, tr.types.trainee]]) await matching(server, system, type, 'employeeId', user, 'Employee ID');
    await matching(server, directory, directory.types.user, 'employeeID', user, 'Employee ID');
    await rule(server, hr, hr.types.person, user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'displayName', Department: 'department', 'Job Title': 'title' });
    await rule(server, tr, tr.types.trainee, user, 'Import', { Course: 'course', 'Job Title': 'title' }, { projectToMetaverse: false });
    out = await rule(server, directory, directory.types.user, user, 'Export',
      { uid: 'Employee ID', dn: { expression: DN, missingInputBehaviour: 'ContributeNoValue' }, employeeID: 'Employee ID', department: 'Department', course: 'Course', title: 'Job Title' });
    for (const once of ['uid', 'employeeID']) await changeMapping(server, out, once, { initialExportOnly: true });
    trainees.set('Nobody', { trId: 't-0', employeeId: 'nobody' });
    staff.set('Keeper', { hrId: 'h-0', employeeId: 'keeper', displayName: 'Keeper' });
  });

  it('W44: an account keeps the identity; what the source said is recalled, the name in the directory is not touched', async () => {
    await deletion('WhenLastConnectorDisconnected');
    const { id } = await hire('Ann44');
    await leave('Ann44');
    assert.deepEqual(await changes(server, directory, 'ann44'), ['department=', 'title=']);
    assert.equal((await marked({ id })).isPendingDeletion, false);
    await directory.export();
    const { dn, department } = directory.row('ann44');
    assert.deepEqual([dn, department], ['CN=Ann44,OU=Staff,DC=x', undefined]);
    await settle();
  });

  it('the end of a training recalls what the training said, and nothing else', async () => {
    const ann = await hire('Ann', { training: true });
    assert.equal(directory.row('ann').course, 'Safety');
    await leaveTraining('Ann');
    assert.deepEqual(await changes(server, directory, 'ann'), ['course=']);
    assert.deepEqual(await valuesOf(server, ann, 'Job Title'), [{ value: 'Boss', by: 'HR' }]);
    await settle();
    assert.deepEqual(directory.row('ann'), { objectType: 'user', uid: 'ann', dn: 'CN=Ann,OU=Staff,DC=x', employeeID: 'ann', department: 'IT', title: 'Boss' });
  });

  it('W45: without the authoritative source the identity goes, and its account', async () => {
    await allSources([hr]);
    await changeRule(server, out, { outboundDeprovisionAction: 'Delete' });
    await hire('Ann45');
    const run = await leave('Ann45');
    assert.equal(await one('Ann45'), undefined);
    assert.deepEqual([run.executionStats.totalDisconnections, await pending(server, directory)], [1, ['Delete ann45 Pending']]);
    await settle();
    assert.equal(directory.row('ann45'), undefined);
  });

  it('W46: or only the identity', async () => {
    await changeRule(server, out, { outboundDeprovisionAction: 'Disconnect' });
    await hire('Ann46');
    await leave('Ann46');
    assert.equal(await one('Ann46'), undefined);
    assert.deepEqual(await pending(server, directory), []);
    await settle();
    assert.equal(directory.row('ann46').department, 'IT', 'the account stays as it was');
  });

  it('W47: an account that was there before goes like one that was provisioned', async () => {
    await changeRule(server, out, { outboundDeprovisionAction: 'Delete' });
    directory.put([...directory.rows(), { uid: 'by-hand', dn: 'CN=Ann47', employeeID: 'ann47' }]);
    await directory.import();
    await hire('Ann47');
    assert.deepEqual(directory.row('by-hand'), { objectType: 'user', uid: 'by-hand', dn: 'CN=Ann47,OU=Staff,DC=x', employeeID: 'ann47', department: 'IT', title: 'Boss' });
    await leave('Ann47');
    assert.deepEqual(await pending(server, directory), ['Delete by-hand Pending']);
    await settle();
    assert.equal(directory.row('by-hand'), undefined);
  });

  it('W48: in the grace period the values are frozen, and another source steps in', async () => {
    await allSources([hr], { deletionGracePeriod: '7.00:00:00' });
    for (const name of ['Ann48', 'Ann49', 'Ann50', 'Ann51']) await hire(name, { training: true });
    const [ann, , , back] = await Promise.all(['Ann48', 'Ann49', 'Ann50', 'Ann51'].map(one));
    const at = server.clock.now();
    for (const name of ['Ann48', 'Ann49', 'Ann50', 'Ann51']) staff.delete(name);
    await feedStaff();
    const { isPendingDeletion, deletionEligibleDate, lastConnectorDisconnectedDate } = await marked(ann);
    assert.equal(isPendingDeletion, true);
    assert.ok(new Date(lastConnectorDisconnectedDate) - at < 60_000);
    assert.equal(new Date(deletionEligibleDate) - new Date(lastConnectorDisconnectedDate), days(7) * 1000);
    assert.deepEqual(await valuesOf(server, ann, 'Department'), [{ value: 'IT', by: 'HR' }]);
    assert.deepEqual(await valuesOf(server, ann, 'Job Title'), [{ value: 'Clerk', by: 'Training' }]);
    assert.deepEqual(await changes(server, directory, 'ann48'), ['title=Clerk']);
    await settle();
    assert.deepEqual(await server.get('/metaverse/pending-deletions/summary'), { totalCount: 4, awaitingGracePeriodCount: 0, deprovisioningCount: 4, readyForDeletionCount: 0 });
    /* W51 */
    await server.clock.pass(days(2));
    staff.set('Ann51', { hrId: 'h-again', employeeId: 'ann51', displayName: 'Ann51', department: 'Law', title: 'Boss' });
    await feedStaff();
    assert.deepEqual([(await one('Ann51')).id, (await marked(back)).isPendingDeletion], [back.id, false]);
    assert.deepEqual(await valuesOf(server, back, 'Job Title'), [{ value: 'Boss', by: 'HR' }]);
    await settle();
    assert.deepEqual([directory.row('ann51').department, directory.row('ann51').title], ['Law', 'Boss']);
  });

  it('W49: a shortened grace period holds at once', async () => {
    assert.ok(await one('Ann49'));
    await allSources([hr], { deletionGracePeriod: '3.00:00:00' });
    await server.clock.pass(days(0.5));
    assert.ok(await one('Ann49'), 'two and a half of three days');
    /* W50: and no period, once the rule says that a human decides */
    await deletion('Manual');
    await server.clock.pass(days(1));
    assert.ok(await one('Ann50'));
    assert.equal((await marked(await one('Ann50'))).isPendingDeletion, false);
    await allSources([hr], { deletionGracePeriod: '3.00:00:00' });
    await server.clock.pass(120);
    const left = Object.keys(await people(server, user)).filter((n) => /^Ann(48|49|50|51)$/.test(n));
    assert.deepEqual(left, ['Ann51']);
    assert.deepEqual(await pending(server, directory), ['Delete ann48 Pending', 'Delete ann49 Pending', 'Delete ann50 Pending']);
    const { items: [activity] } = await server.get('/activities?targetType=MetaverseObjectHousekeeping');
    assert.deepEqual([activity.status, activity.initiatedByType], ['Complete', 'System']);
    const graves = (await server.get('/history/deleted-objects/mvo')).items.filter((o) => /^Ann/.test(o.displayName));
    assert.ok(graves.length >= 3 && graves.every((o) => o.initiatedByType === 'ApiKey' && o.initiatedByName === 'Test'), '12.7: theirs whose run scheduled it');
    await settle();
  });

  it('operations 18.3: what is held outlives its grace period, also when its sources leave again or the period is taken away', async () => {
    await allSources([hr], { deletionGracePeriod: '7.00:00:00' });
    const holly = await hire('Holly');
    await leave('Holly');
    const path = `/metaverse/pending-deletions/${holly.id}`;
    assert.equal((await server.post(`${path}/hold`, undefined, 200)).decision, 'Held');
    await server.clock.pass(days(8));
    assert.equal((await marked(await one('Holly'))).isPendingDeletion, true);
    await hire('Holly');
    assert.equal((await marked(await one('Holly'))).isPendingDeletion, false);
    await leave('Holly');
    assert.equal((await server.get('/metaverse/pending-deletions')).items.find((o) => o.id === holly.id).decision, null, 'who has returned begins anew');
    await server.post(`${path}/hold`, undefined, 200);
    await allSources([hr]);
    await server.clock.pass(61);
    assert.ok(await one('Holly'));
    await server.post(`${path}/release`, undefined, 200);
    await server.clock.pass(61);
    assert.equal(await one('Holly'), undefined);
    await settle();
  });

  it('W52: all of two sources', async () => {
    await allSources([hr, tr], { deletionGracePeriod: '7.00:00:00' });
    const ann = await hire('Ann52', { training: true });
    await leaveTraining('Ann52');
    assert.equal((await marked(ann)).isPendingDeletion, false);
    await leave('Ann52');
    assert.equal((await marked(ann)).isPendingDeletion, true);
    const { items } = await server.get('/metaverse/pending-deletions');
    assert.equal(items.find((i) => i.id === ann.id).deletionTriggeredBySystemName, 'HR');
  });

  it('W53: only the one whose leaving decided can take it back', async () => {
    await allSources([hr, tr], { deletionGracePeriod: '7.00:00:00', deletionTriggerMode: 'SpecificSourcesDisconnect' });
    const ann = await hire('Ann53', { training: true });
    const [row, trainee] = [staff.get('Ann53'), trainees.get('Ann53')];
    await leave('Ann53');
    await leaveTraining('Ann53');
    staff.set('Ann53', row);
    await feedStaff();
    assert.equal((await marked(ann)).isPendingDeletion, true);
    assert.equal((await one('Ann53')).id, ann.id);
    trainees.set('Ann53', trainee);
    await feedTraining();
    assert.equal((await marked(ann)).isPendingDeletion, false);
  });

  it('W55: an identity of our own is never deleted and never marked, whatever the rule', async () => {
    await allSources([hr]);
    const { id } = await hire('Ann55');
    await leave('Ann55');
    await settle();
    assert.equal(await one('Ann55'), undefined);
    await server.post(`/history/deleted-objects/mvo/${id}/restore`, undefined, 200); // its origin is Internal from now on
    /* It keeps what HR said, so that the row finds it again. */
    await server.put(`/synchronisation/connected-systems/${hr.id}/object-types/${hr.types.person.id}`, { removeContributedAttributesOnObsoletion: false });
    const week = { deletionGracePeriod: '7.00:00:00' };
    const rules = {
      'last connector': () => deletion('WhenLastConnectorDisconnected'),
      'last connector, after a week': () => deletion('WhenLastConnectorDisconnected', week),
      'all sources': () => allSources([hr]),
      'all sources, after a week': () => allSources([hr], week),
      'one of the sources': () => allSources([hr, tr], { deletionTriggerMode: 'SpecificSourcesDisconnect' }),
      manual: () => deletion('Manual'),
    };
    for (const [name, set] of Object.entries(rules)) {
      await set();
      assert.equal((await hire('Ann55')).id, id, `${name}: joined`);
      const run = await leave('Ann55');
      assert.equal(run.executionStats.totalDisconnections, 1, name);
      const { isPendingDeletion, lastConnectorDisconnectedDate } = await marked({ id });
      assert.deepEqual([isPendingDeletion, lastConnectorDisconnectedDate], [false, null], name);
      await server.clock.pass(days(8));
      assert.equal((await detail(server, { id })).id, id, name);
    }
  });
}, { start: startWithClock });
