// Security events: who was let in and who was refused (operations §27), and the versions of who may do what (§12).
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { suite } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'joinery-audit-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const PASSWORD = 'correct horse: battery';

suite('security events', (server) => {
  /** The details of all events of a kind, once there are `count` of them with together `attempts` attempts. */
  const events = async (kind, attempts = 1, count = 1) => {
    for (let tries = 0; ; tries++) {
      const list = await server().get('/activities?targetType=Authentication&pageSize=100');
      const details = [];
      for (const { id } of list.items) details.push(await server().get(`/activities/${id}`));
      const found = details.filter((d) => d.securityEvent.kind === kind);
      const sum = found.reduce((n, d) => n + d.securityEvent.attemptCount, 0);
      if ((found.length >= count && sum >= attempts) || tries > 100) {
        assert.equal(sum, attempts, JSON.stringify(found, null, 1));
        return found;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  };
  const refusedWith = (key, times = 1, path = '/apikeys') => Promise.all(Array.from({ length: times }, () => server().request('GET', path, { key, expect: 401 })));

  it('folds refused keys of one prefix, address and reason into one activity', async () => {
    await refusedWith(`jny_ak_${'ab12'.repeat(16)}`, 7);
    const [event, ...more] = await events('ApiKeyRefused', 7);
    assert.deepEqual(more, []);
    const { securityEvent: e } = event;
    assert.deepEqual([event.targetType, event.targetOperationType, event.message, event.initiatedByType, event.status], ['Authentication', 'Authenticate', 'API key authentication failed', 'Anonymous', 'FailedWithError']);
    assert.deepEqual([e.apiKeyPrefix, e.clientIpAddress, e.securityEventReason, e.attemptCount], ['jny_ak_ab12a', '127.0.0.1', 'API key not found', 7]);
    assert.equal(new Date(e.aggregationWindowStart).getTime() % 900000, 0);
    assert.ok(e.firstSeen <= e.lastSeen);
  });

  it('tells other reasons and prefixes apart, and keeps nothing of what is no key', async () => {
    await refusedWith('my secret password');
    const found = await events('ApiKeyRefused', 8, 2);
    const odd = found.find((d) => d.securityEvent.securityEventReason === 'Invalid API key format');
    assert.equal(odd.securityEvent.apiKeyPrefix, '');
    assert.ok(!JSON.stringify(found).includes('secret'));
  });

  it('records refused bearer tokens', async () => {
    await server().request('GET', '/apikeys', { key: null, headers: { Authorization: 'Bearer x.y.z' }, expect: 401 });
    const [event] = await events('BearerTokenRefused');
    assert.equal(event.securityEvent.securityEventReason, 'Single sign-on is not configured');
  });

  it('records sign-in, failed sign-in and sign-out of the portal', async () => {
    await server().request('POST', '/session', { key: null, body: { apiKey: `jny_ak_${'0'.repeat(64)}` }, expect: 401 });
    const reply = await server().request('POST', '/session', { key: null, body: { apiKey: server().key }, expect: 204 });
    const cookies = reply.headers.getSetCookie?.() ?? reply.headers.get('set-cookie').split(/, (?=joinery)/);
    const value = (name) => cookies.map((c) => c.split(';')[0]).find((c) => c.startsWith(`${name}=`)).slice(name.length + 1);
    await server().request('DELETE', '/session', { key: null, headers: { Cookie: `joinery_session=${value('joinery_session')}`, 'X-Joinery-Token': value('joinery_token') }, expect: 204 });
    assert.equal((await events('SignInFailed'))[0].message, 'Interactive sign-in failed');
    const [signedIn] = await events('SignInSucceeded');
    assert.deepEqual([signedIn.message, signedIn.status, signedIn.initiatedByType], ['Interactive sign-in succeeded', 'Complete', 'ApiKey']);
    assert.equal((await events('SignedOut'))[0].initiatedByName, signedIn.initiatedByName);
  });

  it('records who was denied what', async () => {
    const roles = await server().get('/security/roles');
    const { key, name } = await server().post('/apikeys', { name: 'Reader', roleIds: [roles.find((r) => r.name === 'Auditor').id] });
    await server().refused('POST', '/tenants', 403, 'FORBIDDEN', { key, body: { name: 'X' } });
    await server().refused('POST', '/tenants', 403, 'FORBIDDEN', { key, body: { name: 'X' } });
    const [event] = await events('AuthorisationDenied', 2);
    assert.deepEqual([event.initiatedByType, event.initiatedByName, event.securityEvent.subject, event.securityEvent.apiKeyPrefix], ['ApiKey', name, 'CreateTenant', key.slice(0, 12)]);
  });

  it('records tokens of the Public Data API, refused log-ins and what is beyond a permission', async () => {
    await server().post('/tenants/1/users', { userName: 'alice', password: PASSWORD, permissions: ['PublicDataApi.Token'] });
    const basic = (password) => ({ Authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}` });
    const ask = (method, path, headers, body, expect) => server().request(method, path, { key: null, headers, body, expect });
    await ask('GET', '/ws/resources/auth/token?tenantId=1', basic('wrong'), undefined, 401);
    const { headers } = await ask('POST', '/ws/auth/token?tenantId=1', basic(PASSWORD), { service: '/data/search' }, 204);
    await server().post('/tenants/1/users', { userName: 'carol', password: PASSWORD });
    await ask('GET', '/ws/resources/auth/token?tenantId=1', { Authorization: `Basic ${Buffer.from(`carol:${PASSWORD}`).toString('base64')}` }, undefined, 403);
    await ask('DELETE', '/ws/auth/token?tenantId=1', { Authorization: headers.get('authorization') }, undefined, 204);
    assert.deepEqual((await events('DataLogInFailed')).map((d) => [d.securityEvent.securityEventReason, d.securityEvent.subject, d.status]), [['wrong password', 'tenant 1', 'FailedWithError']]);
    assert.deepEqual((await events('DataTokenIssued')).map((d) => [d.securityEvent.subject, d.status]), [['tenant 1: alice', 'Complete']]);
    assert.deepEqual((await events('DataTokenRevoked')).map((d) => d.securityEvent.subject), ['tenant 1: alice']);
    assert.deepEqual((await events('DataAccessDenied')).map((d) => d.securityEvent.subject), ['tenant 1: carol']);
  });

  it('records requests beyond the rate limit', async () => {
    await server().put('/service-settings/Security.RateLimiting.UnauthenticatedRequestsPerMinute', { value: '1' });
    try {
      // The limit holds within seconds.
      for (let tries = 0; ; tries++) {
        assert.ok(tries < 200, 'the limit holds');
        const { status } = await server().request('GET', '/apikeys', { key: null });
        if (status === 429) break;
        await new Promise((done) => setTimeout(done, 100));
      }
    } finally {
      await server().delete('/service-settings/Security.RateLimiting.UnauthenticatedRequestsPerMinute', 200);
    }
    const [event] = await events('RateLimitExceeded');
    assert.equal(event.securityEvent.securityEventReason, 'Too many requests without credentials');
  });

  it('tells each in the log as JSON, also changes of who may do what and the use of the infrastructure key, and no secret', async () => {
    const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n')).filter((line) => line.includes('security event: ')).map((line) => JSON.parse(line));
    const told = lines.map((line) => ({ ...JSON.parse(line['@m'].slice(line['@m'].indexOf('{'))), level: line['@l'] }));
    const kinds = new Set(told.map((e) => e.event));
    for (const kind of ['ApiKeyRefused', 'BearerTokenRefused', 'SignInSucceeded', 'SignInFailed', 'SignedOut', 'AuthorisationDenied', 'RateLimitExceeded', 'InfrastructureKeyUsed', 'DataLogInFailed', 'DataTokenIssued', 'DataTokenRevoked', 'DataAccessDenied', 'ConfigurationChanged']) assert.ok(kinds.has(kind), kind);
    assert.ok(told.filter((e) => e.event === 'ConfigurationChanged').some((e) => e.reason === 'Create DataUser' && e.subject === 'alice'));
    assert.ok(told.filter((e) => e.event === 'InfrastructureKeyUsed').length <= 2, 'once in a window');
    assert.ok(told.every((e) => e.clientIpAddress === '127.0.0.1' && /^(Information|Warning)$/.test(e.level)));
    const all = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')).join('');
    for (const secret of [server().key, PASSWORD, 'my secret password', 'ab12'.repeat(16)]) assert.ok(!all.includes(secret));
  });

  it('counts them', async () => {
    const metrics = await (await fetch(`${server().url}/metrics`, { headers: { 'X-API-Key': server().key } })).text();
    assert.match(metrics, /joinery_security_events_total\{event="ApiKeyRefused"\} 8/);
  });
}, { JOINERY_LOG_PATH: folder });

suite('versions of tenants, users and roles of the Public Data API', (server) => {
  const versions = async (path) => (await server().get(`${path}/change-history`)).items;

  it('keeps each change with who, when and why (§12)', async () => {
    const tenant = await server().post('/tenants', { name: 'North', changeReason: 'wanted' });
    await server().put(`/tenants/${tenant.id}`, { name: 'North', description: 'cold', changeReason: 'said so' });
    const [second, first] = await versions(`/tenants/${tenant.id}`);
    assert.deepEqual([first.version, first.reason, second.version, second.reason, second.summary], [1, 'wanted', 2, 'said so', 'Description']);
    const version = await server().get(`/tenants/${tenant.id}/change-history/2`);
    assert.deepEqual(version.snapshot.root.children.find((n) => n.key === 'description').value, 'cold');
    assert.ok((await server().get(`/tenants/${tenant.id}/change-history/compare?fromVersion=1&toVersion=2`)).hasChanges);
  });

  it('has tenant 1 from the start', async () => assert.equal((await versions('/tenants/1')).at(-1).version, 1));

  it('shows that a password has changed, and nothing of it', async () => {
    const user = await server().post('/tenants/1/users', { userName: 'bob', password: PASSWORD });
    await server().put(`/tenants/1/users/${user.id}`, { userName: 'bob', password: `${PASSWORD} 2` });
    const path = `/tenants/1/users/${user.id}`;
    const [second] = await versions(path);
    assert.equal(second.version, 2);
    const { text } = await server().request('GET', `${path}/change-history/2`);
    assert.ok(!/argon2|correct horse/.test(text));
    const secret = (await server().get(`${path}/change-history/2`)).diff.root.children.find((n) => n.isSecret);
    assert.deepEqual([secret.changeType, secret.oldValue, secret.newValue], ['Modified', null, null]);
    assert.ok((await server().get(`${path}/change-history/compare?fromVersion=1&toVersion=2`)).hasChanges);
    assert.deepEqual(await versions(`/tenants/2/users/${user.id}`), []);
    await server().delete(path);
  });

  it('keeps those of roles', async () => {
    const role = await server().post('/tenants/1/roles', { name: 'Readers', permissions: ['PublicDataApi.Search'] });
    await server().put(`/tenants/1/roles/${role.id}`, { name: 'Readers', permissions: [] });
    const path = `/tenants/1/roles/${role.id}`;
    assert.deepEqual((await versions(path)).map((v) => v.version), [2, 1]);
    assert.ok((await server().get(`${path}/change-history/1`)).snapshot.root.children.length);
    assert.ok((await server().get(`${path}/change-history/compare?fromVersion=1&toVersion=2`)).hasChanges);
  });
});
