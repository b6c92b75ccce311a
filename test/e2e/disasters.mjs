// A town of people with accounts, in the harshest configuration that there is: who leaves the staff file is deleted at once, with the
// account. Two servers of it live the same life; one of them meets a disaster. docs/disasters.md is the table.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { TestServer } from '../api/harness.mjs';
import { assertSameState, pause } from './pipeline.mjs';
import { csv, cycle, declared, fileSystem, matching, metaverse, pages, pending, people, rule, stateOf, withRuns } from './scenario.mjs';

export const PEOPLE = 120;
export const COLUMNS = ['hrId', 'employeeId', 'displayName', 'department', 'title', 'startDate', 'managerId'];

/** The staff in its state of this version: people join, move and leave between versions, few at a time. */
export function staff(version) {
  const there = (i) => (i >= 3 || version < 2 + i) && (i < PEOPLE - 3 || version > PEOPLE - i - 1);
  const row = (i) => ({
    hrId: `h${i}`, employeeId: `E${i}`, displayName: `Person ${i}`, department: `Team ${(i + (i % 40 === version ? version : 0)) % 12}`,
    title: i % 10 ? 'Clerk' : `Boss v${version}`, startDate: `20${10 + (i % 15)}-03-15T00:00:00Z`, managerId: i < 10 ? '' : `h${5 + (i % 5)}`,
  });
  return Array.from({ length: PEOPLE }, (_, i) => i).filter(there).map(row);
}

/** Systems, rules and runs of a town that has lived through version 1. */
export async function town(server) {
  const { user } = await metaverse(server);
  const t = { server, user };
  await source(t);
  t.directory = await declared(server, 'Directory', 'user = uid!, cn, department, title, manager:Reference');
  await withRuns(server, t.directory);
  await matching(server, t.directory, t.directory.types.user, 'uid', user, 'Employee ID');
  t.out = await rule(server, t.directory, t.directory.types.user, user, 'Export', { uid: 'Employee ID', cn: 'Display Name', department: 'Department', title: 'Job Title', manager: 'Manager' },
    { name: 'Accounts', outboundDeprovisionAction: 'Delete' });
  await live(t, 1);
  return t;
}

/** The staff system and what hangs on it, also when it has to be made again. */
export async function source(t) {
  t.hr = await fileSystem(t.server, { name: 'HR', rows: csv(COLUMNS, staff(1), 'person'), types: { person: { id: 'hrId', references: ['managerId'] } } });
  t.hr.put = (rows) => t.hr.write(csv(COLUMNS, rows, 'person'));
  t.hr.write = (text) => writeFileSync(t.hr.file, text);
  await withRuns(t.server, t.hr);
  await matching(t.server, t.hr, t.hr.types.person, 'employeeId', t.user, 'Employee ID');
  t.into = await rule(t.server, t.hr, t.hr.types.person, t.user, 'Import', { 'Employee ID': 'employeeId', 'Display Name': 'displayName', Department: 'department', 'Job Title': 'title', 'Employee Start Date': 'startDate', Manager: 'managerId' },
    { name: 'Staff' });
  await t.server.put(`/metaverse/object-types/${t.user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [t.hr.id] });
}

/** An ordinary day: the staff file of this version, and all runs. */
export async function live(t, version, synchronisation = 'sync') {
  t.hr.put(staff(version));
  await cycle([t.hr], [t.directory], synchronisation);
  assert.equal(t.directory.rows().length, staff(version).length);
}

/** What must not have changed while nobody was looking: identities, accounts, nothing waiting. */
export async function unharmed(t, version) {
  assert.equal(Object.keys(await people(t.server, t.user)).length, staff(version).length, 'all identities are there');
  assert.deepEqual(await pending(t.server, t.directory), [], 'nothing waits to be written');
  assert.equal(t.directory.rows().length, staff(version).length, 'all accounts are there');
}

export const holds = (server, status = 'Held') => pages(server, `/holds?status=${status}&`);

/** The one open hold, with these figures. */
export async function held(server, expected) {
  const found = await holds(server);
  assert.equal(found.length, 1, JSON.stringify(found));
  const shown = Object.fromEntries(Object.keys(expected).map((name) => [name, found[0][name]]));
  assert.deepEqual(shown, expected);
  return found[0];
}
export const discard = (server, hold, reason = 'A mistake of the source') => server.post(`/holds/${hold.id}/discard`, { reason }, 200);

/** Lets happen what was held, and waits for it. */
export async function release(server, hold, reason) {
  const { activityId } = await server.post(`/holds/${hold.id}/release`, { reason }, 202);
  for (let tries = 0; tries < 600; tries++) {
    const { status } = await server.get(`/activities/${activityId}`);
    if (status === 'Complete') return;
    assert.equal(status, 'InProgress');
    await pause(50);
  }
  assert.fail('the release does not end');
}

/** Two towns; `body` gives the disaster to the victim and brings it back. Then both live on, and must be alike. `alike` rewrites
 * lines in which the two may rightly differ. */
export function disaster(name, body, { start = () => TestServer.start(), alike = (line) => line } = {}) {
  describe(`disaster: ${name}`, () => {
    const victim = {}, twin = {};
    before(async () => {
      for (const one of [victim, twin]) {
        one.server = await start();
        Object.assign(one, await town(one.server));
      }
    });
    after(async () => {
      for (const { server } of [victim, twin]) {
        try {
          await server?.close();
        } finally {
          server?.remove();
        }
      }
    });
    it('is survived', () => body(victim, twin));
    it('ends like the life of a town that it did not meet', async () => {
      for (const one of [victim, twin]) for (const version of [2, 3]) await live(one, version, version === 2 ? 'delta' : 'sync');
      const [actual, expected] = await Promise.all([victim, twin].map((one) => stateOf(one.server, [one.user], [one.hr, one.directory])));
      const words = (state) => Object.fromEntries(Object.entries(state).map(([part, lines]) => [part, lines.map((l) => (typeof l === 'string' ? alike(l) : l)).sort()]));
      assertSameState(words(actual), words(expected));
    });
  });
}
