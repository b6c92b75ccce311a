// The order of checks of the Public Data API (public-data-api.md §2.3) as a client sees it that waits before it sends its body, and
// the audit record that every request leaves (§9), also one that no handler has seen.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { suite } from './harness.mjs';
import { basic } from './persons-fixture.mjs';
import { exchange } from './sockets.mjs';

const HOST = 'Host: test.example\r\n';
const BOTH = ['PublicDataApi.Search', 'PublicDataApi.Token'];
const header = (credentials) => `Authorization: ${credentials.Authorization}\r\n`;
const JSON_TYPE = 'Content-Type: application/json\r\n';
const EXPECT = 'Expect: 100-continue\r\n';
const LENGTH = 'Content-Length: 2\r\n';

suite('order of checks under /ws', (server) => {
  const setting = (name, value) => server().put(`/service-settings/PublicApi.${name}`, { value });
  const standard = (name) => server().delete(`/service-settings/PublicApi.${name}`, 200);
  const SEARCHES = ['/data/search/Everybody', '/data/async-search/Everybody'];
  const TARGETS = [...SEARCHES, '/auth/token'];
  const alice = header(basic('alice'));
  let users;

  before(async () => {
    await setting('RateLimit.FailedAuthPerMinute', '0');
    users = {};
    for (const [name, permissions] of [['alice', BOTH], ['bob', BOTH], ['nobody', []], ['often', BOTH]]) {
      users[name] = await server().post('/tenants/1/users', { userName: name, password: 'correct horse: battery', permissions });
    }
    const reference = { type: 'CORE_TEMPLATE', name: 'User' };
    const search = (name, purposes) => ({
      name, purposes, execute: { users: [users.alice.id, users.often.id], roles: [] }, search: { reference, filters: [] },
      result: { reference, filters: [], columns: { fields: ['Display Name'], sort: [] } },
    });
    await server().post('/tenants/1/search-configurations', search('Everybody', ['PublicRestApi']));
    await server().post('/tenants/1/search-configurations', search('Inside', []));
  });

  const head = (target, headers, query = '?tenantId=1') => `POST /ws${target}${query} HTTP/1.1\r\n${HOST}${headers}${EXPECT}\r\n`;

  describe('a body is invited only when all that comes before it is right', () => {
    /** The final status stands first: nobody was invited. */
    async function refused(bytes, status, code) {
      const answer = await exchange(server().url, bytes);
      assert.deepEqual(answer.statuses, [status], answer.text.slice(0, 600));
      assert.equal(answer.body.code, code, answer.text);
      return answer;
    }
    const token = async (service) => (await server().request('POST', '/ws/auth/token?tenantId=1', { key: null, headers: basic('alice'), body: { service }, expect: 204 })).headers.get('authorization');

    for (const [body, framing] of [['of a stated length', LENGTH], ['in chunks', 'Transfer-Encoding: chunked\r\n']]) {
      it(`steps 4 to 8: credentials, tenant, permission (a body ${body})`, async () => {
        const tail = `${JSON_TYPE}${framing}`;
        for (const target of TARGETS) {
          await refused(head(target, tail), 401, 'UNAUTHORISED');
          await refused(head(target, `${header(basic('alice', 'wrong'))}${tail}`), 401, 'UNAUTHORISED');
          await refused(head(target, `${header(basic('alice'))}${tail}`, ''), 400, 'VALIDATION_ERROR');
          await refused(head(target, `${header(basic('alice'))}${tail}`, '?tenantId=2'), 401, 'UNAUTHORISED');
          await refused(head(target, `${header(basic('nobody'))}${tail}`), 403, 'FORBIDDEN');
        }
      });
    }

    it('step 7: scope of a token and its tenant', async () => {
      const Authorization = await token('/data/resources');
      for (const target of TARGETS) {
        await refused(head(target, `${header({ Authorization })}${JSON_TYPE}${LENGTH}`), 403, 'TOKEN_SCOPE');
        await refused(head(target, `${header({ Authorization })}${JSON_TYPE}${LENGTH}`, '?tenantId=2'), 403, 'TOKEN_TENANT');
      }
    });

    it('steps 9 and 10: what is accepted and sent', async () => {
      for (const target of TARGETS) {
        await refused(head(target, `${alice}${JSON_TYPE}${LENGTH}Accept: application/xml\r\n`), 406, 'NOT_ACCEPTABLE');
        await refused(head(target, `${alice}Content-Type: text/plain\r\n${LENGTH}`), 415, 'UNSUPPORTED_MEDIA_TYPE');
        await refused(head(target, `${alice}${LENGTH}`), 415, 'UNSUPPORTED_MEDIA_TYPE');
        await refused(head(target, `${alice}${JSON_TYPE}${LENGTH}Content-Encoding: gzip\r\n`), 415, 'UNSUPPORTED_MEDIA_TYPE');
      }
    });

    it('steps 11 and 12: parameters, and whether the search is available', async () => {
      const tail = `${JSON_TYPE}${LENGTH}`;
      for (const target of SEARCHES) {
        await refused(head(target, `${alice}${tail}`, '?tenantId=1&page=0'), 400, 'VALIDATION_ERROR');
        await refused(head(target, `${alice}${tail}`, '?tenantId=1&pageSize=1&pageSize=2'), 400, 'VALIDATION_ERROR');
        await refused(head(target, `${alice}${tail}`, '?tenantId=1&page=2147483647&pageSize=1000'), 400, 'PAGE_TOO_DEEP');
        await refused(head(target, `${header(basic('bob'))}${tail}`), 403, 'SEARCH_NOT_AVAILABLE');
        for (const name of ['Unknown', 'Inside']) await refused(head(target.replace('Everybody', name), `${alice}${tail}`), 403, 'SEARCH_NOT_AVAILABLE');
        await refused(head(target.replace('Everybody', "x'--"), `${alice}${tail}`), 400, 'VALIDATION_ERROR');
      }
    });

    it('steps 1 and 2: framing, path and method', async () => {
      await refused(head('/nothing', `${alice}${JSON_TYPE}${LENGTH}`), 404, 'NOT_FOUND');
      await refused(head('/data/resources', `${alice}${JSON_TYPE}${LENGTH}`), 405, 'METHOD_NOT_ALLOWED');
      await refused(head(SEARCHES[0], `${alice}${JSON_TYPE}Content-Length: 1048577\r\n`), 413, 'PAYLOAD_TOO_LARGE');
      await refused(head(SEARCHES[0], `${alice}${alice}${JSON_TYPE}${LENGTH}`), 400, 'BAD_REQUEST');
    });

    it('step 3: too many requests; one that was invited counts once', async () => {
      const often = header(basic('often'));
      await setting('RateLimit.RequestsPerMinute', '3');
      try {
        for (let i = 0; i < 3; i++) {
          const answer = await exchange(server().url, head(SEARCHES[0], `${often}${JSON_TYPE}${LENGTH}`), { invited: '{}' });
          assert.deepEqual(answer.statuses, [100, 200], `${i}: ${answer.text}`);
        }
        assert.match((await refused(head(SEARCHES[0], `${often}${JSON_TYPE}${LENGTH}`), 429, 'TOO_MANY_REQUESTS')).head, /^retry-after: [1-9]/im);
      } finally {
        await standard('RateLimit.RequestsPerMinute');
      }
    });

    it('when it is, the body is looked at', async () => {
      const of = async (target, body, headers = LENGTH) => (await exchange(server().url, head(target, `${alice}${JSON_TYPE}${headers}`), { invited: body })).statuses;
      assert.deepEqual(await of(SEARCHES[0], '{}'), [100, 200]);
      assert.deepEqual(await of(SEARCHES[0], '2\r\n{}\r\n0\r\n\r\n', 'Transfer-Encoding: chunked\r\n'), [100, 200]);
      assert.deepEqual(await of(SEARCHES[1], '{}'), [100, 202]);
      assert.deepEqual(await of(SEARCHES[1], '{,'), [100, 400]);
      assert.deepEqual(await of('/auth/token', '{}'), [100, 400]);
      assert.deepEqual(await of('/auth/token', '{"service":"/data/search"}', 'Content-Length: 26\r\n'), [100, 204]);
    });

    it('nobody is invited who has nothing to send', async () => {
      for (const [bytes, status] of [[head(SEARCHES[0], alice), 200], [head(SEARCHES[0], `${alice}Content-Length: 0\r\n`), 200], [head(SEARCHES[0], alice).replace('POST', 'GET'), 200], [head('/auth/token', alice), 400], [head(SEARCHES[0], ''), 401]]) {
        const answer = await exchange(server().url, bytes);
        assert.deepEqual(answer.statuses, [status], answer.text.slice(0, 600));
      }
    });
  });

  describe('the first step that fails decides', () => {
    const wrong = header(basic('alice', 'wrong')), nobody = header(basic('nobody')), TEXT = 'Content-Type: text/plain\r\n', XML = 'Accept: application/xml\r\n';
    const search = (method, query, headers = '', { name = 'Everybody', body = '{}' } = {}) => [method, `/ws/data/search/${name}${query}`, `${headers}${method === 'POST' ? `Content-Length: ${body.length}\r\n` : ''}`, method === 'POST' ? body : ''];
    const set = (method, query, headers, name, id) => [method, `/ws/data/async-search/${name}/result-set/${id}${query}`, headers, ''];
    const UNKNOWN = '00000000-0000-4000-8000-000000000001';
    const FILTER = '{"search":{"filters":[{"name":"Nope","condition":"EQUALS","value":"x"}]}}';
    for (const [steps, [method, target, headers, body], status, code] of [
      ['1 before 2: a body where none belongs, at no path', ['GET', '/ws/nothing', LENGTH, '{}'], 400, 'BAD_REQUEST'],
      ['2 before 4: no path, no credentials', ['GET', '/ws/nothing', '', ''], 404, 'NOT_FOUND'],
      ['2 before 4: no method, no credentials', ['DELETE', '/ws/data/search/Everybody', '', ''], 405, 'METHOD_NOT_ALLOWED'],
      ['4 before 5: no credentials, no tenant', search('GET', ''), 401, 'UNAUTHORISED'],
      ['5 before 6: no tenant, wrong password', search('GET', '?tenantId=x', wrong), 400, 'VALIDATION_ERROR'],
      ['6 before 8: a wrong password of whom may nothing', search('GET', '?tenantId=1', header(basic('nobody', 'wrong'))), 401, 'UNAUTHORISED'],
      ['6 before 9: a wrong password, no JSON', search('GET', '?tenantId=1', `${wrong}${XML}`), 401, 'UNAUTHORISED'],
      ['8 before 9: no permission, no JSON', search('GET', '?tenantId=1', `${nobody}${XML}`), 403, 'FORBIDDEN'],
      ['9 before 10: no JSON accepted, none sent', search('POST', '?tenantId=1', `${alice}${XML}${TEXT}`), 406, 'NOT_ACCEPTABLE'],
      ['10 before 11: no JSON sent, no such page', search('POST', '?tenantId=1&page=0', `${alice}${TEXT}`), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['10 before 12: no JSON sent, no such search', search('POST', '?tenantId=1', `${alice}${TEXT}`, { name: 'Unknown' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['11 before 12: no such page, no such search', search('GET', '?tenantId=1&page=0', alice, { name: 'Unknown' }), 400, 'VALIDATION_ERROR'],
      ['11 before 12: no such cursor parameter, no such search', search('GET', '?tenantId=1&cursor=&page=1', alice, { name: 'Unknown' }), 400, 'VALIDATION_ERROR'],
      ['11 before 12: no UUID, no such search', set('GET', '?tenantId=1', alice, 'Unknown', 'x'), 400, 'VALIDATION_ERROR'],
      ['11 before 13: no such page, no such result', set('GET', '?tenantId=1&page=0', alice, 'Everybody', UNKNOWN), 400, 'VALIDATION_ERROR'],
      ['12 before 13: no such search, no such result', set('GET', '?tenantId=1', alice, 'Unknown', UNKNOWN), 403, 'SEARCH_NOT_AVAILABLE'],
      ['13: no such result', set('GET', '?tenantId=1', alice, 'Everybody', UNKNOWN), 416, 'RESULT_MISMATCH'],
      ['12 before 14: no such search, no JSON in the body', search('POST', '?tenantId=1', `${alice}${JSON_TYPE}`, { name: 'Unknown', body: '{,' }), 403, 'SEARCH_NOT_AVAILABLE'],
      ['12 before 14: no such search, a bad filter', search('POST', '?tenantId=1', `${alice}${JSON_TYPE}`, { name: 'Inside', body: FILTER }), 403, 'SEARCH_NOT_AVAILABLE'],
      ['14: syntax before semantics', search('POST', '?tenantId=1', `${alice}${JSON_TYPE}`, { body: `${FILTER}x` }), 400, 'MALFORMED_JSON'],
      ['14: a bad filter', search('POST', '?tenantId=1', `${alice}${JSON_TYPE}`, { body: FILTER }), 400, 'VALIDATION_ERROR'],
      ['8 before 14: no permission for tokens, no JSON in the body', ['POST', '/ws/auth/token?tenantId=1', `${nobody}${JSON_TYPE}${LENGTH}`, '{,'], 403, 'FORBIDDEN'],
    ]) {
      it(`${steps} → ${status}`, async () => {
        const answer = await exchange(server().url, `${method} ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n${headers}\r\n${body}`);
        assert.deepEqual([answer.statuses, answer.body.code], [[status], code], answer.text);
      });
    }

    it('7 before 8, 9: scope before permission, tenant before scope', async () => {
      const token = header({ Authorization: (await server().request('POST', '/ws/auth/token?tenantId=1', { key: null, headers: basic('alice'), body: { service: '/data/resources' }, expect: 204 })).headers.get('authorization') });
      const alone = await server().get(`/tenants/1/users/${users.alice.id}`);
      const of = async (query, more = '') => (await exchange(server().url, `GET /ws/data/search/Everybody${query} HTTP/1.1\r\n${HOST}Connection: close\r\n${token}${more}\r\n`)).body.code;
      assert.equal(await of('?tenantId=2', XML), 'TOKEN_TENANT');
      assert.equal(await of('?tenantId=1', XML), 'TOKEN_SCOPE');
      assert.equal(await of('?tenantId=1&page=0'), 'TOKEN_SCOPE');
      try {
        await server().put(`/tenants/1/users/${alone.id}`, { ...alone, permissions: ['PublicDataApi.Token'] });
        assert.ok(['TOKEN_SCOPE', 'UNAUTHORISED'].includes(await of('?tenantId=1')), 'never FORBIDDEN');
      } finally {
        await server().put(`/tenants/1/users/${alone.id}`, { ...alone, permissions: BOTH });
      }
    });

    it('14 before 15: a bad filter when there is no room → 400', async () => {
      await setting('Async.StorageLimitMiB', '0');
      try {
        const order = (body) => server().request('POST', '/ws/data/async-search/Everybody?tenantId=1', { key: null, headers: basic('alice'), body });
        assert.equal((await order(JSON.parse(FILTER))).body.code, 'VALIDATION_ERROR');
        assert.equal((await order({})).body.code, 'INSUFFICIENT_STORAGE');
      } finally {
        await standard('Async.StorageLimitMiB');
      }
    });
  });

  describe('every request leaves one audit record', () => {
    const RECORD = /public request: .*/g;
    /** The records that these bytes leave. */
    async function recordsOf(bytes, options) {
      const mark = server().process.said().length;
      const answer = await exchange(server().url, bytes, options);
      let found = [];
      for (let i = 0; i < 200 && !found.length; i++) {
        await new Promise((done) => setTimeout(done, 50));
        found = server().process.said().slice(mark).match(RECORD) ?? [];
      }
      return { answer, found };
    }
    const asked = (method, target, headers = '') => `${method} ${target} HTTP/1.1\r\n${HOST}${headers}\r\n`;

    for (const [what, bytes, expected] of [
      ['a path that is none', asked('GET', '/ws/data/foo?tenantId=1'), 'tenant 0, user "-", from 127.0.0.1, GET -, search -, filters (), status 404'],
      ['a path that is none, with HEAD', asked('HEAD', '/ws/data/foo?tenantId=1'), 'HEAD -, search -, filters (), status 404'],
      ['a method that is none', asked('PUT', '/ws/data/search/Everybody?tenantId=1'), 'PUT -, search Everybody, filters (), status 405'],
      ['OPTIONS', asked('OPTIONS', '/ws/data/search/Everybody'), 'OPTIONS -, search Everybody, filters (), status 204'],
      ['a method that nobody knows', asked('BREW', '/ws/data/search/Everybody'), '- -, search Everybody, filters (), status 501'],
      ['a body on GET', asked('GET', '/ws/data/search/Everybody', LENGTH), 'GET -, search Everybody, filters (), status 400'],
      ['a malformed path', asked('GET', '/ws/data/search/%zz'), 'GET -, search -, filters (), status 400'],
      ['two credentials', asked('GET', '/ws/data/search/Everybody?tenantId=1', `${alice}${alice}`), 'GET -, search Everybody, filters (), status 400'],
      ['too many headers', asked('GET', '/ws/data/search/Everybody?tenantId=1', 'X-A: b\r\n'.repeat(120)), 'GET -, search Everybody, filters (), status 431'],
      ['a body that is too large', asked('POST', '/ws/data/search/Everybody?tenantId=1', `${alice}${JSON_TYPE}Content-Length: 1048577\r\n`), 'POST /ws/data/search/{name}, search Everybody, filters (), status 413'],
      ['no credentials', asked('GET', '/ws/data/search/Everybody?tenantId=1'), 'tenant 0, user "-", from 127.0.0.1, GET /ws/data/search/{name}, search Everybody, filters (), status 401'],
      ['a search', asked('GET', '/ws/data/search/Everybody?tenantId=1', alice), 'tenant 1, user "alice", from 127.0.0.1, GET /ws/data/search/{name}, search Everybody, filters (), status 200'],
      ['a search that is not invited', head(SEARCHES[0], `${header(basic('bob'))}${JSON_TYPE}${LENGTH}`), 'user "bob", from 127.0.0.1, POST /ws/data/search/{name}, search Everybody, filters (), status 403'],
      ['the explorer when it is off', asked('GET', '/ws/swagger-ui/index.html'), 'status 404'],
    ]) {
      it(what, async () => {
        const { answer, found } = await recordsOf(bytes);
        assert.equal(found.length, 1, `${found.join('\n')}\n${answer.text}`);
        assert.ok(found[0].includes(expected), `${found[0]}\n${expected}`);
      });
    }

    it('a search that is invited leaves one', async () => {
      const { found } = await recordsOf(head(SEARCHES[0], `${alice}${JSON_TYPE}${LENGTH}`), { invited: '{}' });
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0], /status 200, rows \d+/);
    });

    it('what stands in a path cannot forge a record', async () => {
      const { found } = await recordsOf(asked('GET', '/ws/data/search/x%0apublic%20request:%20forged?tenantId=1'));
      assert.equal(found.length, 1, found.join('\n'));
    });

    it('other paths leave none', async () => {
      const mark = server().process.said().length;
      await exchange(server().url, asked('GET', '/wsx/data'));
      await exchange(server().url, asked('GET', '/api/v1/nothing'));
      assert.doesNotMatch(server().process.said().slice(mark), RECORD);
    });
  });
});
