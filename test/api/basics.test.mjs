// What a caller meets first: health, keys, who am I, and how errors look.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { itOffers, KEY, NO_SUCH_UUID, suite, TestServer } from './harness.mjs';

const recent = (time) => assert.ok(Math.abs(Date.now() - Date.parse(time)) < 60_000, `${time} is about now`);

suite('health', (server) => {
  it('answers without a key, and with a bad one', async () => {
    for (const key of [null, 'jny_ak_bad']) {
      for (const [path, status] of [['/health', 'healthy'], ['/health/live', 'alive'], ['/health/ready', 'ready']]) {
        const { body } = await server().request('GET', path, { key, expect: 200 });
        assert.equal(body.status, status);
        recent(body.timestamp);
      }
    }
  });

  it('tells product and version', async () => {
    const body = await server().get('/health/version');
    assert.equal(body.product, 'Joinery');
    assert.match(body.version, /^\d+\.\d+\.\d+/);
    assert.ok(!('timestamp' in body));
  });

  it('says that single sign-on is not configured', async () => {
    const { body, status } = await server().request('GET', '/auth/config', { key: null });
    assert.equal(status, 503);
    assert.equal(body.error, 'sso_not_configured');
    recent(body.timestamp);
  });
});

suite('errors', (server) => {
  it('refuses without a key, with a wrong one, and with one of the wrong form', async () => {
    for (const key of [null, 'nonsense', `jny_ak_${'f'.repeat(64)}`, `jim_ak_${'f'.repeat(64)}`]) {
      const body = await server().refused('GET', '/apikeys', 401, 'UNAUTHORISED', { key });
      assert.equal(body.error, 'Unauthorized');
    }
  });

  it('answers unknown paths and wrong verbs in the one shape of errors', async () => {
    await server().refused('GET', '/no-such-thing', 404, 'NOT_FOUND');
    const { headers } = await server().request('DELETE', '/health', { expect: 405 });
    assert.match(headers.get('allow') ?? '', /GET/);
  });

  it('says where JSON is malformed, and refuses other media types', async () => {
    await server().refused('POST', '/apikeys', 400, 'MALFORMED_JSON', { raw: '{"name":' });
    await server().refused('POST', '/apikeys', 400, 'MALFORMED_JSON', { raw: '{"name":"a","name":"b"}' });
    await server().refused('POST', '/apikeys', 415, 'UNSUPPORTED_MEDIA_TYPE', { raw: '<name/>', headers: { 'Content-Type': 'application/xml' } });
  });

  it('names every member that does not fit', async () => {
    const body = await server().refused('POST', '/synchronisation/sync-rules', 400, 'VALIDATION_ERROR', { body: { name: 7, direction: 'Sideways', enabled: 'perhaps' } });
    for (const member of ['name', 'direction', 'enabled']) assert.ok(body.validationErrors[member]?.length, `${member}: ${JSON.stringify(body.validationErrors)}`);
  });

  it('sends the security headers', async () => {
    const { headers } = await server().request('GET', '/health');
    assert.match(headers.get('content-security-policy'), /default-src 'self'/);
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('api-supported-versions'), '1.0');
  });
});

suite('keys', (server) => {
  const administrator = async () => (await server().get('/security/roles')).find((role) => role.name === 'Administrator');

  it('makes a key, shows it once, and lets it in', async () => {
    const role = await administrator();
    const made = await server().post('/apikeys', { name: 'Script', description: 'nightly', roleIds: [role.id], expiresAt: '2099-12-31T00:00:00Z' });
    assert.match(made.key, /^jny_ak_[0-9a-f]{64}$/);
    assert.equal(made.keyPrefix, made.key.slice(0, 12));
    const shown = await server().get(`/apikeys/${made.id}`);
    assert.ok(!('key' in shown));
    assert.deepEqual([shown.name, shown.description, shown.isEnabled, shown.expiresAt.slice(0, 10)], ['Script', 'nightly', true, '2099-12-31']);
    assert.deepEqual(shown.roles.map((r) => r.name), ['Administrator']);
    assert.ok((await server().get('/apikeys')).some((key) => key.id === made.id));
    const { body } = await server().request('GET', '/userinfo', { key: made.key, expect: 200 });
    assert.deepEqual([body.authMethod, body.isAdministrator, body.roles.includes('Administrator')], ['api_key', true, true]);
  });

  it('accepts property names in any case and ignores unknown ones', async () => {
    const made = await server().post('/apikeys', { NAME: 'Loud', RoleIds: [], surprise: { deep: [1] } });
    assert.equal(made.name, 'Loud');
  });

  it('lets a key without a role see who it is, and nothing else', async () => {
    const made = await server().post('/apikeys', { name: 'Powerless', roleIds: [] });
    const { body } = await server().request('GET', '/userinfo', { key: made.key, expect: 200 });
    assert.deepEqual([body.authMethod, body.isAdministrator, body.roles], ['api_key', false, []]);
    await server().refused('GET', '/apikeys', 403, 'FORBIDDEN', { key: made.key });
  });

  it('replaces all of a key', async () => {
    const role = await administrator();
    const made = await server().post('/apikeys', { name: 'Whole', description: 'd', roleIds: [role.id] });
    const bare = await server().put(`/apikeys/${made.id}`, { name: 'Whole 2' });
    assert.deepEqual([bare.name, bare.description, bare.isEnabled, bare.roles], ['Whole 2', null, false, []]);
    await server().refused('GET', '/userinfo', 401, 'UNAUTHORISED', { key: made.key });
    const { body } = await server().request('PUT', `/apikeys/${made.id}`, { body: { name: 'x', roleIds: [424242] }, expect: 400 });
    assert.match(body.code, /BAD_REQUEST|VALIDATION_ERROR/);
  });

  it('forgets a deleted key at once, and an expired one', async () => {
    const role = await administrator();
    const gone = await server().post('/apikeys', { name: 'Gone', roleIds: [role.id] });
    await server().delete(`/apikeys/${gone.id}`);
    await server().refused('GET', '/apikeys', 401, 'UNAUTHORISED', { key: gone.key });
    await server().refused('GET', `/apikeys/${gone.id}`, 404, 'NOT_FOUND');
    const old = await server().post('/apikeys', { name: 'Old', roleIds: [role.id], expiresAt: new Date(Date.now() + 1500).toISOString() });
    await new Promise((done) => setTimeout(done, 1700));
    await server().refused('GET', '/apikeys', 401, 'UNAUTHORISED', { key: old.key });
  });

  itOffers('GET /apikeys/{}/change-history', server, 'keeps the changes of a key, and never the key', async () => {
    const made = await server().post('/apikeys', { name: 'History', roleIds: [], changeReason: 'for the test' });
    await server().put(`/apikeys/${made.id}`, { name: 'History 2', isEnabled: true });
    const { items } = await server().get(`/apikeys/${made.id}/change-history`);
    assert.deepEqual(items.map((item) => item.version), [2, 1]);
    const detail = await server().get(`/apikeys/${made.id}/change-history/1`);
    assert.ok(!JSON.stringify(detail).includes(made.key));
    const difference = await server().get(`/apikeys/${made.id}/change-history/compare?fromVersion=1&toVersion=2`);
    assert.ok(JSON.stringify(difference).includes('History 2'));
    await server().refused('GET', `/apikeys/${made.id}/change-history/99`, 404, 'NOT_FOUND');
  });

  it('refuses a key without a name and one that is not there', async () => {
    assert.ok((await server().refused('POST', '/apikeys', 400, 'VALIDATION_ERROR', { body: { roleIds: [] } })).validationErrors.name);
    for (const method of ['GET', 'DELETE']) await server().refused(method, `/apikeys/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
    await server().refused('PUT', `/apikeys/${NO_SUCH_UUID}`, 404, 'NOT_FOUND', { body: { name: 'x' } });
  });
});

suite('the first start', (server) => {
  it('makes an administrator key that only its owner may read, and keeps it over a restart', async () => {
    const file = join(server().folder, 'data/admin.key');
    const key = readFileSync(file, 'utf8').trim();
    assert.match(key, /^jny_ak_[0-9a-f]{64}$/);
    for (const name of ['admin.key', 'joinery.db', 'joinery.db-wal']) assert.equal(statSync(join(server().folder, 'data', name)).mode & 0o777, 0o600, name);
    const { body } = await server().request('GET', '/userinfo', { key });
    assert.equal(body.isAdministrator, true);
    await server().close();
    await server().open();
    assert.equal(readFileSync(file, 'utf8').trim(), key);
    assert.equal((await server().request('GET', '/userinfo', { key })).body.isAdministrator, true);
  });
}, { JOINERY_INFRASTRUCTURE_API_KEY: undefined });

suite('the infrastructure key', (server) => {
  it('comes from the environment, is not stored in a file and is not rate limited', async () => {
    assert.throws(() => statSync(join(server().folder, 'data/admin.key')));
    for (let round = 0; round < 10; round++) {
      const replies = await Promise.all(Array.from({ length: 40 }, () => fetch(`${server().url}/api/v1/userinfo`, { headers: { 'X-API-Key': KEY } }).then((r) => r.status)));
      assert.deepEqual(replies.filter((status) => status !== 200), []);
    }
  });
});

suite('start', () => {
  it('lists everything that is wrong with the settings, not only the first', async () => {
    const start = TestServer.start({ JOINERY_LISTEN: 'nowhere', JOINERY_DATABASE_URL: 'oracle:x', JOINERY_LOG_LEVEL: 'Loud' });
    await assert.rejects(start, (problem) => /JOINERY_DATABASE_URL/.test(problem.message) && /JOINERY_LOG_LEVEL/.test(problem.message));
  });
});
