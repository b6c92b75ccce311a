// Searches of the Public Data API: their administration under /api/v1, and what callers get under /ws. Items are those of the checklist
// of the specification (§13).
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { before, describe, it } from 'node:test';
import { Contract } from './contract.mjs';
import { suite } from './harness.mjs';
import { basic, FIELDS, PASSWORD, PERSON, persons, searches } from './persons-fixture.mjs';

const P = 'SearchConfigPersons';
const NAMES = ['SearchConfigPersons', 'SearchConfigCertificates', 'SearchConfigAll', 'SearchConfigFixed', 'SearchConfigMandatory', 'SearchConfigLimited', 'SearchConfigReports'];
const CONFIGURATIONS = '/tenants/1/search-configurations';
const minimal = { name: 'Minimal', search: { reference: PERSON }, result: { reference: PERSON, columns: { fields: ['FirstName'] } } };
const withoutTime = (body) => ({ ...body, timestamp: null });
const G2 = {
  search: { reference: PERSON, filters: [{ name: 'FirstName', value: 'John', condition: 'EQUALS' }, { name: 'LastName', value: 'Smith', condition: 'EQUALS' }] },
  result: { reference: PERSON, filters: [], columns: { fields: ['FirstName', 'LastName'], sort: ['FirstName|ASC', 'LastName|DESC'] } },
};
const G3 = { ...G2, links: [{ rel: 'self', href: `/data/resources/search/${P}` }, { rel: 'search', href: `/data/search/${P}?page,pageSize` }, { rel: 'search', href: `/data/async-search/${P}?page,pageSize` }] };
const G1_LINKS = [
  { rel: 'self', href: `/data/search/${P}?page=2&pageSize=10` }, { rel: 'describedBy', href: `/data/resources/search/${P}` },
  { rel: 'previous', href: `/data/search/${P}?page=1&pageSize=10` }, { rel: 'next', href: `/data/search/${P}?page=3&pageSize=10` },
];

suite('searches of the Public Data API', (server) => {
  let fixture, contract;
  /** A request of alice's in tenant 1; the reply is held against the document of /ws. */
  const ask = async (method, path, { as = 'alice', query = '', ...options } = {}) => {
    const headers = as ? basic(as) : {};
    const reply = await server().request(method, `/ws${path}${path.includes('?') ? '&' : '?'}tenantId=1${query ? `&${query}` : ''}`, { key: null, ...options, headers: { ...headers, ...options.headers } });
    const described = ['GET', 'POST'].includes(method) && /^\/[\w/.-]*$/.test(path.split('?')[0]) && ![404, 405].includes(reply.status);
    if (described) assert.deepEqual(contract.problems(method, `/ws${path.split('?')[0]}`, reply, reply.text), [], `${method} ${path} → ${reply.text.slice(0, 600)}`);
    return reply;
  };
  const get = (name, query = '', expect = 200, options = {}) => ask('GET', `/data/search/${name}`, { query, expect, ...options });
  const post = (name, body, expect = 200, options = {}) => ask('POST', `/data/search/${name}`, { body, expect, ...options });
  const filters = (...list) => ({ search: { filters: list.map(([name, condition, value, more]) => ({ name, condition, ...(value === undefined ? {} : { value }), ...more })) } });
  const total = async (name, ...list) => (await post(name, filters(...list))).body.meta.totalSize;
  const refusedFilter = async (name, ...list) => (await post(name, filters(...list), 400)).body;
  const all = (...list) => total('SearchConfigAll', ...list);
  const numbers = ({ body }) => body.result.rows.map((row) => row.EmployeeNumber);

  before(async () => {
    fixture = await persons(server());
    await server().put('/service-settings/PublicApi.OpenApiDocs.Enabled', { value: 'true' });
    contract = new Contract((await server().request('GET', '/ws/v3/api-docs', { key: null, headers: basic('alice'), expect: 200 })).body);
    await server().delete('/service-settings/PublicApi.OpenApiDocs.Enabled', 200);
  });

  describe('administration', () => {
    it('item 174: a new search is nobody\'s', async () => {
      const reply = await server().request('POST', CONFIGURATIONS, { body: minimal, expect: 201 });
      assert.match(reply.headers.get('location'), new RegExp(`${CONFIGURATIONS}/${reply.body.id}$`));
      assert.deepEqual([reply.body.purposes, reply.body.execute, reply.body.version], [[], { users: [], roles: [] }, 1]);
      assert.equal((await get('Minimal', '', 403)).body.code, 'SEARCH_NOT_AVAILABLE');
      const named = await server().get(`${CONFIGURATIONS}/by-name/Minimal`);
      assert.deepEqual(named, await server().get(`${CONFIGURATIONS}/${reply.body.id}`));
      await server().get(`${CONFIGURATIONS}/by-name/minimal`, 404);
    });

    it('items 175, 176: names are unique in any case and stay; a stale version is refused', async () => {
      await server().refused('POST', CONFIGURATIONS, 409, 'CONFLICT', { body: { ...minimal, name: 'searchconfigPERSONS' } });
      const { body, headers } = await server().request('GET', `${CONFIGURATIONS}/by-name/Minimal`, { expect: 200 });
      const path = `${CONFIGURATIONS}/${body.id}`;
      const changed = await server().put(path, { ...minimal, description: 'changed' });
      assert.equal(changed.version, 2);
      await server().refused('PUT', path, 412, 'PRECONDITION_FAILED', { body: minimal, headers: { 'If-Match': headers.get('etag') } });
      assert.ok((await server().refused('PUT', path, 400, 'VALIDATION_ERROR', { body: { ...minimal, name: 'minimal' } })).validationErrors.name);
      await server().delete(path);
      await server().refused('GET', path, 404, 'NOT_FOUND');
    });

    const bad = {
      'item 177: an unknown field': [{ result: { reference: PERSON, columns: { fields: ['Nope'] } } }, 'result.columns.fields[0]'],
      'a condition that does not fit': [{ search: { reference: PERSON, filters: [{ name: 'EmployeeNumber', condition: 'CONTAINS', value: '1' }] } }, 'search.filters[0].condition'],
      'a value that does not fit': [{ search: { reference: PERSON, filters: [{ name: 'EmployeeNumber', condition: 'EQUALS', value: 'x' }] } }, 'search.filters[0].value'],
      'an unknown expression': [{ search: { reference: PERSON, filters: [{ name: 'FirstName', condition: 'EQUALS', value: '${user.password}' }] } }, 'search.filters[0].value'],
      'a hidden mandatory filter': [{ search: { reference: PERSON, filters: [{ name: 'FirstName', condition: 'EQUALS', mode: 'MANDATORY', hidden: true }] } }, 'search.filters[0].hidden'],
      'an unknown template': [{ search: { reference: { type: 'CORE_TEMPLATE', name: 'Nobody' } } }, 'search.reference.name'],
      'two references without a relation': [{ search: { reference: { type: 'CORE_TEMPLATE', name: 'User' } } }, 'relation'],
      'a relation over what is no reference': [{ relation: { path: [{ attribute: 'Person FirstName', direction: 'Incoming' }] } }, 'relation'],
      'a name that cannot be': [{ name: 'a..b' }, 'name'],
      'a sort key without direction': [{ result: { reference: PERSON, columns: { fields: ['FirstName'], sort: ['FirstName'] } } }, 'result.columns.sort[0]'],
      'users of elsewhere': [{ execute: { users: [999], roles: [] } }, 'execute.users[0]'],
      'an unknown filterable field': [{ filterableFields: ['Nope'] }, 'filterableFields[0]'],
    };
    for (const [name, [change, where]] of Object.entries(bad)) {
      it(`refuses ${name}`, async () => {
        const { validationErrors } = await server().refused('POST', CONFIGURATIONS, 400, 'VALIDATION_ERROR', { body: { ...minimal, name: 'Bad', ...change } });
        assert.ok(validationErrors[where], JSON.stringify(validationErrors));
      });
    }

    it('takes the alias of a data pool, and expressions that exist', async () => {
      const pool = { type: 'DATAPOOL', name: 'Certificates' };
      const body = { ...minimal, name: 'Alias', search: { reference: pool, filters: [{ name: 'ValidTo', condition: 'GREATER_THAN', value: '${today.plusDays(-30).plusMonths(2)}' }] }, result: { reference: pool, columns: { fields: ['Serial'] } } };
      const made = await server().post(CONFIGURATIONS, body);
      assert.equal(made.search.reference.type, 'DATA_POOL');
      assert.ok(['Ready', 'Building'].includes(made.indexes));
      await server().delete(`${CONFIGURATIONS}/${made.id}`);
    });

    it('lists, and gets indexes built', async () => {
      const { items } = await server().get(`${CONFIGURATIONS}?pageSize=100`);
      assert.deepEqual(items.map(({ name }) => name), [...NAMES, 'SearchConfigNoPurpose']);
      for (let i = 0; i < 600; i++) {
        const now = (await server().get(`${CONFIGURATIONS}?pageSize=100`)).items;
        if (now.every(({ indexes }) => indexes === 'Ready')) return;
        await new Promise((done) => setTimeout(done, 50));
      }
      assert.fail('the indexes are built in the end');
    });

    it('explains without data', async () => {
      const { id } = fixture.searches[P];
      const plan = await server().post(`${CONFIGURATIONS}/${id}/explain`, {}, 200);
      assert.deepEqual(plan.filters.map((f) => [f.section, f.name, f.condition, f.values]), [['search', 'FirstName', 'EQUALS', ['John']], ['search', 'LastName', 'EQUALS', ['Smith']]]);
      assert.equal(plan.objects, 100);
      await server().refused('POST', `${CONFIGURATIONS}/${id}/explain`, 400, 'VALIDATION_ERROR', { body: filters(['Nope', 'EQUALS', 'x']) });
    });

    it('core templates: of object types by themselves, and own ones', async () => {
      const { items } = await server().get('/tenants/1/core-templates?pageSize=100');
      const user = items.find(({ name }) => name === 'User');
      assert.ok(user.isDefault && user.id < 0 && user.fields.some(({ name, type }) => name === 'Display Name' && type === 'Text'));
      assert.equal(items.filter(({ name }) => name === 'Person').length, 1, 'an own template stands for the one of the type');
      assert.deepEqual(await server().get(`/tenants/1/core-templates/${user.id}`), user);
      await server().refused('DELETE', `/tenants/1/core-templates/${user.id}`, 409, 'CONFLICT');
      const own = items.find(({ name }) => name === 'Person');
      await server().refused('DELETE', `/tenants/1/core-templates/${own.id}`, 409, 'CONFLICT');
      await server().refused('POST', '/tenants/1/core-templates', 409, 'CONFLICT', { body: { ...own, name: 'PERSON' } });
      await server().refused('PUT', `/tenants/1/core-templates/${own.id}`, 400, 'BAD_REQUEST', { body: { ...own, fields: own.fields.slice(1) } });
      for (const [field, where] of [[{ name: 'x|y', type: 'Text', attribute: 'Person FirstName' }, 'fields[0].name'], [{ name: 'a', type: 'Text', attribute: 'Nope' }, 'fields[0].attribute'], [{ name: 'a', type: 'Number', attribute: 'Person FirstName' }, 'fields[0].attribute']]) {
        const { validationErrors } = await server().refused('POST', '/tenants/1/core-templates', 400, 'VALIDATION_ERROR', { body: { name: 'Other', objectType: 'Person', fields: [field] } });
        assert.ok(validationErrors[where], JSON.stringify(validationErrors));
      }
      const other = await server().post('/tenants/1/core-templates', { name: 'Other', objectType: 'Person', fields: [{ name: 'Given', type: 'Text', attribute: 'Person FirstName' }], scope: [{ name: 'Given', condition: 'EQUALS', value: 'Jane' }] });
      assert.equal((await server().put(`/tenants/1/core-templates/${other.id}`, { ...other, name: 'Another' })).version, 2);
      await server().delete(`/tenants/1/core-templates/${other.id}`);
    });

    it('data pools: lookup tables and objects of connected systems', async () => {
      const pools = '/tenants/1/data-pools';
      assert.deepEqual((await server().get(pools)).items.map(({ name }) => name), ['Certificates']);
      await server().refused('DELETE', `${pools}/${fixture.pool.id}`, 409, 'CONFLICT');
      await server().refused('PUT', `${pools}/${fixture.pool.id}/rows`, 400, 'VALIDATION_ERROR', { body: [{ Serial: '1', ValidTo: 'tomorrow' }] });
      const made = await server().post(pools, { name: 'Rows', source: { connectedSystem: fixture.system.id, objectType: 'person' }, fields: [{ name: 'Given', type: 'Text', attribute: 'FirstName' }] });
      assert.equal((await server().get(`${pools}/${made.id}`)).source.objectType, 'person');
      assert.equal((await server().put(`${pools}/${made.id}`, { ...made, fields: [...made.fields, { name: 'LastName', type: 'Text' }] })).version, 2);
      await server().refused('PUT', `${pools}/${made.id}/rows`, 400, 'BAD_REQUEST', { body: [] });
      for (const [source, where] of [[{ connectedSystem: 999, objectType: 'person' }, 'source.connectedSystem'], [{ connectedSystem: fixture.system.id, objectType: 'x' }, 'source.objectType'], [{ lookupTable: true, objectType: 'x' }, 'source']]) {
        const { validationErrors } = await server().refused('POST', pools, 400, 'VALIDATION_ERROR', { body: { ...made, name: 'Bad', source } });
        assert.ok(validationErrors[where], JSON.stringify(validationErrors));
      }
      await server().delete(`${pools}/${made.id}`);
    });

    it('what a search needs cannot be taken away under it', async () => {
      const { items } = await server().get('/metaverse/attributes?filter=name:eq:Person%20Department');
      const { message } = await server().refused('PATCH', `/metaverse/attributes/${items[0].id}`, 400, 'BAD_REQUEST', { body: { name: 'Person Division' } });
      assert.match(message, /'Person'/);
    });
  });

  describe('who may ask', () => {
    it('items 21–23: unavailable, unknown, without purpose: one body', async () => {
      const dave = withoutTime((await get(P, '', 403, { as: 'dave' })).body);
      assert.equal(dave.code, 'SEARCH_NOT_AVAILABLE');
      for (const name of ['Nothing', 'SearchConfigNoPurpose']) assert.deepEqual(withoutTime((await get(name, '', 403)).body), dave);
    });

    it('item 25: other methods', async () => {
      const put = await ask('PUT', `/data/search/${P}`, { body: {}, expect: 405 });
      assert.equal(put.headers.get('allow'), 'GET, HEAD, POST, OPTIONS');
      const options = await ask('OPTIONS', `/data/search/${P}`, { as: null, expect: 204 });
      assert.equal(options.headers.get('allow'), 'GET, HEAD, POST, OPTIONS');
    });

    it('items 44–46: a token for what it is for', async () => {
      const token = (await ask('POST', '/auth/token', { body: { service: '/data/search/{name}' }, expect: 204 })).headers.get('authorization');
      const withToken = (method, path, expect) => ask(method, path, { headers: { Authorization: token }, expect });
      assert.equal((await withToken('GET', `/data/search/${P}`, 200)).body.meta.totalSize, 40);
      assert.equal((await ask('POST', `/data/async-search/${P}`, { headers: { Authorization: token }, body: {}, expect: 403 })).body.code, 'TOKEN_SCOPE');
      assert.equal((await withToken('GET', '/data/resources/search', 403)).body.code, 'TOKEN_SCOPE');
    });

    it('item 20: without the permission to search', async () => {
      assert.equal((await ask('GET', '/data/resources/search', { as: 'carol', expect: 403 })).body.code, 'FORBIDDEN');
    });

    it('item 48: a token for the index of searches is not one for a search', async () => {
      const token = (await ask('POST', '/auth/token', { body: { service: '/data/search' }, expect: 204 })).headers.get('authorization');
      assert.equal((await get(P, '', 403, { headers: { Authorization: token } })).body.code, 'TOKEN_SCOPE');
    });

    it('item 173: the body of every error is the envelope, with exactly five members', async () => {
      for (const [status, method, path, options = {}] of [
        [400, 'GET', `/data/search/${P}?page=0`], [400, 'POST', `/data/search/${P}`, { raw: '{' }], [401, 'GET', '/data/resources', { as: null }], [403, 'GET', `/data/search/${P}`, { as: 'dave' }],
        [403, 'GET', '/data/resources/search', { as: 'carol' }], [404, 'GET', '/data/foo'], [404, 'GET', '/data/resources/search/Nope'], [405, 'PUT', `/data/search/${P}`],
        [406, 'GET', '/data/resources', { headers: { Accept: 'text/html' } }], [413, 'POST', `/data/search/${P}`, { raw: ' '.repeat(1_048_577) }], [415, 'POST', `/data/search/${P}`, { raw: '{}', headers: { 'Content-Type': 'text/plain' } }],
        [416, 'GET', `/data/async-search/${P}/result-set/00000000-0000-4000-8000-000000000001`], [422, 'GET', '/data/search/SearchConfigLimited'],
      ]) {
        const { body } = await ask(method, path, { ...options, expect: status });
        assert.deepEqual(Object.keys(body).sort(), ['code', 'details', 'message', 'timestamp', 'validationErrors'], `${status} ${path}`);
      }
    });

    it('a role, a disabled search, and Execute that is withdrawn', async () => {
      const role = await server().post('/tenants/1/roles', { name: 'Readers of reports' });
      const made = await server().post(CONFIGURATIONS, { ...minimal, name: 'ByRole', purposes: ['PublicRestApi'], execute: { users: [], roles: [role.id] } });
      const { dave } = fixture.users;
      try {
        await get('ByRole', '', 403, { as: 'dave' });
        await server().put(`/tenants/1/users/${dave.id}`, { ...dave, roles: [role.id] });
        assert.equal((await get('ByRole', '', 200, { as: 'dave' })).body.meta.totalSize, 100);
        await server().put(`${CONFIGURATIONS}/${made.id}`, { ...made, enabled: false });
        await get('ByRole', '', 403, { as: 'dave' });
        await server().put(`${CONFIGURATIONS}/${made.id}`, { ...made, execute: { users: [], roles: [] } });
        await get('ByRole', '', 403, { as: 'dave' });
      } finally {
        await server().put(`/tenants/1/users/${dave.id}`, { ...dave, roles: [] });
        await server().delete(`${CONFIGURATIONS}/${made.id}`);
        await server().delete(`/tenants/1/roles/${role.id}`);
      }
    });

    it('leaves a record of each request, without values', async () => {
      await post('SearchConfigAll', filters(['LastName', 'EQUALS', 'Confidential-4711'], ['Level', 'GREATER_THAN', 4]));
      const said = server().process.said();
      assert.match(said, /public request: tenant 1, user "alice", from 127\.0\.0\.1, POST \/ws\/data\/search\/\{name\}, search SearchConfigAll, filters \(LastName EQUALS, Level GREATER_THAN\), status 200, rows 0/);
      assert.ok(!said.includes('Confidential-4711'));
    });

    it('item 47: a token for one search', async () => {
      const token = (await ask('POST', '/auth/token', { body: { service: `/data/search/${P}` }, expect: 204 })).headers.get('authorization');
      await get(P, '', 200, { headers: { Authorization: token } });
      assert.equal((await get('SearchConfigAll', '', 403, { headers: { Authorization: token } })).body.code, 'TOKEN_SCOPE');
    });
  });

  describe('results and paging', () => {
    it('items 58–60: G1', async () => {
      const { body, text } = await get(P, 'page=2&pageSize=10');
      assert.deepEqual(Object.keys(body), ['meta', 'result', 'links']);
      assert.deepEqual(Object.keys(body.meta), ['name', 'date', 'totalSize', 'page', 'pageSize']);
      assert.match(body.meta.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
      assert.ok(Math.abs(Date.parse(`${body.meta.date}Z`) - Date.now()) < 30_000);
      const golden = JSON.stringify({
        meta: { name: P, date: body.meta.date, totalSize: 40, page: 2, pageSize: 10 },
        result: { reference: PERSON, rows: Array.from({ length: 10 }, () => ({ FirstName: 'John', LastName: 'Smith' })) }, links: G1_LINKS,
      });
      assert.equal(text, golden);
    });

    const links = ({ body }) => body.links.map(({ rel }) => rel);
    it('items 61–65: the links of first, last and later pages', async () => {
      assert.deepEqual(links(await get(P, 'page=1&pageSize=10')), ['self', 'describedBy', 'next']);
      assert.deepEqual(links(await get(P, 'page=4&pageSize=10')), ['self', 'describedBy', 'previous']);
      const beyond = await get(P, 'page=5&pageSize=10');
      assert.deepEqual([beyond.body.result.rows, beyond.body.meta.totalSize, beyond.body.links.at(-1)], [[], 40, { rel: 'previous', href: `/data/search/${P}?page=4&pageSize=10` }]);
      const plain = await get(P);
      assert.deepEqual([plain.body.meta.page, plain.body.meta.pageSize, plain.body.result.rows.length, plain.body.links[0].href], [1, 100, 40, `/data/search/${P}?page=1&pageSize=100`]);
      assert.deepEqual(links(await get(P, 'pageSize=40')), ['self', 'describedBy']);
    });

    for (const query of ['page=0', 'page=-1', 'page=1.5', 'page=abc', 'page=', 'page=2147483648', 'page=99999999999999999999', 'page=1&page=2', 'pageSize=0', 'pageSize=1001', 'pagesize=10', 'cursor=&page=1', 'cursor=&cursor=', 'page=%2B1']) {
      it(`items 66–72, 74, 85: ${query}`, async () => {
        const { body } = await get(P, query, 400);
        assert.equal(body.code, 'VALIDATION_ERROR');
        if (query === 'pageSize=1001') assert.match(body.message, /1000/);
      });
    }

    it('items 73, 75–77: too deep, unknown parameters, the Link header, HEAD', async () => {
      assert.equal((await get(P, 'page=2147483647&pageSize=1000', 400)).body.code, 'PAGE_TOO_DEEP');
      await get(P, 'foo=1');
      assert.match((await get(P, 'page=2&pageSize=10')).headers.get('link'), new RegExp(`</ws/data/search/${P}\\?page=3&pageSize=10&tenantId=1>; rel="next"`));
      assert.equal((await ask('HEAD', `/data/search/${P}`, { query: 'page=2&pageSize=10', expect: 200 })).text, '');
    });

    it('items 78–80: values', async () => {
      const { body, text } = await get('SearchConfigAll', 'pageSize=1');
      const [row] = body.result.rows;
      assert.deepEqual(Object.keys(row), Object.keys(FIELDS));
      assert.match(text, /"Level":9007199254740993,/);
      assert.deepEqual([row.Active, row.HireDate, row.LastLogin, row.Manager], [true, '2020-01-02T00:00:00+0000', '2025-06-05T01:00:00+0000', null]);
      assert.deepEqual([...row.Tags].sort(), ['all', 't1']);
      const last = (await get('SearchConfigAll', 'page=100&pageSize=1')).body.result.rows[0];
      assert.ok('FirstName' in last && last.FirstName === null);
    });

    it('item 81: a lookup table', async () => {
      const { result } = (await get('SearchConfigCertificates')).body;
      assert.deepEqual([result.reference, result.rows.length], [{ type: 'DATA_POOL', name: 'Certificates' }, 3]);
    });

    it('items 82–84: walking by cursor', async () => {
      const seen = [];
      let { body } = await get('SearchConfigAll', 'cursor=&pageSize=30');
      assert.ok(body.meta.nextCursor && !('page' in body.meta) && body.result.rows.length === 30);
      for (let i = 0; i < 10; i++) {
        seen.push(...body.result.rows.map((row) => row.EmployeeNumber));
        assert.deepEqual(body.links.map(({ rel }) => rel), ['self', 'describedBy', ...(body.meta.nextCursor ? ['next'] : [])]);
        if (!body.meta.nextCursor) break;
        ({ body } = await ask('GET', body.links.at(-1).href, { expect: 200 }));
      }
      assert.deepEqual([seen.length, new Set(seen).size], [100, 100]);
      assert.ok(!('nextCursor' in body.meta));
      const { nextCursor } = (await get('SearchConfigAll', 'cursor=&pageSize=30')).body.meta;
      const changed = nextCursor.slice(0, 9) + (nextCursor[9] === 'A' ? 'B' : 'A') + nextCursor.slice(10);
      for (const [name, cursor, options] of [['SearchConfigAll', 'x'], ['SearchConfigAll', changed], [P, nextCursor], ['SearchConfigAll', nextCursor, { as: 'bob' }]]) {
        assert.equal((await get(name, `cursor=${cursor}`, 400, options)).body.code, 'INVALID_CURSOR', cursor);
      }
      assert.equal((await post('SearchConfigAll', filters(['Active', 'EQUALS', true]), 400, { query: `cursor=${nextCursor}` })).body.code, 'INVALID_CURSOR', 'it is bound to what was asked');
    });
  });

  describe('customised searches', () => {
    it('items 86–89: G2, no body, {}, and G3', async () => {
      const one = (await get(P, 'page=2&pageSize=10')).body;
      const two = (await post(P, G2, 200, { query: 'page=2&pageSize=10' })).body;
      assert.deepEqual({ ...two, meta: { ...two.meta, date: null } }, { ...one, meta: { ...one.meta, date: null } });
      for (const body of [undefined, {}, G3]) assert.equal((await post(P, body)).body.meta.totalSize, 40);
      assert.equal((await ask('POST', `/data/search/${P}`, { headers: { 'Content-Type': 'text/plain' }, expect: 200 })).body.meta.totalSize, 40);
    });

    it('items 90–92: filters that callers may change', async () => {
      assert.equal(await total(P, ['FirstName', 'EQUALS', 'Jane'], ['LastName', 'EQUALS', 'Smith']), 20);
      assert.equal(await total(P), 100);
      assert.equal(await total(P, ['LastName', 'EQUALS', 'Smith']), 60);
    });

    for (const [item, expected, ...list] of [
      ['93', 10, ['EmployeeNumber', 'GREATER_THAN', 1090]], ['94', 10, ['EmployeeNumber', 'BETWEEN', [1001, 1010]]], ['94', 10, ['EmployeeNumber', 'BETWEEN', ['1001', '1010']]],
      ['95', 1, ['FirstName', 'IS_EMPTY']], ['96', 40, ['FirstName', 'NOT_EQUALS', 'John']], ['97', 39, ['LastName', 'IN', ['Doe', 'Öberg']]], ['98', 1, ['LastName', 'STARTS_WITH', "O'"]],
      ['99', 20, ['Department', 'CONTAINS', '100%_*']], ['99', 0, ['Department', 'LIKE', '%']], ['100', 60, ['FirstName', 'LIKE', 'J*n']], ['100', 60, ['FirstName', 'LIKE', 'J?hn']],
      ['101', 33, ['Tags', 'EQUALS', 't0']], ['101', 67, ['Tags', 'NOT_EQUALS', 't0']], ['102', 1, ['LastLogin', 'EQUALS', '2025-06-05T03:00:00+0200']],
      ['103', 1, ['HireDate', 'EQUALS', '2020-01-02T23:59:59-0500']], ['104', 0, ['FirstName', 'EQUALS', 'john']], ['104', 60, ['FirstName', 'EQUALS', 'john', { caseSensitive: false }]],
      ['125', 0, ['FirstName', 'EQUALS', "' OR '1'='1"]], ['126', 0, ['FirstName', 'EQUALS', '${user.name}']],
    ]) {
      it(`item ${item}: ${JSON.stringify(list)} → ${expected}`, async () => assert.equal(await all(...list), expected));
    }

    for (const [item, pointer, ...list] of [
      ['105', '/search/filters/0/value', ['HireDate', 'EQUALS', '2020-02-30T00:00:00+0000']], ['106', '/search/filters/0/value', ['HireDate', 'EQUALS', '2020-01-02']],
      ['107', '/search/filters/0/condition', ['FirstName', 'equals', 'John']], ['108', '/search/filters/0/condition', ['EmployeeNumber', 'CONTAINS', '1']],
      ['§10', '/search/filters/0/value', ['EmployeeNumber', 'EQUALS', 2147483648]], ['§10', '/search/filters/0/value', ['EmployeeNumber', 'EQUALS', -2147483649]], ['§10', '/search/filters/0/value', ['EmployeeNumber', 'EQUALS', '1.5']],
      ['§10', '/search/filters/0/value', ['EmployeeNumber', 'EQUALS', 1.5]], ['§10', '/search/filters/0/value', ['Level', 'EQUALS', '9223372036854775808']], ['§10', '/search/filters/0/value', ['FirstName', 'LIKE', 'a*'.repeat(17)]],
      ['109', '/search/filters/0/name', ['Nope', 'EQUALS', 'x']], ['–', '/search/filters/0/condition', ['FirstName', undefined, 'x']],
    ]) {
      it(`item ${item}: ${JSON.stringify(list)} → 400`, async () => {
        const body = await refusedFilter('SearchConfigAll', ...list);
        assert.deepEqual([body.code, Object.keys(body.validationErrors)], ['VALIDATION_ERROR', [pointer]]);
      });
    }

    it('items 110–114: a fixed filter stays, and what is not filterable is as what does not exist', async () => {
      assert.equal(await total('SearchConfigFixed', ['FirstName', 'EQUALS', 'Åsa']), 0);
      assert.equal(await total('SearchConfigFixed'), 80);
      assert.equal(await total('SearchConfigFixed', ['Department', 'EQUALS', 'Sales North']), 50);
      assert.equal(await total('SearchConfigFixed', ['Department', 'STARTS_WITH', 'Sales']), 80);
      assert.deepEqual(withoutTime(await refusedFilter('SearchConfigFixed', ['EmployeeNumber', 'EQUALS', 1])), withoutTime(await refusedFilter('SearchConfigFixed', ['Nope', 'EQUALS', 1])));
    });

    it('item 115: a filter that must be given', async () => {
      await refusedFilter('SearchConfigMandatory');
      await get('SearchConfigMandatory', '', 400);
      await refusedFilter('SearchConfigMandatory', ['LastName', 'EQUALS', '']);
      assert.equal(await total('SearchConfigMandatory', ['LastName', 'EQUALS', 'Doe']), 20);
    });

    it('items 116–121: columns, sort keys, references', async () => {
      const columns = (more) => ({ result: { columns: more } });
      assert.deepEqual(Object.keys((await post('SearchConfigAll', columns({ fields: ['LastName'] }))).body.result.rows[0]), ['LastName']);
      await post('SearchConfigFixed', columns({ fields: ['EmployeeNumber'] }), 400);
      for (const fields of [[], ['LastName', 'LastName']]) await post('SearchConfigAll', columns({ fields }), 400);
      assert.deepEqual(numbers(await post('SearchConfigAll', columns({ sort: ['LastName|DESC', 'EmployeeNumber|ASC'] }), 200, { query: 'page=1&pageSize=1' })), [1081]);
      for (const sort of ['LastName', 'LastName|asc', 'Nope|ASC']) await post('SearchConfigAll', columns({ sort: [sort] }), 400);
      assert.ok((await post(P, { search: { reference: { type: 'CORE_TEMPLATE', name: 'Card' } } }, 400)).body.validationErrors['/search/reference']);
    });

    it('items 122, 123: the largest result', async () => {
      for (const query of ['', 'pageSize=1']) {
        const { body } = await get('SearchConfigLimited', query, 422);
        assert.deepEqual([body.code, body.details], ['RESULT_TOO_LARGE', 'maxResultCount=50']);
      }
      assert.equal(await total('SearchConfigLimited', ['EmployeeNumber', 'LESS_OR_EQUAL', 1050]), 50);
    });

    it('item 124: over a relation', async () => assert.equal(await total('SearchConfigReports', ['EmployeeNumber', 'EQUALS', 1001]), 99));

    it('items 127, 128, 135: media types', async () => {
      assert.equal((await post(P, {}, 415, { headers: { 'Content-Type': 'text/plain' } })).body.code, 'UNSUPPORTED_MEDIA_TYPE');
      assert.equal((await post(P, {}, 406, { headers: { Accept: 'application/xml' } })).body.code, 'NOT_ACCEPTABLE');
      await post(P, {}, 415, { headers: { 'Content-Encoding': 'gzip' } });
      await post(P, {}, 415, { headers: { 'Content-Type': 'application/json; charset=latin1' } });
    });

    const deep = `{"links":${'['.repeat(16)}${']'.repeat(16)}}`;
    for (const [item, raw, code, pointer] of [
      ['129', '{"search":', 'MALFORMED_JSON'], ['130', '{"serach":{}}', 'VALIDATION_ERROR', '/serach'], ['131', '{"search":{"filters":[],"filters":[]}}', 'MALFORMED_JSON'],
      ['132', '{"search":{"filters":[{"name":"FirstName","condition":"EQUALS","value":"a\\u0000"}]}}', 'MALFORMED_JSON'], ['133', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'MALFORMED_JSON'],
      ['§10', '[]', 'VALIDATION_ERROR'], ['§10', '"x"', 'VALIDATION_ERROR'], ['§10', 'null', 'VALIDATION_ERROR'], ['§10', '{} {}', 'MALFORMED_JSON'], ['§10', '\uFEFF{}', 'MALFORMED_JSON'], ['§10', '{"search":null}', 'VALIDATION_ERROR', '/search'],
      ['§10', '{"links":null}', 'VALIDATION_ERROR', '/links'], ['§10', '{"result":{"columns":{"fields":null}}}', 'VALIDATION_ERROR', '/result/columns/fields'], ['§10', deep, 'MALFORMED_JSON'],
      ['§10', '{"search":{"filters":[{"name":"FirstName","condition":"EQUALS","value":"a","caseSensitive":null}]}}', 'VALIDATION_ERROR', '/search/filters/0/caseSensitive'],
      ['§10', '{"search":{"filters":[{"name":"EmployeeNumber","condition":"EQUALS","value":1e400}]}}', 'VALIDATION_ERROR', '/search/filters/0/value'],
      ['§10', '{"search":{"filters":[{"name":"FirstName","condition":"LIKE","value":"a\\\\"}]}}', 'VALIDATION_ERROR', '/search/filters/0/value'],
    ]) {
      it(`item ${item}: ${typeof raw === 'string' ? raw.slice(0, 60) : 'invalid UTF-8'}`, async () => {
        const { body } = await ask('POST', '/data/search/SearchConfigAll', { raw, expect: 400 });
        assert.equal(body.code, code, JSON.stringify(body));
        if (pointer) assert.ok(body.validationErrors[pointer], JSON.stringify(body));
      });
    }

    it('item 134: a body that is too large', async () => {
      const { body } = await ask('POST', `/data/search/${P}`, { raw: ' '.repeat(1_048_577), expect: 413 });
      assert.equal(body.code, 'PAYLOAD_TOO_LARGE');
    });

    it('limits', async () => {
      const filter = ['FirstName', 'EQUALS', 'John'];
      await refusedFilter('SearchConfigAll', ...Array.from({ length: 51 }, () => filter));
      assert.equal(await all(...Array.from({ length: 50 }, () => filter)), 60);
      await refusedFilter('SearchConfigAll', ['FirstName', 'EQUALS', 'x'.repeat(4097)]);
      await refusedFilter('SearchConfigAll', ['FirstName', 'IN', Array.from({ length: 1001 }, (_, i) => `${i}`)]);
      assert.equal(await all(['FirstName', 'EQUALS', 'x'.repeat(4096)]), 0);
      assert.equal(await all(['FirstName', 'IN', ['Jane', ...Array.from({ length: 999 }, (_, i) => `${i}`)]]), 20);
      assert.equal(await all(['FirstName', 'LIKE', '*a'.repeat(16)]), 0);
      const many = (length, what) => ({ result: { columns: { [what]: Array.from({ length }, (_, i) => (what === 'sort' ? `F${i}|ASC` : `F${i}`)) } } });
      await post('SearchConfigAll', many(65, 'fields'), 400);
      await post('SearchConfigAll', many(9, 'sort'), 400);
      const sort = Object.keys(FIELDS).filter((name) => name !== 'Tags').map((name) => `${name}|ASC`);
      assert.equal((await post('SearchConfigAll', { result: { columns: { sort: sort.slice(0, 8) } } })).body.meta.totalSize, 100);
      await post('SearchConfigAll', { result: { columns: { sort: sort.slice(0, 9) } } }, 400);
    });

    it('§10: what other languages would carry out is a text here', async () => {
      for (const value of ["' OR 1=1--", '*)(uid=*', '${user.name}', '(a+)+$', 'x\'; DROP TABLE mv_objects', '=1+1', '%', '_', '../../etc/passwd', '<script>']) {
        for (const condition of ['EQUALS', 'CONTAINS', 'STARTS_WITH']) assert.equal(await all(['LastName', condition, value]), 0, `${condition} ${value}`);
      }
    });

    it('operators in values, where the configuration honours them; expressions in configured values', async () => {
      const [, , every] = searches({ users: [fixture.users.alice.id], roles: [] });
      const made = await server().post(CONFIGURATIONS, { ...every, name: 'Operators', valueOperators: true, search: { reference: PERSON, filters: [{ name: 'LastLogin', condition: 'LESS_THAN', value: '${now}' }, { name: 'LastName', condition: 'NOT_EQUALS', value: '${user.name}', mode: 'EDITABLE' }] } });
      try {
        assert.equal(await total('Operators'), 100);
        assert.equal(await total('Operators', ['FirstName', 'EQUALS', 'Jane OR Åsa']), 39);
        assert.equal(await total('Operators', ['FirstName', 'CONTAINS', 'J AND a']), 20);
        assert.equal(await all(['FirstName', 'EQUALS', 'Jane OR Åsa']), 0);
        assert.equal(await total('Operators', ['LastName', 'NOT_EQUALS', '${user.name}']), 100, 'repeating the configured text keeps it');
        await refusedFilter('Operators', ['FirstName', 'EQUALS', 'a AND b OR c']);
        await server().put(`${CONFIGURATIONS}/${made.id}`, { ...made, search: { reference: PERSON, filters: [{ name: 'LastName', condition: 'EQUALS', value: '${user.objectId}' }] } });
        assert.equal((await get('Operators', '', 422)).body.code, 'SEARCH_FAILED');
      } finally {
        await server().delete(`${CONFIGURATIONS}/${made.id}`);
      }
    });
  });

  describe('resources', () => {
    const entry = (name) => ({ name, links: [{ rel: 'describedBy', href: `/data/resources/search/${name}` }, { rel: 'search', href: `/data/search/${name}?page,pageSize` }, { rel: 'search', href: `/data/async-search/${name}?page,pageSize` }] });
    const resources = '/data/resources/search';

    it('items 136, 137: G4, and nothing for who may nothing', async () => {
      const self = [{ rel: 'self', href: resources }];
      assert.equal((await ask('GET', resources, { expect: 200 })).text, JSON.stringify({ links: self, content: NAMES.map(entry) }));
      assert.deepEqual((await ask('GET', resources, { as: 'dave', expect: 200 })).body, { links: self, content: [] });
      assert.equal((await ask('GET', resources, { as: 'carol', expect: 403 })).body.code, 'FORBIDDEN');
    });

    it('items 138–142: G3, byte for byte, and its tag', async () => {
      const reply = await ask('GET', `${resources}/${P}`, { expect: 200 });
      assert.equal(reply.text, JSON.stringify(G3));
      for (const name of ['Nothing', 'SearchConfigNoPurpose', "x'--"]) assert.equal((await ask('GET', `${resources}/${encodeURIComponent(name)}`, { expect: 404 })).body.code, 'NOT_FOUND');
      assert.equal((await ask('GET', `${resources}/${P}`, { as: 'dave', expect: 403 })).body.code, 'SEARCH_NOT_AVAILABLE');
      assert.equal((await ask('GET', `${resources}/${P}`, { headers: { 'If-None-Match': reply.headers.get('etag') }, expect: 304 })).text, '');
    });

    it('hides forbidden searches when the setting says so', async () => {
      await server().put('/service-settings/PublicApi.HideForbiddenSearches', { value: 'true' });
      try {
        await ask('GET', `${resources}/${P}`, { as: 'dave', expect: 404 });
      } finally {
        await server().delete('/service-settings/PublicApi.HideForbiddenSearches', 200);
      }
    });

    it('items 143, 144: indexes, and what is accepted', async () => {
      assert.deepEqual((await ask('GET', '/data/resources', { expect: 200 })).body, { links: [{ rel: 'self', href: '/data/resources' }, { rel: 'search', href: resources }] });
      const [first] = (await ask('GET', '/data/search', { expect: 200 })).body.content;
      assert.deepEqual(first.links, [entry(P).links[0], entry(P).links[1]]);
      const [second] = (await ask('GET', '/data/async-search', { expect: 200 })).body.content;
      assert.deepEqual(second.links, [entry(P).links[0], entry(P).links[2]]);
      await ask('GET', resources, { headers: { Accept: 'text/html' }, expect: 406 });
    });
  });

  describe('protocol', () => {
    it('items 168–170: odd paths', async () => {
      await ask('GET', '/data/search/..%2f..%2fapi', { expect: 400 });
      for (const name of ['%00', '%zz', 'a..b', "x'--"]) await ask('GET', `/data/search/${name}`, { expect: 400 });
      for (const path of [`/data/search/${P}/`, `//data/search/${P}`, `/data//search/${P}`, `/Data/search/${P}`, '/data/resources/search/..%2fx', '/data/resources/search/a%5cb']) await ask('GET', path, { expect: 404 });
    });
  });

  it('§10: a body where none belongs', async () => {
    for (const method of ['GET', 'DELETE', 'OPTIONS']) {
      const { status, close, body } = await new Promise((done, failed) => {
        const sent = request(`${server().url}/ws/data/search/${P}?tenantId=1`, { method, headers: { ...basic('alice'), 'Content-Length': 2 } }, (reply) => {
          let text = '';
          reply.on('data', (part) => { text += part; }).on('end', () => done({ status: reply.statusCode, close: reply.headers.connection, body: JSON.parse(text) }));
        });
        sent.on('error', failed).end('{}');
      });
      assert.deepEqual([status, close, body.code], [400, 'close', 'BAD_REQUEST'], method);
    }
  });

  describe('explorer', () => {
    const [page, document] = ['/ws/swagger-ui/index.html', '/ws/v3/api-docs'];
    const plain = (method, path, as) => server().request(method, path, { key: null, headers: as ? basic(as) : {} });

    it('items 165, 166: nothing is there unless the setting says so', async () => {
      const nothing = withoutTime((await plain('GET', '/ws/nothing')).body);
      for (const as of [null, 'alice']) {
        for (const path of [page, document, '/ws/swagger-ui/x.js', '/ws/v3/x']) {
          for (const method of ['GET', 'PUT']) {
            const reply = await plain(method, path, as);
            assert.deepEqual([reply.status, withoutTime(reply.body)], [404, nothing], `${method} ${path}`);
          }
        }
      }
      await server().put('/service-settings/PublicApi.OpenApiDocs.Enabled', { value: 'true' });
      try {
        for (const path of [page, document]) assert.equal((await plain('GET', path)).status, 401);
        const shown = await plain('GET', page, 'alice');
        assert.deepEqual([shown.status, shown.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
        assert.match(shown.headers.get('content-security-policy'), /default-src 'self'/);
        for (const [, asset] of shown.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) if (asset !== document) assert.equal((await fetch(server().url + asset)).status, 200, asset);
        const described = (await plain('GET', document, 'carol')).body;
        assert.match(described.openapi, /^3\.1/);
        assert.ok(Object.keys(described.paths).every((path) => path.startsWith('/ws/')) && described.paths['/ws/data/search/{name}'].post.requestBody);
        const token = (await ask('POST', '/auth/token', { body: { service: '/data/search' }, expect: 204 })).headers.get('authorization');
        assert.equal((await server().request('GET', page, { key: null, headers: { Authorization: token } })).status, 401, 'not with a token');
      } finally {
        await server().delete('/service-settings/PublicApi.OpenApiDocs.Enabled', 200);
      }
    });
  });

  describe('tenants', () => {
    it('a search of another tenant does not exist', async () => {
      const there = { key: null, headers: basic('alice', `${PASSWORD} there`) };
      assert.equal((await server().request('GET', `/ws/data/search/${P}?tenantId=2`, there)).body.code, 'SEARCH_NOT_AVAILABLE');
      assert.deepEqual((await server().request('GET', '/ws/data/resources/search?tenantId=2', there)).body.content, []);
      const made = await server().post('/tenants/2/search-configurations', { ...minimal, name: P, result: { reference: PERSON, columns: { fields: ['Person FirstName'] } }, purposes: ['PublicRestApi'], execute: { users: [fixture.other.id], roles: [] } });
      assert.equal((await server().request('GET', `/ws/data/search/${P}?tenantId=2`, there)).body.meta.totalSize, 0, 'the people are of tenant 1');
      await server().delete(`/tenants/2/search-configurations/${made.id}`);
    });
  });
});
