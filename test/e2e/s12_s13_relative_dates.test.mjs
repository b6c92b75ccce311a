// S12 and S13, relative dates: who joins on a date and leaves on a date, while nothing changes but the time.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cycle, days, declared, detail, matching, metaverse, pending, people, rule, scenario, scope, space, startWithClock, told, withRuns } from './scenario.mjs';

const relative = (comparisonType, more = {}) => [comparisonType, { valueMode: 'Relative', relativeCount: 0, relativeUnit: 'Days', relativeDirection: 'Ago', ...more }];
const HR = 'person = hrId!, displayName, start:DateTime, end:DateTime, managerId:Reference';
/** The beginning of the day so many days from the server's today. */
const day = (server, n) => new Date(Math.floor(server.clock.now() / 864e5) * 864e5 + n * 864e5).toISOString();

async function world(server) {
  const { user } = await metaverse(server);
  const hr = await declared(server, 'HR', HR), directory = await declared(server, 'Directory', 'user = uid!, cn, manager:Reference');
  await withRuns(server, hr, directory);
  await matching(server, hr, hr.types.person, 'hrId', user, 'Employee ID');
  await matching(server, directory, directory.types.user, 'uid', user, 'Employee ID');
  const into = await rule(server, hr, hr.types.person, user, 'Import', { 'Employee ID': 'hrId', 'Display Name': 'displayName', 'Employee Start Date': 'start', 'Employee End Date': 'end', Manager: 'managerId' });
  const out = await rule(server, directory, directory.types.user, user, 'Export', { uid: 'Employee ID', cn: 'Display Name', manager: 'Manager' }, { outboundDeprovisionAction: 'Delete' });
  hr.put([
    { hrId: 'boss', displayName: 'Boss', start: '2001-01-01T00:00:00Z' },
    { hrId: 'now', displayName: 'Now', start: '2010-05-05T00:00:00Z', end: day(server, 400), managerId: 'boss' },
    { hrId: 'joiner', displayName: 'Joiner', start: day(server, 2), managerId: 'boss' },
    { hrId: 'leaver', displayName: 'Leaver', start: '2010-05-05T00:00:00Z', end: day(server, 2), managerId: 'boss' },
    { hrId: 'dateless', displayName: 'Dateless', managerId: 'leaver' },
  ]);
  return { user, hr, directory, into, out };
}

const reconciliations = async (server) => (await server.get('/activities?targetType=TemporalScopeReconciliation&pageSize=100')).items;

scenario('S12: relative dates on an import rule', (all) => {
  let server, w;
  const projected = async () => Object.keys(await people(server, w.user)).sort();

  it('is configured, and takes in who has begun and not left', async () => {
    ({ server } = all);
    w = await world(server);
    await scope(server, w.into, 'All', [['start', ...relative('LessThanOrEquals')], ['end', ...relative('GreaterThan')]], w.hr.types.person);
    await scope(server, w.into, 'All', [['start', ...relative('LessThanOrEquals')], ['end', 'Equals', {}]], w.hr.types.person);
    await server.put(`/metaverse/object-types/${w.user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [w.hr.id] });
    await cycle([w.hr], [w.directory]);
    assert.deepEqual(await projected(), ['Boss', 'Leaver', 'Now']);
    assert.deepEqual(w.directory.rows().map((r) => r.uid).sort(), ['boss', 'leaver', 'now']);
  });

  it('a day too early nothing happens', async () => {
    await server.clock.pass(days(1));
    await cycle([w.hr], [w.directory], 'delta');
    assert.deepEqual(await projected(), ['Boss', 'Leaver', 'Now']);
  });

  it('on the day the joiner comes in and the leaver goes, with the delta synchronisation and unchanged rows', async () => {
    await server.clock.pass(days(1));
    assert.ok((await reconciliations(server)).length > 0);
    const run = await w.hr.delta();
    const lines = await told(server, run);
    assert.ok(lines.includes('Joiner Projected') && lines.includes('Leaver DisconnectedOutOfScope'), JSON.stringify(lines));
    assert.deepEqual(await projected(), ['Boss', 'Joiner', 'Now']);
    await cycle([], [w.directory]);
    assert.deepEqual(w.directory.rows().map((r) => [r.uid, r.manager]).sort(), [['boss', undefined], ['joiner', 'boss'], ['now', 'boss']]);
    assert.deepEqual(await told(server, await w.hr.sync()), [], 'a full synchronisation has nothing to add');
  });
}, { start: startWithClock });

scenario('S13: relative dates on an export rule', (all) => {
  let server, w;
  const accounts = () => w.directory.rows().map((r) => r.uid).sort();
  const flagged = async () => (await pending(server, w.directory));

  it('is configured, and provisions who has begun', async () => {
    ({ server } = all);
    w = await world(server);
    await scope(server, w.out, 'All', [['Employee Start Date', ...relative('LessThanOrEquals')], ['Employee End Date', ...relative('GreaterThan')]]);
    await scope(server, w.out, 'All', [['Employee Start Date', ...relative('LessThanOrEquals')], ['Employee End Date', 'Equals', {}]]);
    await cycle([w.hr], [w.directory]);
    assert.deepEqual(accounts(), ['boss', 'leaver', 'now']);
    assert.deepEqual((await space(server, w.directory)).map((o) => o.status), ['Normal', 'Normal', 'Normal']);
  });

  it('W79: time alone does nothing; the reconciliation flags, and the next synchronisation acts', async () => {
    const before = (await reconciliations(server)).length;
    server.clock.jump(days(2)); /* the hour of the reconciliation has not come for this server */
    await cycle([w.hr], [w.directory], 'delta');
    await cycle([w.hr], [], 'sync');
    assert.deepEqual([accounts(), await flagged(), (await reconciliations(server)).length], [['boss', 'leaver', 'now'], [], before]);
    await server.clock.pass(120); /* the jump is noticed, and not believed for an hour */
    assert.equal((await reconciliations(server)).length, before);
    await server.clock.pass(3700);
    assert.equal((await reconciliations(server)).length, before + 1);
    assert.deepEqual(await flagged(), [], 'it only flags');
    await w.hr.delta();
    assert.deepEqual(await flagged(), ['Create Joiner Pending', 'Delete Leaver Pending']);
    await cycle([], [w.directory]);
    assert.deepEqual(accounts(), ['boss', 'joiner', 'now']);
  });

  it('references survive it, in the metaverse and in the directory', async () => {
    assert.deepEqual(w.directory.rows().map((r) => [r.uid, r.manager]).sort(), [['boss', undefined], ['joiner', 'boss'], ['now', 'boss']]);
    const everybody = await people(server, w.user);
    assert.equal(Object.keys(everybody).length, 5, 'the identities stay');
    const manager = (await detail(server, everybody.Dateless)).attributeValues.find((v) => v.attributeName === 'Manager');
    assert.equal(manager.referenceValueId, everybody.Leaver.id);
    await server.clock.pass(7300);
    assert.deepEqual(await told(server, await w.hr.delta()), [], 'flags do not come twice');
    assert.deepEqual(await flagged(), []);
  });
}, { start: startWithClock });
