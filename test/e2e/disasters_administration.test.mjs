// What an administrator or a machine may do wrong, and how one comes through it: each row of docs/disasters.md that is not about a
// file, by its name.
import assert from 'node:assert/strict';
import { disaster, discard, held, holds, live, source, staff, unharmed } from './disasters.mjs';
import { changeRule, cycle, days, hours, pending, people, scope, startWithClock, SYNC, systemPath, told } from './scenario.mjs';

const HERE = staff(1).length;
const tail = (t) => cycle([], [t.directory]);
const dropScope = async (t, made) => {
  for (const { id } of await t.server.get(`${SYNC}/sync-rules/${made.id}/scoping-criteria`)) await t.server.delete(`${SYNC}/sync-rules/${made.id}/scoping-criteria/${id}`);
};

disaster('a scope criterion mistyped', async (t) => {
  const group = await scope(t.server, t.out, 'All', [['Department', 'StartsWith', { stringValue: 'Taem' }]]);
  await t.hr.sync('CompleteWithWarning');
  const out = await held(t.server, { guard: 'Disconnects', connectedSystemName: 'HR', limitPercent: 10 });
  assert.ok((await pending(t.server, t.directory)).length <= HERE / 10);
  await tail(t);
  assert.ok(t.directory.rows().length >= HERE * 0.9, 'at most a tenth of the accounts is gone');
  await t.server.put(`${SYNC}/sync-rules/${t.out.id}/scoping-criteria/${group.id}/criteria/${(await t.server.get(`${SYNC}/sync-rules/${t.out.id}/scoping-criteria`))[0].criteria[0].id}`, { comparisonType: 'StartsWith', stringValue: 'Team' });
  await discard(t.server, out, 'The criterion was misspelt');
  await t.hr.sync();
  await tail(t);
  await unharmed(t, 1);
  await dropScope(t, t.out);
  /* the same on the way in */
  await scope(t.server, t.into, 'All', [['department', 'Equals', { stringValue: 'Team' }]], t.hr.types.person);
  await t.hr.sync('CompleteWithWarning');
  const into = await held(t.server, { guard: 'Disconnects', connectedSystemName: 'HR', objectTypeName: 'person', population: HERE, limitPercent: 10 });
  await tail(t);
  assert.ok(Object.keys(await people(t.server, t.user)).length >= HERE * 0.9);
  assert.ok(t.directory.rows().length >= HERE * 0.9);
  await dropScope(t, t.into);
  await discard(t.server, into, 'The criterion was to be a beginning');
  await t.hr.sync();
  await tail(t);
  await unharmed(t, 1);
});

disaster('a rule disabled', async (t) => {
  await changeRule(t.server, t.out, { enabled: false });
  await t.hr.sync();
  await tail(t);
  await unharmed(t, 1);
  await changeRule(t.server, t.out, { enabled: true });
  await changeRule(t.server, t.into, { enabled: false });
  t.hr.put(staff(1).slice(1));
  await t.hr.import();
  await t.hr.delta();
  await tail(t);
  t.hr.put(staff(1));
  await t.hr.import();
  await t.hr.sync();
  assert.equal(Object.keys(await people(t.server, t.user)).length >= HERE - 1, true);
  await tail(t);
  assert.ok(t.directory.rows().length >= HERE - 1);
  await changeRule(t.server, t.into, { enabled: true });
  await t.hr.sync();
  await tail(t);
  await unharmed(t, 1);
});

disaster('a connected system deleted', async (t) => {
  const foretold = await t.server.get(systemPath(t.hr, '/deletion-preview'));
  assert.deepEqual([foretold.connectedSystemObjectCount, foretold.joinedMvoCount], [HERE, HERE]);
  const before = await people(t.server, t.user);
  await t.server.delete(`${systemPath(t.hr)}?changeReason=The+wrong+one`, 200);
  await tail(t);
  await unharmed(t, 1);
  await t.server.clock.pass(hours(2));
  await tail(t);
  assert.ok(t.directory.rows().length >= HERE * 0.9, 'at most a tenth of the accounts is gone');
  for (const hold of await holds(t.server)) await discard(t.server, hold, 'The system is made again');
  await source(t);
  await live(t, 1);
  await tail(t);
  await unharmed(t, 1);
  const after = await people(t.server, t.user);
  assert.ok(Object.values(before).filter((p) => after[p.displayName].id === p.id).length >= HERE * 0.9, 'they are the same identities');
}, { start: startWithClock, alike: (line) => line.replace('; Projected;', '; Joined;') });

disaster('a clock that jumps', async (t) => {
  await t.server.put(`/metaverse/object-types/${t.user.id}`, { deletionGracePeriod: '30.00:00:00' });
  const leavers = staff(1).slice(0, 3);
  t.hr.put(staff(1).slice(3));
  await t.hr.import();
  await t.hr.sync();
  assert.equal(await t.server.get('/metaverse/pending-deletions/count'), 3);
  /* a year ahead: nobody is deleted for that */
  t.server.clock.jump(days(365));
  await t.server.clock.pass(hours(0.9));
  await t.server.clock.pass(60);
  await tail(t);
  assert.equal(await t.server.get('/metaverse/pending-deletions/count'), 3);
  assert.deepEqual(t.directory.rows().length, HERE);
  /* runs go on meanwhile, under the wrong date */
  t.hr.put(staff(1).slice(3).map((row) => ({ ...row, title: 'In the future' })));
  await t.hr.import();
  await t.hr.delta();
  await t.hr.sync();
  await tail(t);
  assert.ok(t.directory.row('E20').title === 'In the future');
  /* and back again, by more than a year: whatever changes is seen, by delta and by full synchronisations */
  t.server.clock.jump(-days(400));
  t.hr.put(staff(1).slice(3).map((row) => ({ ...row, title: 'In the past' })));
  await t.hr.import();
  assert.equal((await told(t.server, await t.hr.delta())).length, HERE - 3);
  await tail(t);
  assert.equal(t.directory.row('E20').title, 'In the past');
  await changeRule(t.server, t.out, { description: 'changed in the past' });
  await scope(t.server, t.out, 'All', [['Display Name', 'NotEquals', { stringValue: 'Person 20' }]]);
  await t.hr.sync();
  await tail(t);
  assert.equal(t.directory.row('E20'), undefined, 'a rule changed in the past holds');
  await dropScope(t, t.out);
  await t.hr.sync();
  await tail(t);
  /* the clock is right again */
  t.server.clock.jump(days(35));
  t.hr.put([...leavers, ...staff(1).slice(3)]);
  await t.hr.import();
  await t.hr.delta();
  await tail(t);
  assert.equal(await t.server.get('/metaverse/pending-deletions/count'), 0);
  await t.server.put(`/metaverse/object-types/${t.user.id}`, { deletionGracePeriod: '00:00:00' });
  await unharmed(t, 1);
}, { start: startWithClock, alike: (line) => line.replace('; Projected;', '; Joined;') });
