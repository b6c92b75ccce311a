// Settings of the service: what can be changed, what is refused, and that changes take effect (operations §9).
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './harness.mjs';
import { completes, fileSystem, metaverse, profile, rule } from './systems.mjs';

const path = (key) => `/service-settings/${key}`;

suite('service settings', (server) => {
  it('are listed, and each shown as in the list', async () => {
    const all = await server().get('/service-settings');
    assert.ok(all.length >= 30);
    for (const setting of all) assert.deepEqual(await server().get(path(setting.key)), setting);
    for (const { key, isReadOnly, description } of all) if (/Not used by this version/.test(description)) assert.ok(isReadOnly, key);
    await server().refused('GET', path('sync.pagesize'), 404, 'NOT_FOUND');
    await server().refused('PUT', path('Nothing'), 404, 'NOT_FOUND', { body: { value: '1' } });
    await server().refused('DELETE', path('Nothing'), 404, 'NOT_FOUND');
  });

  it('are changed and taken back', async () => {
    const before = await server().get(path('Sync.PageSize'));
    const changed = await server().put(path('Sync.PageSize'), { value: ' 0250', changeReason: 'small disk' });
    assert.deepEqual([changed.value, changed.effectiveValue, changed.isOverridden, changed.defaultValue], ['250', '250', true, before.defaultValue]);
    assert.equal((await server().put(path('Sync.PageSize'), { value: before.defaultValue })).isOverridden, false);
    assert.deepEqual(await server().put(path('Sync.PageSize'), { value: null }), before);
    await server().put(path('Sync.PageSize'), { value: '300' });
    assert.deepEqual((await server().request('DELETE', `${path('Sync.PageSize')}?changeReason=enough`, { expect: 200 })).body, before);
    const { items } = await server().get(`${path('Sync.PageSize')}/change-history`);
    assert.deepEqual(items.slice(0, 2).map((i) => [i.operation, i.summary, i.reason]), [['Revert', 'Value', 'enough'], ['Update', 'Value', null]]);
    const { items: [activity] } = await server().get('/activities?targetType=ServiceSetting&operation=Revert');
    assert.equal(activity.targetName, 'Sync.PageSize');
  });

  const bad = {
    'Sync.PageSize': ['many', '', '0', '1001', '1.5'], 'Sync.VerboseNoChangeRecording': ['yes', '1', ''],
    'ChangeTracking.SyncOutcomes.Level': ['Everything', '2', ''], 'Security.RateLimiting.UnauthenticatedRequestsPerMinute': ['-1', '0', 'none'],
    'Instance.Name': ['x'.repeat(2001)],
  };
  for (const [key, values] of Object.entries(bad)) {
    it(`check values by type and range: ${key}`, async () => {
      for (const value of values) {
        const { validationErrors } = await server().refused('PUT', path(key), 400, 'VALIDATION_ERROR', { body: { value } });
        assert.ok(validationErrors.value, JSON.stringify(validationErrors));
      }
      assert.equal((await server().get(path(key))).isOverridden, false);
    });
  }

  it('take enumerations and booleans in any letter case, and keep their own', async () => {
    assert.equal((await server().put(path('ChangeTracking.SyncOutcomes.Level'), { value: 'standard' })).value, 'Standard');
    assert.equal((await server().put(path('Sync.VerboseNoChangeRecording'), { value: 'TRUE' })).value, 'true');
  });

  it('refuse changes of what is read-only or has no effect yet', async () => {
    for (const { key } of (await server().get('/service-settings')).filter((s) => s.isReadOnly)) {
      await server().refused('PUT', path(key), 400, 'BAD_REQUEST', { body: { value: 'true' } });
      await server().refused('DELETE', path(key), 400, 'BAD_REQUEST');
    }
  });

  it('never show a secret; its history shows a hash', async () => {
    const secret = await server().get(path('Security.ConfigurationChangeHashKey'));
    assert.deepEqual([secret.value, secret.effectiveValue, secret.valueType], ['********', '********', 'StringEncrypted']);
    const { snapshot, diff } = await server().get(`${path('Security.ConfigurationChangeHashKey')}/change-history/1`);
    const value = snapshot.root.children.find((n) => n.key === 'value');
    assert.equal(value.isSecret, true);
    assert.match(value.value, /^[0-9a-f]{64}$/);
    const changed = diff.root.children.find((n) => n.key === 'value');
    assert.deepEqual([changed.isSecret, changed.oldValue, changed.newValue], [true, null, null]);
    assert.equal((await server().get(path('SSO.Secret'))).value, null);
  });

  it('let only administrators change them', async () => {
    const auditor = await server().post('/apikeys', { name: 'Auditor', roleIds: [2] });
    await server().request('GET', '/service-settings', { key: auditor.key, expect: 200 });
    await server().request('PUT', path('Instance.Name'), { key: auditor.key, body: { value: 'Mine' }, expect: 403 });
  });
});

suite('settings take effect', (server) => {
  it('of requests that are let through', async () => {
    const { key } = await server().post('/apikeys', { name: 'Busy', roleIds: [2] });
    const ask = async () => (await server().request('GET', '/service-settings/Instance.Name', { key })).status;
    assert.equal(await ask(), 200);
    await server().put(path('Security.RateLimiting.AuthenticatedRequestsPerMinute'), { value: '3' });
    const end = Date.now() + 15_000;
    let status;
    while ((status = await ask()) === 200 && Date.now() < end) await new Promise((done) => setTimeout(done, 500));
    assert.equal(status, 429, 'within seconds');
    await server().put(path('Security.RateLimiting.Enabled'), { value: 'false' });
    while ((status = await ask()) === 429 && Date.now() < end + 15_000) await new Promise((done) => setTimeout(done, 500));
    assert.equal(status, 200);
  });

  it('of requests without credentials, from the next one on', async () => {
    const none = async () => (await server().request('GET', '/service-settings', { key: null })).status;
    await server().put(path('Security.RateLimiting.Enabled'), { value: 'true' });
    await server().put(path('Security.RateLimiting.UnauthenticatedRequestsPerMinute'), { value: '3' });
    const statuses = [];
    for (let i = 0; i < 8; i++) statuses.push(await none()); // a minute may begin between them
    assert.ok(statuses.filter((status) => status === 401).length <= 6 && statuses.includes(429), `${statuses}`);
    await server().delete(path('Security.RateLimiting.UnauthenticatedRequestsPerMinute'), 200);
    assert.equal(await none(), 401);
    await server().put(path('Security.RateLimiting.Enabled'), { value: 'false' });
  });

  it('of what synchronisation records', async () => {
    const system = await fileSystem(server(), { types: { person: { id: 'id', references: ['manager'] } } });
    const { user } = await metaverse(server());
    await rule(server(), system, system.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name' });
    const imports = await profile(server(), system, 'FullImport'), full = await profile(server(), system, 'FullSynchronisation');
    await completes(server(), system, imports);
    await server().put(path('Sync.PageSize'), { value: '1' });
    const first = await completes(server(), system, full);
    assert.equal(first.executionStats.totalProjections, 3, 'one object a page is enough');
    const items = async (activity) => (await server().get(`/activities/${activity.id}/items`)).items;
    assert.equal((await items(await completes(server(), system, full))).length, 0, 'unchanged objects leave no item');
    await server().put(path('Sync.VerboseNoChangeRecording'), { value: 'true' });
    const verbose = await items(await completes(server(), system, full));
    assert.deepEqual(verbose.map((i) => i.objectChangeType), ['NoChange', 'NoChange', 'NoChange']);
  });
});
