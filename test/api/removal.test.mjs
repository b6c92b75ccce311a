// Emptying connector spaces and deleting connected systems: at once, by the worker, and with the plug pulled in the middle.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NO_SUCH_ID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, profile, rule, SYNC, systemPath } from './systems.mjs';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const feed = (count) => ['objectType,id,name,team', ...Array.from({ length: count }, (_, i) => `person,${i + 1},Person ${i + 1},Team ${i % 7}`)].join('\n') + '\n';
const objects = (server, system) => server.get(systemPath(system, '/connector-space/count'));
const people = async (server) => server.get(`/metaverse/objects/count?objectTypeId=${(await metaverse(server)).user.id}`);

/** A system of so many people, imported and projected. */
async function populated(server, count, name) {
  const system = await fileSystem(server, { name, rows: feed(count), types: { person: { id: 'id' } } });
  const { user } = await metaverse(server);
  const made = await rule(server, system, system.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name' });
  const runs = { import: await profile(server, system, 'FullImport'), sync: await profile(server, system, 'FullSynchronisation') };
  for (const run of Object.values(runs)) await completes(server, system, run);
  return { system, rule: made, runs, user };
}

async function ended(server, activityId) {
  for (let tries = 0; ; tries++) {
    const activity = await server.get(`/activities/${activityId}`);
    if (!['NotSet', 'InProgress'].includes(activity.status)) return activity;
    assert.ok(tries < 1200, 'the task comes to its end');
    await pause(100);
  }
}

const clearings = async (server, system) => (await server.get('/activities?operation=Clear&sortDirection=desc')).items.filter((a) => a.targetName === system.name);

suite('emptying a connector space', (server) => {
  it('takes the objects and leaves the identities as they are', async () => {
    const { system, runs } = await populated(server(), 20, 'Small');
    const before = await people(server());
    assert.equal(await objects(server(), system), 20);
    const reply = await server().request('POST', systemPath(system, '/clear?deleteChangeHistory=false'), { expect: 200 });
    assert.equal(reply.text, '');
    assert.equal(await objects(server(), system), 0);
    assert.equal(await people(server()), before);
    assert.equal(await server().get('/metaverse/pending-deletions/count'), 0);
    const [activity] = await clearings(server(), system);
    assert.deepEqual([activity.status, activity.targetType, activity.objectsProcessed], ['Complete', 'ConnectedSystem', 20]);
    const again = await completes(server(), system, runs.import);
    assert.equal(again.executionStats.totalCsoAdds, 20);
  });

  it('leaves many objects to the worker and answers when it is done', async () => {
    const { system } = await populated(server(), 2500, 'Large');
    await server().request('POST', systemPath(system, '/clear'), { expect: 200 });
    assert.equal(await objects(server(), system), 0);
    const [activity] = await clearings(server(), system);
    assert.deepEqual([activity.status, activity.objectsProcessed, activity.objectsToProcess], ['Complete', 2500, 2500]);
    assert.equal((await server().get('/worker-tasks')).totalCount, 0);
  });

  it('is refused while a run waits, and for a system that is not there', async () => {
    const system = await fileSystem(server(), { rows: feed(20000), types: { person: { id: 'id' } } });
    const run = await profile(server(), system, 'FullImport');
    const { activityId } = await server().post(systemPath(system, `/run-profiles/${run.id}/execute`), undefined, 202);
    await server().refused('POST', systemPath(system, '/clear'), 400, 'BAD_REQUEST');
    assert.equal((await ended(server(), activityId)).status, 'Complete');
    assert.equal(await objects(server(), system), 20000);
    await server().refused('POST', systemPath({ id: NO_SUCH_ID }, '/clear'), 404, 'NOT_FOUND');
  });
});

suite('deleting a connected system', (server) => {
  it('is foretold, done at once when it is small, and marks who has lost the last object', async () => {
    const { system, rule: made, user } = await populated(server(), 12, 'Leaving');
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenLastConnectorDisconnected', deletionGracePeriod: '30.00:00:00' });
    const foretold = await server().get(systemPath(system, '/deletion-preview'));
    assert.deepEqual(
      [foretold.connectedSystemObjectCount, foretold.syncRuleCount, foretold.runProfileCount, foretold.joinedMvoCount, foretold.mvosWithOtherConnectorsCount,
        foretold.mvosWithDeletionRuleCount, foretold.mvosWithGracePeriodCount, foretold.willRunAsBackgroundJob, foretold.hasRunningSyncOperation],
      [12, 1, 2, 12, 0, 12, 12, false, false]);
    assert.ok(foretold.activityCount >= 2 && foretold.warnings.length > 0);

    const result = await server().delete(`${systemPath(system)}?changeReason=No+longer+used`, 200);
    assert.deepEqual([result.success, result.outcome, result.errorMessage, result.workerTaskId], [true, 'CompletedImmediately', null, null]);
    await server().refused('GET', systemPath(system), 404, 'NOT_FOUND');
    await server().refused('GET', `${SYNC}/sync-rules/${made.id}`, 404, 'NOT_FOUND');
    await server().refused('GET', systemPath(system, '/deletion-preview'), 404, 'NOT_FOUND');
    const activity = await server().get(`/activities/${result.activityId}`);
    assert.deepEqual([activity.status, activity.targetOperationType, activity.changeReason, activity.configurationChangeClass], ['Complete', 'Delete', 'No longer used', 'Destructive']);

    assert.equal(await people(server()), 12);
    const { items, totalCount } = await server().get('/metaverse/pending-deletions');
    assert.deepEqual([totalCount, items[0].status, items[0].deletionTriggeredBySystemName], [12, 'AwaitingGracePeriod', 'Leaving']);
    const [header] = (await server().get('/metaverse/objects?search=Person+3&attributes=*')).items;
    assert.equal(header.attributes['Employee ID'], '3', 'contributed values stay');
    await server().refused('DELETE', systemPath(system), 400, 'BAD_REQUEST');
  });

  it('keeps identities that another system knows', async () => {
    const first = await populated(server(), 5, 'First'), { user } = first;
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenLastConnectorDisconnected', deletionGracePeriod: '30.00:00:00' });
    const target = await fileSystem(server(), { name: 'Known here too', rows: null, types: { account: { id: 'login' } },
      settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, label' } });
    await rule(server(), target, target.types.account, user, 'Export', { login: { expression: '"p" + mv["Employee ID"]' }, label: 'Display Name' });
    await completes(server(), first.system, first.runs.sync);
    const marked = await server().get('/metaverse/pending-deletions/count');
    assert.equal((await server().get(systemPath(first.system, '/deletion-preview'))).mvosWithOtherConnectorsCount, 5);
    await server().delete(systemPath(first.system), 200);
    assert.equal(await server().get('/metaverse/pending-deletions/count'), marked);
    const foretold = await server().get(systemPath(target, '/deletion-preview'));
    assert.ok(foretold.pendingExportCount >= 5);
    await server().delete(systemPath(target), 200);
    assert.equal(await server().get('/metaverse/pending-deletions/count'), marked + 5);
  });

  it('is the worker\'s matter when it is large, and meanwhile nothing else begins', async () => {
    const { system, runs } = await populated(server(), 6000, 'Huge');
    const result = (await server().request('DELETE', systemPath(system), { expect: 202 })).body;
    assert.deepEqual([result.success, result.outcome], [true, 'QueuedAsBackgroundJob']);
    const { status } = (await server().request('GET', systemPath(system))).body;
    if (status) {
      assert.equal(status, 'Deleting');
      for (const [method, path] of [['DELETE', ''], ['POST', '/clear'], ['POST', `/run-profiles/${runs.import.id}/execute`]]) {
        const { status: refused } = await server().request(method, systemPath(system, path));
        assert.ok([400, 404].includes(refused), `${method} ${path} → ${refused}`);
      }
    }
    const activity = await ended(server(), result.activityId);
    assert.deepEqual([activity.status, activity.targetOperationType, activity.objectsProcessed, activity.configurationChangeClass], ['Complete', 'Delete', 6000, 'Destructive']);
    await server().refused('GET', systemPath(system), 404, 'NOT_FOUND');
    assert.equal((await server().get('/worker-tasks')).totalCount, 0);
  });

  it('waits for a run in progress', async () => {
    const small = await populated(server(), 3, 'Waiting');
    const busy = await fileSystem(server(), { rows: feed(20000), types: { person: { id: 'id' } } });
    const run = await profile(server(), busy, 'FullImport');
    const { activityId } = await server().post(systemPath(busy, `/run-profiles/${run.id}/execute`), undefined, 202);
    while (!(await server().get('/worker-tasks')).items.some((task) => task.status === 'Processing')) await pause(5);
    const result = (await server().request('DELETE', systemPath(small.system), { expect: 202 })).body;
    assert.equal(result.outcome, 'QueuedAfterSync');
    assert.equal((await ended(server(), activityId)).status, 'Complete');
    assert.equal((await ended(server(), result.activityId)).status, 'Complete');
    await server().refused('GET', systemPath(small.system), 404, 'NOT_FOUND');
  });
});

suite('a deletion that is interrupted', (server) => {
  it('is carried on when the server comes back', async () => {
    const { system, user } = await populated(server(), 8000, 'Interrupted');
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenLastConnectorDisconnected', deletionGracePeriod: '30.00:00:00' });
    const { activityId } = (await server().request('DELETE', systemPath(system), { expect: 202 })).body;
    for (let tries = 0; tries < 200 && (await server().get(`/activities/${activityId}`)).objectsProcessed === 0; tries++) await pause(5);
    await server().kill();
    await server().open();
    for (let tries = 0; (await server().get('/activities?status=InProgress')).totalCount > 0; tries++) {
      assert.ok(tries < 600, 'the deletion comes to an end');
      await pause(100);
    }
    await server().refused('GET', systemPath(system), 404, 'NOT_FOUND');
    assert.equal(await people(server()), 8000);
    assert.equal(await server().get('/metaverse/pending-deletions/count'), 8000);
  });

  it('can be asked for again after it was cancelled', async () => {
    const { system } = await populated(server(), 8000, 'Cancelled');
    const { activityId, workerTaskId } = (await server().request('DELETE', systemPath(system), { expect: 202 })).body;
    await server().request('POST', `/worker-tasks/${workerTaskId}/cancel`);
    const { status } = await ended(server(), activityId);
    if (status === 'Complete') return;
    assert.equal(status, 'Cancelled');
    assert.equal((await server().get(systemPath(system))).status, 'Deleting');
    const again = await server().request('DELETE', systemPath(system));
    assert.ok([200, 202].includes(again.status));
    await ended(server(), again.body.activityId);
    await server().refused('GET', systemPath(system), 404, 'NOT_FOUND');
  });
});
