// Limits of safety over the interface: a run that is held, what it would have done, released with a reason, discarded (operations §23).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { NO_SUCH_ID, NO_SUCH_UUID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, profile, rule, systemPath } from './systems.mjs';

const feed = (from, to) => ['objectType,id,name', ...Array.from({ length: to - from + 1 }, (_, i) => `person,${from + i},Person ${from + i}`)].join('\n') + '\n';

/** A system of a hundred people, imported and projected. */
async function hundred(server, name) {
  const system = await fileSystem(server, { name, rows: feed(1, 100), types: { person: { id: 'id' } } });
  const { user } = await metaverse(server);
  await rule(server, system, system.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name' });
  const runs = { import: await profile(server, system, 'FullImport'), sync: await profile(server, system, 'FullSynchronisation') };
  for (const run of Object.values(runs)) await completes(server, system, run);
  return { system, runs };
}

async function ended(server, activityId) {
  for (let tries = 0; tries < 600; tries++) {
    const activity = await server.get(`/activities/${activityId}`);
    if (!['NotSet', 'InProgress'].includes(activity.status)) return activity;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the task does not end');
}

suite('holds', (server) => {
  const world = {};

  it('hold an import that misses 11 of 100, and name the hold', async () => {
    Object.assign(world, await hundred(server(), 'Staff'));
    writeFileSync(world.system.file, feed(12, 100));
    const activity = await server().run(world.system.id, world.runs.import.id);
    assert.equal(activity.status, 'CompleteWithWarning', JSON.stringify(activity));
    const { items, totalCount } = await server().get(`/holds?status=Held&connectedSystemId=${world.system.id}`);
    assert.equal(totalCount, 1);
    const [hold] = items;
    assert.ok(activity.message.includes(hold.id) && activity.warningMessage.includes(hold.id), activity.message);
    assert.deepEqual(
      [hold.guard, hold.connectedSystemName, hold.objectTypeName, hold.activityId, hold.measured, hold.population, hold.limitPercent, hold.limitCount, hold.objectCount],
      ['ImportDeletions', 'Staff', 'person', activity.id, 11, 100, 10, null, 11]);
    assert.deepEqual([hold.status, hold.decided, hold.decidedByType, hold.reason], ['Held', null, null, null]);
    assert.deepEqual(await server().get(`/holds/${hold.id}`), hold);
    world.hold = hold;
  });

  it('list what would have happened, object by object', async () => {
    const page = await server().get(`/holds/${world.hold.id}/objects?page=2&pageSize=5`);
    assert.deepEqual([page.totalCount, page.totalPages, page.items.length], [11, 3, 5]);
    const [sixth] = page.items;
    assert.deepEqual([sixth.externalId, sixth.displayName, sixth.objectTypeName, sixth.objectChangeType, sixth.state, sixth.outcomes.map((o) => o.outcomeType)],
      ['6', 'Person 6', 'person', 'Deleted', 'Held', ['DeletionDetected']]);
    assert.ok(await server().get(systemPath(world.system, `/connector-space/${sixth.connectedSystemObjectId}`)));
  });

  it('want a reason of 1 to 1,000 characters, and know what is not there', async () => {
    for (const verb of ['release', 'discard']) {
      const path = `/holds/${world.hold.id}/${verb}`;
      for (const body of [{}, { reason: null }, { reason: '  ' }, { reason: 'x'.repeat(1001) }]) {
        const { validationErrors } = await server().refused('POST', path, 400, 'VALIDATION_ERROR', { body });
        assert.ok(validationErrors.reason);
      }
      await server().refused('POST', `/holds/${NO_SUCH_UUID}/${verb}`, 404, 'NOT_FOUND', { body: { reason: 'So.' } });
    }
    await server().refused('GET', `/holds/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
    await server().refused('GET', `/holds/${NO_SUCH_UUID}/objects`, 404, 'NOT_FOUND');
    assert.equal((await server().get(`/holds/${world.hold.id}`)).status, 'Held');
  });

  it('are released once: the import, then the synchronisation that is held in its turn', async () => {
    const reply = await server().post(`/holds/${world.hold.id}/release`, { reason: 'They have left.' }, 202);
    const activity = await ended(server(), reply.activityId);
    assert.deepEqual([activity.status, activity.executionStats.totalCsoDeletes], ['Complete', 11], JSON.stringify(activity));
    const hold = await server().get(`/holds/${world.hold.id}`);
    assert.deepEqual([hold.status, hold.reason, hold.decidedByType], ['Released', 'They have left.', 'ApiKey']);
    assert.ok(hold.decided && hold.decidedByName);
    await server().refused('POST', `/holds/${hold.id}/release`, 409, 'CONFLICT', { body: { reason: 'Again.' } });
    await server().refused('POST', `/holds/${hold.id}/discard`, 409, 'CONFLICT', { body: { reason: 'No.' } });
    assert.ok((await server().get(`/holds/${hold.id}/objects`)).items.every((object) => object.state === 'Done'));

    const preview = await server().post(systemPath(world.system, `/run-profiles/${world.runs.sync.id}/preview`), {}, 202);
    await ended(server(), preview.activityId);
    const { validationFindings } = await server().get(`/previews/${preview.activityId}`);
    assert.deepEqual(validationFindings.map((f) => [f.severity, f.message]), [
      ['Warning', "The run would be held by Disconnects: 11 of 100 objects of type 'person' would be disconnected or deprovisioned, more than 10 per cent allow."],
      ['Warning', "The run would be held by MetaverseDeletions: 11 of 100 objects of type 'User' would be deleted from the metaverse within 24 hours, more than 10 per cent allow."],
    ]);
    assert.equal((await server().get('/holds?status=Held')).totalCount, 0);
    assert.equal((await server().run(world.system.id, world.runs.sync.id)).status, 'CompleteWithWarning');
    const [second] = (await server().get('/holds?status=Held')).items;
    assert.deepEqual([second.guard, second.measured, second.objectTypeName], ['Disconnects', 11, 'person']);
    const { items } = await server().get(`/holds/${second.id}/objects`);
    assert.deepEqual([items[0].objectChangeType, items[0].outcomes[0].outcomeType], ['Disconnected', 'Disconnected']);
    assert.ok(items[0].outcomes[0].children.some((node) => node.outcomeType === 'MvoDeleted'));
    const released = await server().post(`/holds/${second.id}/release`, { reason: 'They have left.' }, 202);
    assert.equal((await ended(server(), released.activityId)).executionStats.totalDisconnections, 11);
    await completes(server(), world.system, world.runs.sync);
    assert.equal(await server().get(systemPath(world.system, '/connector-space/count')), 89);
  });

  it('are discarded, and nothing happens', async () => {
    writeFileSync(world.system.file, feed(50, 100));
    await server().run(world.system.id, world.runs.import.id);
    const [hold] = (await server().get('/holds?status=Held')).items;
    const discarded = await server().post(`/holds/${hold.id}/discard`, { reason: 'The file was cut short.' }, 200);
    assert.deepEqual([discarded.status, discarded.reason], ['Discarded', 'The file was cut short.']);
    await server().refused('POST', `/holds/${hold.id}/release`, 409, 'CONFLICT', { body: { reason: 'After all.' } });
    assert.equal((await server().get('/holds?status=Discarded')).totalCount, 1);
    await completes(server(), world.system, world.runs.sync);
    assert.equal(await server().get(systemPath(world.system, '/connector-space/count')), 89);
  });

  it('follow the limits of the system, and those of the service where it has none', async () => {
    const path = systemPath(world.system, '/safety');
    const nothing = await server().get(path);
    assert.deepEqual([Object.keys(nothing).length, ...new Set(Object.values(nothing))], [14, null]);
    const limits = { importDeletePercent: 60, disconnectCount: 0 };
    assert.deepEqual(await server().put(path, { ...limits, changeReason: 'A small office.' }), { ...nothing, ...limits });
    assert.deepEqual(await server().get(path), { ...nothing, ...limits });
    await completes(server(), world.system, world.runs.import); // 38 of 89 are missing
    assert.equal((await server().run(world.system.id, world.runs.sync.id)).status, 'CompleteWithWarning');
    const [hold] = (await server().get('/holds?status=Held')).items;
    assert.deepEqual([hold.guard, hold.limitPercent, hold.limitCount], ['Disconnects', 10, 0]);
    await server().put(path, { disconnectPercent: 100, metaverseDeletePercent: 100 });
    await completes(server(), world.system, world.runs.sync);
    assert.equal((await server().get(`/holds/${hold.id}`)).status, 'Superseded'); // everything has been done
    for (const [member, value] of [['importDeletePercent', 101], ['importDeletePercent', -1], ['exportDeleteCount', -1], ['minimumPopulation', 0]]) {
      const { validationErrors } = await server().refused('PUT', path, 400, 'VALIDATION_ERROR', { body: { [member]: value } });
      assert.ok(validationErrors[member], JSON.stringify(validationErrors));
    }
    await server().refused('GET', systemPath({ id: NO_SUCH_ID }, '/safety'), 404, 'NOT_FOUND');
    await server().refused('PUT', systemPath({ id: NO_SUCH_ID }, '/safety'), 404, 'NOT_FOUND', { body: {} });
  });

  it('have 14 settings of the service, with their defaults', async () => {
    const settings = (await server().get('/service-settings')).filter((s) => s.key.startsWith('Safety.'));
    assert.deepEqual(Object.fromEntries(settings.filter((s) => s.effectiveValue !== null).map((s) => [s.key, s.effectiveValue])), {
      'Safety.MinimumPopulation': '50', 'Safety.ImportDeletePercent': '10', 'Safety.DisconnectPercent': '10', 'Safety.ExportDeletePercent': '10',
      'Safety.MetaverseDeletePercent': '10', 'Safety.ErrorPercent': '50',
    });
    assert.deepEqual([settings.length, ...new Set(settings.map((s) => s.category))], [14, 'Synchronisation']);
    assert.equal((await server().put('/service-settings/Safety.ExportCreateCount', { value: '1000' })).effectiveValue, '1000');
    await server().refused('PUT', '/service-settings/Safety.ErrorPercent', 400, 'VALIDATION_ERROR', { body: { value: '101' } });
    await server().delete('/service-settings/Safety.ExportCreateCount', 200);
  });
});

suite('lists of holds', (server) => {
  const world = {};
  const team = (from) => `objectType,id,name,members\n${Array.from({ length: 61 - from }, (_, i) => `person,p${from + i},Person ${from + i},`).join('\n')}\nteam,t,Team,${Array.from({ length: 60 }, (_, i) => `p${i + 1}`).join('|')}\n`;

  it('are prepared: sixty people of a team, in pages of seven, with accounts', async () => {
    const { user, group } = await metaverse(server());
    await server().put('/service-settings/Sync.PageSize', { value: '7' });
    world.source = await fileSystem(server(), { name: 'Source', rows: team(1), types: { person: { id: 'id' }, team: { id: 'id', references: ['members'] } } });
    world.target = await fileSystem(server(), { name: 'Target', rows: null, types: { user: { id: 'login' }, group: { id: 'login' } },
      settings: { Mode: 'Bidirectional', 'Declared Schema': 'user = login!, cn\ngroup = login!, cn, member:Reference[]' } });
    const { source, target } = world;
    await rule(server(), source, source.types.person, user, 'Import', { 'Account Name': 'id', 'Display Name': 'name' });
    await rule(server(), source, source.types.team, group, 'Import', { 'Account Name': 'id', 'Display Name': 'name', Members: 'members' });
    await rule(server(), target, target.types.user, user, 'Export', { login: 'Account Name', cn: 'Display Name' }, { outboundDeprovisionAction: 'Delete' });
    await rule(server(), target, target.types.group, group, 'Export', { login: 'Account Name', cn: 'Display Name', member: 'Members' });
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerConnectedSystemIds: [source.id] });
    await server().put(systemPath(source, '/safety'), { importDeletePercent: 100 });
    for (const type of ['FullImport', 'FullSynchronisation']) world[type] = await profile(server(), source, type);
    for (const type of ['Export', 'FullImport']) world[`target${type}`] = await profile(server(), target, type);
    await completes(server(), source, world.FullImport);
    await completes(server(), source, world.FullSynchronisation);
  });

  it('call what an export would make by what it would be given', async () => {
    const { target } = world;
    await server().put(systemPath(target, '/safety'), { exportCreateCount: 5 });
    assert.equal((await server().run(target.id, world.targetExport.id)).status, 'CompleteWithWarning');
    const [hold] = (await server().get('/holds?status=Held')).items;
    const { items } = await server().get(`/holds/${hold.id}/objects?pageSize=100`);
    assert.deepEqual([hold.guard, items.length], ['ExportCreates', 61]);
    assert.ok(items.some((o) => o.externalId === 'p1' && o.displayName === 'Person 1') && items.some((o) => o.externalId === 't' && o.displayName === 'Team'), JSON.stringify(items.slice(0, 2)));
    await server().post(`/holds/${hold.id}/discard`, { reason: 'They may.' }, 200);
    await server().put(systemPath(target, '/safety'), { exportCreateCount: 1000 });
    await completes(server(), target, world.targetExport);
    await completes(server(), target, world.targetFullImport);
  });

  it('name a group once, with all that it would lose, however many pages take something from it', async () => {
    const { source } = world;
    writeFileSync(source.file, team(21));
    await completes(server(), source, world.FullImport);
    assert.equal((await server().run(source.id, world.FullSynchronisation.id)).status, 'CompleteWithWarning');
    const [hold] = (await server().get('/holds?status=Held')).items;
    const { items } = await server().get(`/holds/${hold.id}/objects?pageSize=100`);
    assert.deepEqual([hold.guard, hold.objectCount, items.length], ['Disconnects', 21, 21], JSON.stringify(items.map((o) => o.displayName)));
    const groups = items.filter((o) => o.displayName === 'Team');
    assert.deepEqual(groups.map((o) => [o.objectChangeType, o.outcomes.map((n) => [n.outcomeType, n.detailCount])]), [['PendingExport', [['PendingExportCreated', 20]]]]);
    const reply = await server().post(`/holds/${hold.id}/release`, { reason: 'They have left.' }, 202);
    assert.equal((await ended(server(), reply.activityId)).status, 'Complete');
    const after = (await server().get(`/holds/${hold.id}/objects?pageSize=100`)).items;
    assert.deepEqual([...new Set(after.map((o) => o.state))], ['Done']);
    assert.equal((await server().get('/metaverse/objects/count')), 41);
  });
});
