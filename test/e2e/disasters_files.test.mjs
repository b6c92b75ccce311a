// What a source may do wrong, and how Joinery and the administrator come through it: each row of docs/disasters.md that is about a
// file, by its name.
import assert from 'node:assert/strict';
import { COLUMNS, disaster, discard, held, PEOPLE, release, staff, unharmed } from './disasters.mjs';
import { csv, cycle, detail, items, pending, people, told } from './scenario.mjs';

const file = (rows, columns = COLUMNS) => csv(columns, rows, 'person');
const HERE = staff(1).length;
/** Both kinds of synchronisation and everything after it, as a schedule would run them on. */
async function goOn(t) {
  for (const run of ['delta', 'sync']) await t.hr[run]();
  await cycle([], [t.directory]);
}
const errorsOf = async (t, run) => {
  const list = await items(t.server, run);
  const messages = new Set();
  for (const item of list.filter((i) => i.errorType).slice(0, 3)) messages.add((await t.server.get(`/activities/${run.id}/items/${item.id}`)).errorMessage);
  return { count: list.filter((i) => i.errorType).length, first: [...messages][0] };
};

disaster('an empty file', async (t) => {
  t.hr.write('');
  assert.match((await t.hr.import('FailedWithError')).errorMessage, /empty/i);
  await goOn(t);
  t.hr.write(file([]));
  const header = await t.hr.import('CompleteWithWarning');
  assert.equal(header.warningMessage, 'The import received no objects, so nothing was marked as deleted.');
  await goOn(t);
  await unharmed(t, 1);
});

disaster('half a file', async (t) => {
  const whole = file(staff(1));
  t.hr.write(whole.slice(0, whole.length / 2)); /* in the middle of a row */
  const run = await t.hr.import('FailedWithError'); /* the only line of this run is an error */
  const { count, first } = await errorsOf(t, run);
  assert.equal(count, 1);
  assert.match(first, /^Row \d+: it has \d fields, but the header has 8\.$/);
  const hold = await held(t.server, { guard: 'ImportDeletions', connectedSystemName: 'HR', objectTypeName: 'person', population: HERE, limitPercent: 10 });
  assert.ok(hold.measured > HERE / 3, hold.measured);
  await goOn(t);
  await unharmed(t, 1);
  t.hr.write(whole.split('\r\n').slice(0, 60).join('\r\n')); /* at the end of one: nothing is wrong with any row */
  await t.hr.import('CompleteWithWarning');
  const later = await held(t.server, { guard: 'ImportDeletions', population: HERE, measured: HERE - 59 });
  assert.notEqual(later.id, hold.id, 'the later hold takes the place of the first');
  await goOn(t);
  await unharmed(t, 1);
  await discard(t.server, later, 'The file was cut off');
  t.hr.put(staff(1));
  await t.hr.import();
  await goOn(t);
  await unharmed(t, 1);
});

/* Whoever forgets a column in the rows or in the header is told so, row by row. Whoever shifts the cells below the header makes rows
 * that look whole: then the types of columns give it away. */
disaster('a file with shifted columns', async (t) => {
  const [header, ...rows] = file(staff(1)).trim().split('\r\n');
  for (const [text, complaint] of [
    [[header.replace('department,', ''), ...rows], 'Row 2: it has 8 fields, but the header has 7.'],
    [[header, ...rows.map((row) => row.replace(/^(\w+,\w+,)/, '$1x,'))], 'Row 2: it has 9 fields, but the header has 8.'],
  ]) {
    t.hr.write(text.join('\r\n'));
    const { count, first } = await errorsOf(t, await t.hr.import('FailedWithError'));
    assert.ok(count > HERE / 2, count);
    assert.equal(first, complaint);
    await goOn(t);
    await unharmed(t, 1);
  }
  const shifted = rows.map((row) => { const [type, id, ...cells] = row.split(','); return [type, ...cells, id].join(','); });
  t.hr.write([header, ...shifted].join('\r\n'));
  await t.hr.import('FailedWithError');
  assert.equal((await pending(t.server, t.directory)).filter((p) => p.startsWith('Delete')).length, 0);
  await unharmed(t, 1);
  t.hr.put(staff(1)); /* what came in under wrong keys is missing in the right file; that is held, too, and this time it is right */
  await t.hr.import('CompleteWithWarning');
  await release(t.server, await held(t.server, { guard: 'ImportDeletions', measured: HERE, population: 2 * HERE }), 'Rows of the shifted file');
  await t.hr.import();
  await goOn(t);
  await unharmed(t, 1);
});

disaster('a renamed key column', async (t) => {
  t.hr.write(file(staff(1)).replace('hrId', 'personId'));
  const run = await t.hr.import('FailedWithError');
  assert.match(run.errorMessage, /lacks the column "hrId", the External ID of the object type "person"/);
  await goOn(t);
  await unharmed(t, 1);
  t.hr.write(file(staff(1)).replace('department', 'dept')); /* a column that is no key keeps its values, too */
  assert.match((await t.hr.import('CompleteWithWarning')).warningMessage, /lacks the columns "department"; the stored values of these attributes were kept/);
  await goOn(t);
  await unharmed(t, 1);
});

/* Every row says that nobody has a department, and a row is believed. What the directory is told may be limited. */
disaster('all departments blank', async (t) => {
  const path = `/synchronisation/connected-systems/${t.directory.id}/safety`;
  await t.server.put(path, { ...(await t.server.get(path)), exportUpdatePercent: 25 });
  t.hr.put(staff(1).map((row) => ({ ...row, department: '' })));
  const { warningMessage } = await t.hr.import('CompleteWithWarning');
  assert.equal(warningMessage, `"department" has become empty on ${HERE} of ${HERE} objects of type 'person'; look at the source before you synchronise.`);
  await t.hr.delta();
  assert.equal((await pending(t.server, t.directory)).length, HERE);
  await t.directory.export('CompleteWithWarning');
  const hold = await held(t.server, { guard: 'ExportUpdates', connectedSystemName: 'Directory', measured: HERE, population: HERE, limitPercent: 25 });
  assert.ok(t.directory.rows().every((row) => row.department), 'nothing was written');
  await discard(t.server, hold, 'The export of the source had lost a column');
  t.hr.put(staff(1));
  await t.hr.import();
  await goOn(t);
  await unharmed(t, 1);
});

/* Joins stand, whatever becomes of the key: nobody is doubled, and no account loses the name by which it is found. */
disaster('a matching key blank for everyone', async (t) => {
  const before = await people(t.server, t.user);
  t.hr.put(staff(1).map((row) => ({ ...row, employeeId: '' })));
  await t.hr.import('CompleteWithWarning');
  assert.equal((await told(t.server, await t.hr.delta())).filter((l) => !l.endsWith(' AttributeFlow')).length, 0);
  assert.deepEqual((await detail(t.server, before['Person 7'])).attributeValues.filter((v) => v.attributeName === 'Employee ID'), []);
  await cycle([], [t.directory]);
  await unharmed(t, 1);
  assert.ok(t.directory.rows().every((row) => /^E\d+$/.test(row.uid)));
  t.hr.put(staff(1));
  await t.hr.import();
  await goOn(t);
  await unharmed(t, 1);
  assert.deepEqual(Object.values(await people(t.server, t.user)).map((p) => p.id).sort(), Object.values(before).map((p) => p.id).sort());
});

/* The file of long ago: who has come since is missing in it, who has gone since is back. Few are believed, many are held. */
disaster('a restored old backup of a source', async (t) => {
  const old = staff(1).filter((_, i) => i % 4 !== 1).map((row) => ({ ...row, department: 'Old' }));
  const ghosts = Array.from({ length: 5 }, (_, i) => ({ hrId: `ghost${i}`, employeeId: `G${i}`, displayName: `Ghost ${i}`, department: 'Old' }));
  t.hr.put([...old, ...ghosts]);
  await t.hr.import('CompleteWithWarning');
  const hold = await held(t.server, { guard: 'ImportDeletions', measured: HERE - old.length, population: HERE });
  await t.hr.sync();
  assert.equal(Object.keys(await people(t.server, t.user)).length, HERE + 5, 'nobody is gone; those of long ago are back');
  assert.equal((await pending(t.server, t.directory)).filter((p) => p.startsWith('Delete')).length, 0);
  await cycle([], [t.directory]);
  await discard(t.server, hold, 'The backup was restored by mistake');
  t.hr.put(staff(1));
  await t.hr.import();
  await goOn(t);
  await unharmed(t, 1);
});

assert.ok(PEOPLE > 100, 'the guards of error rates count from a hundred objects on');
