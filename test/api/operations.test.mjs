// What is around the identities: roles, sessions of a browser, files that connectors may use, tasks that wait and run.
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { itOffers, NO_SUCH_ID, NO_SUCH_UUID, suite } from './harness.mjs';
import { fileSystem, profile, systemPath } from './systems.mjs';

suite('roles', (server) => {
  it('are listed and shown', async () => {
    const roles = await server().get('/security/roles');
    const administrator = roles.find((role) => role.name === 'Administrator');
    assert.equal((await server().get(`/security/roles/${administrator.id}`)).name, 'Administrator');
    await server().refused('GET', `/security/roles/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
  });

  itOffers('GET /security/roles/{}/change-history', server, 'keep the history of changes', async () => {
    const [role] = await server().get('/security/roles');
    const { items } = await server().get(`/security/roles/${role.id}/change-history`);
    assert.deepEqual(items.map((item) => item.version), [1]);
    await server().get(`/security/roles/${role.id}/change-history/1`);
    await server().get(`/security/roles/${role.id}/change-history/compare?fromVersion=1&toVersion=1`);
  });
});

suite('sessions', (server) => {
  /** The cookies of a reply by name. */
  const cookiesOf = (headers) => Object.fromEntries([...headers.get('set-cookie').matchAll(/(joinery_\w+)=([^;]*)/g)].map(([, name, value]) => [name, value]));
  const begin = async () => {
    const { headers } = await server().request('POST', '/session', { key: null, body: { apiKey: server().key }, expect: 204 });
    const { joinery_session, joinery_token } = cookiesOf(headers);
    return { headers, cookie: { Cookie: `joinery_session=${joinery_session}` }, token: { 'X-Joinery-Token': joinery_token } };
  };

  itOffers('POST /session', server, 'begin with a key, last as a cookie that scripts cannot read, and end', async () => {
    const { headers, cookie, token } = await begin();
    assert.match(headers.get('set-cookie'), /joinery_session=[^,]*HttpOnly[^,]*SameSite=(Lax|Strict)/i);
    assert.ok(!headers.get('set-cookie').includes(server().key));
    assert.equal((await server().request('GET', '/userinfo', { key: null, headers: cookie, expect: 200 })).body.isAdministrator, true);
    await server().request('DELETE', '/session', { key: null, headers: { ...cookie, ...token }, expect: 204 });
    await server().refused('GET', '/userinfo', 401, 'UNAUTHORISED', { key: null, headers: cookie });
  });

  itOffers('POST /session', server, 'do not begin with a wrong key, and write only with their token', async () => {
    await server().refused('POST', '/session', 401, 'UNAUTHORISED', { key: null, body: { apiKey: `jny_ak_${'0'.repeat(64)}` } });
    const { cookie, token } = await begin();
    await server().refused('POST', '/apikeys', 403, 'FORBIDDEN', { key: null, headers: cookie, body: { name: 'Forged' } });
    await server().refused('POST', '/apikeys', 403, 'FORBIDDEN', { key: null, headers: { ...cookie, 'X-Joinery-Token': 'x'.repeat(43) }, body: { name: 'Forged' } });
    await server().request('POST', '/apikeys', { key: null, headers: { ...cookie, ...token }, body: { name: 'Made by hand' }, expect: 201 });
  });
});

suite('files', (server) => {
  it('are shown below the roots only', async () => {
    const root = server().files;
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'feed.csv'), 'id\n1\n');
    symlinkSync('/etc', join(root, 'way-out'));
    assert.deepEqual(await server().get('/filesystem/roots'), [root]);
    const listed = await server().get('/filesystem/list');
    assert.deepEqual([listed.path, listed.isRoot, listed.success], [root, true, true]);
    assert.deepEqual(listed.entries.filter((e) => e.name !== 'way-out').map((e) => [e.name, e.isDirectory]), [['sub', true], ['feed.csv', false]]);
    const outside = ['/etc', `${root}/../data`, `${root}-other`, `${root}/way-out/ssl`, 'relative'];
    for (const path of outside) {
      assert.equal((await server().request('GET', `/filesystem/list?path=${encodeURIComponent(path)}`)).status, 403, path);
      assert.equal((await server().get(`/filesystem/validate?path=${encodeURIComponent(path)}`)).isAllowed, false, path);
    }
    assert.equal((await server().get(`/filesystem/validate?path=${encodeURIComponent(join(root, 'feed.csv'))}`)).isAllowed, true);
    assert.equal((await server().request('GET', `/filesystem/list?path=${encodeURIComponent(join(root, 'nothing'))}`)).status, 404);
    await server().refused('GET', '/filesystem/validate', 400, 'VALIDATION_ERROR');
  });
});

suite('history', (server) => {
  it('is counted by system', async () => {
    const system = await fileSystem(server());
    assert.deepEqual(await server().get(`/history/connected-systems/${system.id}/count`), { connectedSystemId: system.id, connectedSystemName: system.name, changeRecordCount: 0 });
    await server().refused('GET', `/history/connected-systems/${NO_SUCH_ID}/count`, 404, 'NOT_FOUND');
  });

  it('keeps what is young, by the settings', async () => {
    const before = (await server().get('/activities')).totalCount;
    const done = await server().post('/history/cleanup', undefined, 200);
    assert.deepEqual([done.activitiesDeleted, done.configurationChangeActivitiesDeleted, done.oldestRecordDeleted], [0, 0, null]);
    assert.deepEqual([done.retentionPeriodDays, done.configurationChangeRetentionPeriodDays, done.securityEventRetentionPeriodDays, done.batchSize], [90, 3650, 365, 100]);
    assert.ok(Math.abs(Date.now() - Date.parse(done.cutoffDate) - 90 * 86_400_000) < 60_000);
    assert.equal((await server().get('/activities')).totalCount, before, 'what has removed nothing is not recorded');
    await server().put('/service-settings/History.CleanupBatchSize', { value: '5000' });
    await server().put('/service-settings/History.RetentionPeriod', { value: '30.00:00:00' });
    const { batchSize, retentionPeriodDays } = await server().post('/history/cleanup', undefined, 200);
    assert.deepEqual([batchSize, retentionPeriodDays], [5000, 30]);
  });
});

suite('tasks', (server) => {
  it('import a schema when the client does not wait', async () => {
    const system = await fileSystem(server(), { rows: 'objectType,id\nperson,1\n', types: { person: { id: 'id' } } });
    writeFileSync(system.file, 'objectType,id,name\nperson,1,Ada\n');
    const ask = (headers, options = {}) => server().request('POST', systemPath(system, '/import-schema'), { headers, ...options });
    const { body, headers } = await ask({ Prefer: 'wait=5, Respond-Async' }, { expect: 202 });
    assert.equal(headers.get('preference-applied'), 'respond-async');
    assert.ok(body.taskId && body.message);
    const ended = async (id) => {
      for (;;) {
        const activity = await server().get(`/activities/${id}`);
        if (activity.status !== 'InProgress') return activity;
        await new Promise((done) => setTimeout(done, 20));
      }
    };
    const activity = await ended(body.activityId);
    assert.deepEqual([activity.status, activity.targetOperationType, activity.targetName], ['Complete', 'ImportSchema', system.name]);
    assert.ok(activity.configurationChangeVersion > 1, 'a version is kept');
    const [type] = await server().get(systemPath(system, '/object-types'));
    assert.ok(type.attributes.some((attribute) => attribute.name === 'name'));

    writeFileSync(system.file, 'objectType,id\nperson,1\n');
    const lossy = await ask({ Prefer: 'respond-async' }, { body: { disableDependents: true }, expect: 202 });
    assert.match((await ended(lossy.body.activityId)).errorMessage, /Nothing was stored/);
    await server().refused('POST', systemPath(system, '/import-schema'), 400, 'BAD_REQUEST', { body: { disableDependents: true, removeDependents: true }, headers: { Prefer: 'respond-async' } });
    await server().refused('POST', systemPath({ id: NO_SUCH_ID }, '/import-schema'), 404, 'NOT_FOUND', { headers: { Prefer: 'respond-async' } });
    await ask({ Prefer: 'return=minimal' }, { expect: 200 });
  });

  it('wait in the queue, and can be taken out of it', async () => {
    const many = ['objectType,id,name', ...Array.from({ length: 20000 }, (_, i) => `person,${i},Name ${i}`)].join('\n') + '\n';
    const system = await fileSystem(server(), { rows: many, types: { person: { id: 'id' } } });
    const run = await profile(server(), system, 'FullImport');
    const execute = () => server().post(systemPath(system, `/run-profiles/${run.id}/execute`), undefined, 202);
    const [first, second] = [await execute(), await execute()];
    const { items } = await server().get('/worker-tasks');
    assert.ok(items.some((task) => task.id === second.taskId), JSON.stringify(items));
    assert.equal((await server().get(`/worker-tasks/${second.taskId}`)).activityId, second.activityId);
    await server().request('POST', `/worker-tasks/${second.taskId}/cancel`, { expect: 202 });
    await server().request('POST', `/worker-tasks/${first.taskId}/cancel`, { expect: 202 }).catch((problem) => assert.match(problem.message, /404/));
    for (const { activityId } of [first, second]) {
      let status;
      do {
        ({ status } = await server().get(`/activities/${activityId}`));
        await new Promise((done) => setTimeout(done, 100));
      } while (['NotSet', 'InProgress'].includes(status));
      assert.ok(['Cancelled', 'Complete'].includes(status), status);
    }
    assert.equal((await server().get(`/activities/${second.activityId}`)).status, 'Cancelled');
    assert.equal((await server().get('/worker-tasks')).totalCount, 0);
    await server().refused('GET', `/worker-tasks/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
    await server().refused('POST', `/worker-tasks/${NO_SUCH_UUID}/cancel`, 404, 'NOT_FOUND');
  });
});
