// What administrators change of the Public Data API under /api/v1: histories, conflicts that name what they are about, versions that
// hold for DELETE too, settings that hold for the next request; and what of /ws no item of the checklist says.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './harness.mjs';
import { basic, PASSWORD, PERSON, persons } from './persons-fixture.mjs';

const SEARCHES = '/tenants/1/search-configurations';
const search = (name, more = {}) => ({
  name, purposes: ['PublicRestApi'], search: { reference: PERSON }, result: { reference: PERSON, columns: { fields: ['FirstName'] } }, ...more,
});
const all = (path, sep = '?') => `/ws${path}${sep}tenantId=1`;

suite('administration of the Public Data API', (server) => {

  const user = { key: null, headers: basic('alice') };
  const ask = (method, path, options = {}) => server().request(method, path, { ...user, ...options, headers: { ...user.headers, ...options.headers } });
  const refused = (method, path, status, code, options = {}) => server().refused(method, path, status, code, { ...user, ...options, headers: { ...user.headers, ...options.headers } });
  const versions = async (path) => (await server().get(`${path}/change-history`)).items;
  /** Sets a setting for the length of a function. */
  const withSetting = async (key, value, then) => {
    const before = (await server().get(`/service-settings/${key}`)).value;
    await server().put(`/service-settings/${key}`, { value });
    try {
      await then();
    } finally {
      if (before === null) await server().delete(`/service-settings/${key}`, 200);
      else await server().put(`/service-settings/${key}`, { value: before });
    }
  };
  before(() => persons(server(), { two: false }));

  it('keeps the history of templates, pools and searches', async () => {
    const fields = [{ name: 'Name', type: 'Text', attribute: 'Person FirstName' }];
    const template = await server().post('/tenants/1/core-templates', { name: 'Short', objectType: 'Person', fields });
    const pool = await server().post('/tenants/1/data-pools', { name: 'Rooms', source: { lookupTable: true }, fields: [{ name: 'Room', type: 'Text' }] });
    const one = await server().post(SEARCHES, search('Kept'));
    await server().put(`${SEARCHES}/${one.id}`, { ...one, maxResultCount: 5, changeReason: 'less' });
    for (const [path, count, name] of [[`/tenants/1/core-templates/${template.id}`, 1, 'Short'], [`/tenants/1/data-pools/${pool.id}`, 1, 'Rooms'], [`${SEARCHES}/${one.id}`, 2, 'Kept']]) {
      const list = await versions(path);
      assert.deepEqual(list.map(({ version }) => version), count === 1 ? [1] : [2, 1], path);
      assert.equal((await server().get(`${path}/change-history/${count}`)).snapshot.objectName, name);
      assert.equal((await server().get(`${path}/change-history/compare?fromVersion=1&toVersion=${count}`)).hasChanges, count > 1);
    }
    const [changed] = await versions(`${SEARCHES}/${one.id}`);
    assert.deepEqual([changed.reason, changed.diff.root.children.map(({ key, newValue }) => [key, newValue])], ['less', [['maxResultCount', '5']]]);
    for (const path of [`/tenants/1/core-templates/${template.id}`, `/tenants/1/data-pools/${pool.id}`, `${SEARCHES}/${one.id}`]) await server().delete(path);
  });

  it('ends the histories of all that is in a tenant with it, below the activity of its deletion', async () => {
    const tenant = await server().post('/tenants', { name: 'Ending' });
    const role = await server().post(`/tenants/${tenant.id}/roles`, { name: 'R' });
    await server().post(`/tenants/${tenant.id}/users`, { userName: 'one', roles: [role.id] });
    await server().post(`/tenants/${tenant.id}/data-pools`, { name: 'P', source: { lookupTable: true }, fields: [{ name: 'F', type: 'Text' }] });
    await server().delete(`/tenants/${tenant.id}`);
    const deletion = (await server().get('/activities?pageSize=5&sortBy=created&sortDirection=desc')).items.find((a) => a.targetType === 'Tenant' && a.targetOperationType === 'Delete');
    const below = (await server().get(`/activities/${deletion.id}/children`)).items.map((a) => `${a.targetOperationType} ${a.targetType} ${a.targetName}`).sort();
    assert.deepEqual(below, ['Delete DataPool P', 'Delete DataRole R', 'Delete DataUser one']);
  });

  it('ends the tokens of a tenant that is disabled for good', async () => {
    const tenant = await server().post('/tenants', { name: 'Paused' });
    await server().post(`/tenants/${tenant.id}/users`, { userName: 'one', password: PASSWORD, permissions: ['PublicDataApi.Token', 'PublicDataApi.Search'] });
    const path = (at) => `/ws${at}?tenantId=${tenant.id}`;
    const by = (headers, expect) => server().request('GET', path('/data/search'), { key: null, headers, expect });
    const { headers } = await server().request('POST', path('/auth/token'), { key: null, headers: basic('one'), body: { service: '/data/search' }, expect: 204 });
    const token = { Authorization: headers.get('authorization') };
    await by(token, 200);
    await server().put(`/tenants/${tenant.id}`, { ...tenant, enabled: false });
    for (const credentials of [token, basic('one')]) await by(credentials, 401);
    await server().put(`/tenants/${tenant.id}`, tenant);
    await by(basic('one'), 200);
    await by(token, 401);
    await server().delete(`/tenants/${tenant.id}`);
  });

  it('refuses to delete a role that a user or a search names, and says which; with force users lose it', async () => {
    const role = await server().post('/tenants/1/roles', { name: 'Readers', permissions: ['PublicDataApi.Search'] });
    const reader = await server().post('/tenants/1/users', { userName: 'reader', password: PASSWORD, roles: [role.id] });
    const one = await server().post(SEARCHES, search('ForReaders', { execute: { users: [], roles: [role.id] } }));
    await server().request('GET', all('/data/search/ForReaders'), { key: null, headers: basic('reader'), expect: 200 });
    assert.match((await server().refused('DELETE', `/tenants/1/roles/${role.id}`, 409, 'CONFLICT')).message, /'ForReaders'/);
    await server().put(`${SEARCHES}/${one.id}`, { ...one, execute: { users: [reader.id], roles: [] } });
    assert.match((await server().refused('DELETE', `/tenants/1/roles/${role.id}`, 409, 'CONFLICT')).message, /'reader'/);
    await server().put(`${SEARCHES}/${one.id}`, { ...one, execute: { users: [reader.id], roles: [role.id] } });
    await server().delete(`/tenants/1/roles/${role.id}?force=true`);
    assert.deepEqual((await versions(`/tenants/1/users/${reader.id}`)).map(({ summary }) => summary), ['Roles', 'Created']);
    await server().delete(`/tenants/1/users/${reader.id}`);
    const left = await server().get(`${SEARCHES}/${one.id}`);
    assert.deepEqual(left.execute, { users: [], roles: [] }, 'who is gone is not shown');
    await server().put(`${SEARCHES}/${one.id}`, left);
    await server().delete(`${SEARCHES}/${one.id}`);
  });

  it('says which name is taken, and whose certificate it is', async () => {
    assert.match((await server().refused('POST', '/tenants/1/users', 409, 'CONFLICT', { body: { userName: 'ALICE' } })).message, /a user 'ALICE' already/);
    assert.match((await server().refused('POST', SEARCHES, 409, 'CONFLICT', { body: search('searchconfigall') })).message, /a search configuration 'searchconfigall' already/);
    const certificates = [{ thumbprintSha256: 'ab'.repeat(32) }, { issuer: 'CN=Issuer', serial: '01' }];
    const first = await server().post('/tenants/1/users', { userName: 'carded', certificates });
    for (const certificate of certificates) {
      const reply = await server().refused('POST', '/tenants/1/users', 409, 'CONFLICT', { body: { userName: 'second', certificates: [certificate] } });
      assert.match(reply.message, /'carded'/);
    }
    await server().put(`/tenants/1/users/${first.id}`, { userName: 'carded', certificates });
    await server().delete(`/tenants/1/users/${first.id}`);
  });

  it('says before an attribute or a type is deleted which templates and searches need it', async () => {
    const type = await server().post('/metaverse/object-types', { name: 'Room', pluralName: 'Rooms' });
    const attributes = {};
    for (const name of ['Room Name', 'Room Floor', 'Room Colour']) attributes[name] = await server().post('/metaverse/attributes', { name, type: 'Text', objectTypeIds: [type.id] });
    const template = await server().post('/tenants/1/core-templates', { name: 'Place', objectType: 'Room', fields: [{ name: 'Name', type: 'Text', attribute: 'Room Name' }] });
    const reference = { type: 'CORE_TEMPLATE', name: 'Room' };
    const filters = [{ name: 'Room Floor', condition: 'EQUALS', value: '1' }];
    const one = await server().post(SEARCHES, { name: 'Floors', search: { reference, filters }, result: { reference, columns: { fields: ['Room Name'] } } });
    const told = async (name, path) => (await server().get(`/metaverse/attributes/${attributes[name].id}${path}`)).references.filter(({ kind }) => kind === 'PredefinedSearchAttribute').map(({ description }) => description);
    for (const path of ['/deletion-preview', `/object-types/${type.id}/unassign-preview`]) {
      const both = await told('Room Name', path);
      assert.equal(both.length, 2, path);
      assert.match(both[0], /core template 'Place' of tenant 1/);
      assert.match(both[1], /search 'Floors' of tenant 1/);
      assert.match((await told('Room Floor', path)).join(), /search 'Floors'/);
      assert.deepEqual(await told('Room Colour', path), []);
    }
    assert.match((await server().refused('DELETE', `/metaverse/attributes/${attributes['Room Floor'].id}?confirmationName=Room%20Floor`, 400, 'BAD_REQUEST')).message, /Floors/);
    const impact = await server().get(`/metaverse/object-types/${type.id}/delete-preview`);
    assert.deepEqual([impact.blocked, impact.synchronisationRules.length], [true, 2]);
    await server().request('DELETE', `/metaverse/object-types/${type.id}?confirmationName=Room`, { expect: 409 });
    await server().delete(`${SEARCHES}/${one.id}`);
    await server().delete(`/tenants/1/core-templates/${template.id}`);
    assert.deepEqual(await told('Room Name', '/deletion-preview'), []);
    await server().delete(`/metaverse/object-types/${type.id}?confirmationName=Room`, 200);
  });

  it('refuses to delete another version than If-Match names', async () => {
    const tenant = await server().post('/tenants', { name: 'Stale' });
    const base = `/tenants/${tenant.id}`;
    const role = await server().post(`${base}/roles`, { name: 'R' });
    const one = await server().post(`${base}/users`, { userName: 'u' });
    const pool = await server().post(`${base}/data-pools`, { name: 'P', source: { lookupTable: true }, fields: [{ name: 'F', type: 'Text' }] });
    const template = await server().post(`${base}/core-templates`, { name: 'T', objectType: 'Person', fields: [{ name: 'F', type: 'Text', attribute: 'Person FirstName' }] });
    const reference = { type: 'DATA_POOL', name: 'P' };
    const asked = await server().post(`${base}/search-configurations`, { name: 'S', search: { reference }, result: { reference, columns: { fields: ['F'] } } });
    for (const path of [`${base}/search-configurations/${asked.id}`, `${base}/core-templates/${template.id}`, `${base}/data-pools/${pool.id}`, `${base}/users/${one.id}`, `${base}/roles/${role.id}`, base]) {
      await server().refused('DELETE', path, 412, 'PRECONDITION_FAILED', { headers: { 'If-Match': '"99"' } });
      await server().request('DELETE', path, { headers: { 'If-Match': '"1"' }, expect: 204 });
    }
  });

  it('holds to a changed limit of bodies from the next request on', async () => {
    const body = `{${' '.repeat(3000)}}`;
    await withSetting('PublicApi.MaxBodyBytes', '1024', () => refused('POST', all('/data/search/SearchConfigAll'), 413, 'PAYLOAD_TOO_LARGE', { raw: body }));
    await ask('POST', all('/data/search/SearchConfigAll'), { raw: body, expect: 200 });
  });

  it('asks an address that guessed too often for nothing more', async () => {
    await withSetting('PublicApi.RateLimit.FailedAuthPerMinute', '2', async () => {
      const end = Date.now() + 60_000;
      // A minute may begin between the guesses and the good password.
      for (let done = false; !done && Date.now() < end;) {
        for (let i = 0; i < 3; i++) await server().request('GET', all('/data/search'), { key: null, headers: basic('nobody', `guess ${i}`) });
        const { status, headers } = await ask('GET', all('/data/search'));
        done = status === 429 && Number(headers.get('retry-after')) > 0;
      }
      assert.ok(Date.now() < end, 'a right guess does not show');
    });
    await ask('GET', all('/data/search'), { expect: 200 });
  });

  it('gives tokens only for searches that are available', async () => {
    const token = (service) => ask('POST', all('/auth/token'), { body: { service } });
    for (const name of ['SearchConfigAll', 'SearchConfigPersons']) assert.equal((await token(`/data/search/${name}`)).status, 204);
    for (const name of ['Nope', 'searchconfigall', 'SearchConfigNoPurpose', '..']) {
      const { status, body } = await token(`/data/search/${name}`);
      assert.deepEqual([status, body.code, body.validationErrors], [400, 'VALIDATION_ERROR', { '/service': ['There is no such service.'] }], name);
    }
    await server().refused('POST', all('/auth/token'), 400, 'VALIDATION_ERROR', { key: null, headers: basic('carol'), body: { services: ['/data/search', '/data/search/SearchConfigAll'] } });
  });

  it('names parameters by their names, and members of the body by pointers', async () => {
    const keys = async (path, options) => Object.keys((await refused(options ? 'POST' : 'GET', path, 400, 'VALIDATION_ERROR', options)).validationErrors);
    assert.deepEqual(await keys('/ws/data/search/SearchConfigAll'), ['tenantId']);
    assert.deepEqual(await keys(all('/data/search/SearchConfigAll?page=x&pageSize=0', '&')), ['page', 'pageSize']);
    assert.deepEqual(await keys(all('/data/search/SearchConfigAll?pageSize=1001', '&')), ['pageSize']);
    assert.deepEqual(await keys(all('/data/search/a..b')), ['name']);
    assert.deepEqual(await keys(all('/data/search/SearchConfigAll'), { body: { search: { filters: [{ name: 'Nope', condition: 'IS_EMPTY' }] } } }), ['/search/filters/0/name']);
  });

  it('has pages of result sets and no cursors', async () => {
    assert.deepEqual(Object.keys((await refused('POST', all('/data/async-search/SearchConfigAll?cursor=', '&'), 400, 'VALIDATION_ERROR')).validationErrors), ['cursor']);
  });

  it('counts how deep a page of a result set is by the size that was ordered', async () => {
    const { headers } = await ask('POST', all('/data/async-search/SearchConfigAll?pageSize=10', '&'), { expect: 202 });
    const page = (n) => ask('GET', `${headers.get('location')}&page=${n}`);
    for (const end = Date.now() + 60_000; (await page(1)).status === 409; await new Promise((done) => setTimeout(done, 50))) assert.ok(Date.now() < end);
    await withSetting('PublicApi.MaxOffset', '50', async () => {
      assert.deepEqual([(await page(6)).status, (await page(7)).body.code], [200, 'PAGE_TOO_DEEP']);
    });
    await ask('DELETE', headers.get('location'), { expect: 204 });
  });

  it('takes the range of Accept that names JSON most closely', async () => {
    for (const [accept, status] of [['*/*, application/json;q=0', 406], ['application/json;q=0, */*', 406], ['application/*;q=0, application/json', 200], ['text/html, */*;q=0.1', 200], ['*/*;q=0', 406]]) {
      const reply = await ask('GET', all('/data/search/SearchConfigAll'), { headers: { Accept: accept } });
      assert.equal(reply.status, status, accept);
      assert.equal(reply.headers.get('content-type'), 'application/json');
    }
  });
});

suite('the Public Data API behind a proxy', (server) => {
  before(async () => {
    await server().post('/tenants/1/users', { userName: 'alice', password: PASSWORD, permissions: ['PublicDataApi.Token', 'PublicDataApi.Search'] });
  });
  const ask = (method, path, headers, options = {}) => server().request(method, path, { key: null, headers: { ...basic('alice'), ...headers }, ...options });

  it('gives no token to a client whose address its proxy does not tell', async () => {
    const body = { service: '/data/search' };
    const told = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' };
    const token = (await ask('POST', all('/auth/token'), told, { body, expect: 204 })).headers.get('authorization');
    assert.equal(JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).cip, '203.0.113.9');
    const reply = await ask('POST', all('/auth/token'), { ...told, 'X-Forwarded-For': 'rubbish' }, { body, expect: 400 });
    assert.equal(reply.body.code, 'INVALID_REMOTE_ADDRESS');
    assert.equal((await ask('GET', all('/data/search'), { 'X-Forwarded-For': 'rubbish' })).body.code, 'TLS_REQUIRED', 'it is not taken for this machine');
    assert.equal((await server().request('GET', all('/data/search'), { key: null, headers: { ...told, Authorization: token } })).status, 200);
    assert.equal((await server().request('GET', all('/data/search'), { key: null, headers: { Authorization: token } })).status, 401, 'another address');
  });

  it('counts replies of a route by their status', async () => {
    await ask('GET', all('/data/resources'), {}, { expect: 200 });
    await server().request('GET', all('/data/resources'), { key: null, expect: 401 });
    const text = await (await fetch(`${server().url}/metrics`, { headers: { 'X-API-Key': server().key } })).text();
    for (const status of ['2xx', '4xx']) assert.match(text, new RegExp(`^joinery_http_replies_total\\{route="/ws/data/resources",method="GET",status="${status}"\\} [1-9]`, 'm'));
  });
}, { JOINERY_TRUSTED_PROXIES: '127.0.0.1' });
