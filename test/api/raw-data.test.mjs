// The Public Data API as raw sockets see it: the table of bad input (public-data-api.md §10). Items are those of the checklist (§13).
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { before, it } from 'node:test';
import { suite } from './harness.mjs';
import { basic } from './persons-fixture.mjs';
import { exchange } from './sockets.mjs';

const HOST = 'Host: test.example\r\n';
const AUTHORISATION = `Authorization: ${basic('alice').Authorization}\r\n`;
const SEARCH = '/ws/data/search/Everybody?tenantId=1';
const line = (method, target) => `${method} ${target} HTTP/1.1\r\n${HOST}`;
const JSON_TYPE = 'Content-Type: application/json\r\n';
const CLOSE = 'Connection: close\r\n'; // so that nobody waits for more

suite('raw sockets under /ws', (server) => {
  before(async () => {
    await server().put('/service-settings/PublicApi.RateLimit.FailedAuthPerMinute', { value: '0' });
    const alice = await server().post('/tenants/1/users', { userName: 'alice', password: 'correct horse: battery', permissions: ['PublicDataApi.Search', 'PublicDataApi.Token'] });
    const reference = { type: 'CORE_TEMPLATE', name: 'User' };
    await server().post('/tenants/1/search-configurations', {
      name: 'Everybody', purposes: ['PublicRestApi'], execute: { users: [alice.id], roles: [] }, search: { reference, filters: [] },
      result: { reference, filters: [], columns: { fields: ['Display Name'], sort: [] } },
    });
  });

  /** Item 173: the envelope, with exactly its five members. */
  function refused(answer, status, code) {
    assert.deepEqual(answer.statuses, [status], answer.text.slice(0, 600));
    assert.deepEqual(Object.keys(answer.body).sort(), ['code', 'details', 'message', 'timestamp', 'validationErrors'], answer.text);
    if (code) assert.equal(answer.body.code, code);
    assert.match(answer.head, /^content-type: application\/json\r?$/im);
  }

  it('what the table refuses works when it is well formed', async () => {
    assert.deepEqual((await exchange(server().url, `${line('GET', SEARCH)}${AUTHORISATION}\r\n`)).statuses, [200]);
    assert.deepEqual((await exchange(server().url, `${line('POST', SEARCH)}${AUTHORISATION}${JSON_TYPE}Content-Length: 2\r\n\r\n{}`)).statuses, [200]);
    assert.deepEqual((await exchange(server().url, `${line('POST', SEARCH)}${AUTHORISATION}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`)).statuses, [200]);
  });

  const post = (headers, body = '{}') => `${line('POST', SEARCH)}${AUTHORISATION}${JSON_TYPE}${headers}\r\n${body}`;
  const get = (headers) => `${line('GET', SEARCH)}${AUTHORISATION}${headers}\r\n`;
  for (const [name, bytes, status] of [
    ['item 8: two Authorization headers', get(AUTHORISATION), 400],
    ['item 167: length and chunks', post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
    ['differing lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n'), 400],
    ['repeated lengths', post('Content-Length: 2\r\nContent-Length: 2\r\n'), 400],
    ['obsolete folding', get('X-A: b\r\n c\r\n'), 400],
    ['a bare line feed', get('X-A: b\nX-B: c\r\n'), 400],
    ['a bare carriage return', get('X-A: b\rX-B: c\r\n'), 400],
    ['a blank before the colon', get('X-A : b\r\n'), 400],
    ['no Host', `GET ${SEARCH} HTTP/1.1\r\n${AUTHORISATION}\r\n`, 400],
    ['two Hosts', get(HOST), 400],
    ['a coding other than chunked', post('Transfer-Encoding: gzip\r\n', ''), 501],
    ['item 171: a request line of 9,000 bytes', `${line('GET', `${SEARCH}&q=${'a'.repeat(9000)}`)}${AUTHORISATION}\r\n`, 414],
    ['item 171: 120 headers', get('X-A: b\r\n'.repeat(120)), 431],
    ['a header block of 20 KiB', get(`X-A: ${'a'.repeat(20_000)}\r\n`), 431],
    ['a raw control byte in the target', `GET ${SEARCH}&q=\x01 HTTP/1.1\r\n${HOST}${AUTHORISATION}\r\n`, 400],
    ['raw non-ASCII bytes in the target', `GET ${SEARCH}&q=\xc3\xa4 HTTP/1.1\r\n${HOST}${AUTHORISATION}\r\n`, 400],
    ['a body on GET', `${get('Content-Length: 2\r\n')}{}`, 400],
    ['a body on HEAD', `${line('HEAD', SEARCH)}${AUTHORISATION}Content-Length: 2\r\n\r\n{}`, 400],
    ['a body on OPTIONS', `${line('OPTIONS', SEARCH)}Content-Length: 2\r\n\r\n{}`, 400],
    ['a body on DELETE', `${line('DELETE', '/ws/auth/token?tenantId=1')}${AUTHORISATION}Content-Length: 2\r\n\r\n{}`, 400],
    ['a declared body beyond the limit', post('Content-Length: 1048577\r\n', ''), 413],
  ]) {
    it(`${name} → ${status}, and the connection is closed`, async () => {
      const answer = await exchange(server().url, bytes);
      if (/HEAD/.test(name)) assert.deepEqual(answer.statuses, [status]);
      else refused(answer, status);
      assert.ok(answer.closed, answer.text);
    });
  }

  it('a streamed body beyond the limit → 413', async () => {
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const answer = await exchange(server().url, [`${line('POST', SEARCH)}${AUTHORISATION}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n`, ...Array(20).fill(chunk), '0\r\n\r\n']);
    refused(answer, 413, 'PAYLOAD_TOO_LARGE');
    assert.ok(answer.closed);
  });

  for (const [name, target, status] of [
    ['item 168: dots behind an encoded slash', '/ws/data/search/..%2f..%2fapi?tenantId=1', 400], ['an encoded slash', '/ws/data/search/a%2Fb?tenantId=1', 400], ['an encoded backslash', '/ws/data/search/a%5Cb?tenantId=1', 400],
    ['dot segments', '/ws/data/../data/search/Everybody?tenantId=1', 400], ['encoded dot segments', '/ws/data/%2e%2e/search/Everybody?tenantId=1', 400],
    ['item 169: a null character', '/ws/data/search/%00?tenantId=1', 400], ['item 169: a bad escape', '/ws/data/search/%zz?tenantId=1', 400],
    ['item 170: a trailing slash', '/ws/data/search/Everybody/?tenantId=1', 404], ['a doubled slash', '/ws/data//search/Everybody?tenantId=1', 404], ['another letter case', '/ws/Data/search/Everybody?tenantId=1', 404],
    ['SQL in the name', "/ws/data/search/x'--?tenantId=1", 400], ['SQL in the name of a description', "/ws/data/resources/search/x'--?tenantId=1", 404],
  ]) {
    it(`${name} → ${status}`, async () => refused(await exchange(server().url, `${line('GET', target)}${AUTHORISATION}\r\n`), status));
  }

  for (const [name, target] of [['an encoded slash', 'a%2Fb'], ['an encoded backslash', 'a%5Cb'], ['dot segments', '..'], ['encoded dot segments', '%2e%2e'], ['an escaped dot', '%2e']]) {
    it(`${name} in the name of a description → 404`, async () => refused(await exchange(server().url, `${line('GET', `/ws/data/resources/search/${target}?tenantId=1`)}${AUTHORISATION}${CLOSE}\r\n`), 404, 'NOT_FOUND'));
    it(`${name} in the name of a search → 400`, async () => refused(await exchange(server().url, `${line('GET', `/ws/data/search/${target}?tenantId=1`)}${AUTHORISATION}${CLOSE}\r\n`), 400));
  }

  const filter = (members) => `{"search":{"filters":[{"name":"Display Name","condition":"EQUALS","value":"a"${members}}]}}`;
  const nested = (depth) => `{"links":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  for (const [name, body, code] of [
    ['malformed JSON', '{"search":', 'MALFORMED_JSON'], ['bytes behind the value', '{} x', 'MALFORMED_JSON'], ['a second value', '{}{}', 'MALFORMED_JSON'], ['a comment', '{/* */}', 'MALFORMED_JSON'], ['another comment', '{} // x', 'MALFORMED_JSON'],
    ['NaN', filter(',"x":NaN'), 'MALFORMED_JSON'], ['Infinity', filter(',"x":-Infinity'), 'MALFORMED_JSON'], ['a byte order mark', '\xef\xbb\xbf{}', 'MALFORMED_JSON'], ['a comma too many', '{"links":[],}', 'MALFORMED_JSON'],
    ['an array', '[]', 'VALIDATION_ERROR'], ['a text', '"x"', 'VALIDATION_ERROR'], ['null', 'null', 'VALIDATION_ERROR'], ['a number', '7', 'VALIDATION_ERROR'],
    ['a repeated member', '{"search":{},"search":{}}', 'MALFORMED_JSON'], ['a repeated member deep inside', filter(',"value":"b"'), 'MALFORMED_JSON'], ['a repeated member, escaped', filter(',"v\\u0061lue":"b"'), 'MALFORMED_JSON'],
    ['an unknown member', filter(',"valve":1'), 'VALIDATION_ERROR', '/search/filters/0/valve'], ['a member of the wrong type', '{"search":7}', 'VALIDATION_ERROR', '/search'], ['an object for an array', '{"search":{"filters":{}}}', 'VALIDATION_ERROR', '/search/filters'],
    ['null for a section', '{"search":null}', 'VALIDATION_ERROR', '/search'], ['null for a name', '{"search":{"filters":[{"name":null,"condition":"EQUALS","value":"a"}]}}', 'VALIDATION_ERROR', '/search/filters/0/name'],
    ['invalid UTF-8', filter(',"x":"\xff"'), 'MALFORMED_JSON'], ['an overlong character', filter(',"x":"\xc0\xaf"'), 'MALFORMED_JSON'], ['half a surrogate pair', filter(',"x":"\\ud800"'), 'MALFORMED_JSON'], ['the other half', filter(',"x":"\\udc00\\ud800"'), 'MALFORMED_JSON'],
    ['a raw null character', filter(',"x":"\0"'), 'MALFORMED_JSON'], ['an escaped null character', filter(',"x":"\\u0000"'), 'MALFORMED_JSON'], ['a null character behind', '{}\0', 'MALFORMED_JSON'], ['depth 17', nested(17), 'MALFORMED_JSON'],
  ]) {
    it(`a body with ${name} → 400 ${code}`, async () => {
      refused(await exchange(server().url, post(`${CLOSE}Content-Length: ${body.length}\r\n`, body)), 400, code);
    });
  }

  for (const [name, headers, body, status] of [
    ['a body without Content-Type', 'Content-Length: 2\r\n', '{}', 415], ['a text', 'Content-Type: text/plain\r\nContent-Length: 2\r\n', '{}', 415], ['a charset', 'Content-Type: application/json; charset=latin1\r\nContent-Length: 2\r\n', '{}', 415],
    ['a form', 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n', '{}', 415], ['a packed body', `${JSON_TYPE}Content-Encoding: gzip\r\nContent-Length: 2\r\n`, '{}', 415],
    ['a body that says it is not packed', `${JSON_TYPE}Content-Encoding: identity\r\nContent-Length: 2\r\n`, '{}', 415], ['chunks without Content-Type', 'Transfer-Encoding: chunked\r\n', '2\r\n{}\r\n0\r\n\r\n', 415],
    ['UTF-8', 'Content-Type: Application/JSON;charset="UTF-8"\r\nContent-Length: 2\r\n', '{}', 200],
    ...['application/xml', 'text/html', 'application/json;q=0', 'application/hal+json'].map((accept) => [`Accept: ${accept}`, `${JSON_TYPE}Accept: ${accept}\r\nContent-Length: 2\r\n`, '{}', 406]),
    ...['*/*', 'application/*', 'text/html, application/json;q=0.1', ''].map((accept) => [`Accept: ${accept}`, `${JSON_TYPE}Accept: ${accept}\r\nContent-Length: 2\r\n`, '{}', 200]),
  ]) {
    it(`${name} → ${status}`, async () => assert.deepEqual((await exchange(server().url, `${line('POST', SEARCH)}${AUTHORISATION}${CLOSE}${headers}\r\n${body}`)).statuses, [status]));
  }

  for (const [query, code = 'VALIDATION_ERROR'] of [
    ...['0', '-1', '1.5', 'abc', '', '2147483648', '99999999999999999999', '+1', '1e2', '0x1', '%201'].map((page) => [`page=${page}`]), ...['0', '-1', '1001', '', 'x', '2147483648'].map((size) => [`pageSize=${size}`]),
    ['page=2147483647&pageSize=1000', 'PAGE_TOO_DEEP'], ['page=1&page=1'], ['pageSize=1&pageSize=1'], ['tenantId=1'], ['cursor=&cursor='], ['cursor=&page=1'], ['cursor=x', 'INVALID_CURSOR'],
  ]) {
    it(`${query} → 400 ${code}`, async () => refused(await exchange(server().url, `${line('GET', `${SEARCH}&${query}`)}${AUTHORISATION}${CLOSE}\r\n`), 400, code));
  }

  it('a body is invited when there is one who takes it', async () => {
    const expect = 'Content-Length: 2\r\nExpect: 100-continue\r\n';
    const nobody = await exchange(server().url, `${line('POST', '/ws/nothing')}${AUTHORISATION}${JSON_TYPE}${expect}\r\n`);
    assert.deepEqual(nobody.statuses, [404], nobody.text);
    const answer = await exchange(server().url, `${line('POST', SEARCH)}${AUTHORISATION}${JSON_TYPE}${expect}\r\n`, { invited: '{}' });
    assert.match(answer.text, /^HTTP\/1\.1 100 /);
    assert.equal(answer.statuses.at(-1), 200);
  });

  it('a body that makes no progress → 408', { timeout: 60_000 }, async () => {
    const began = Date.now();
    const answer = await exchange(server().url, `${line('POST', SEARCH)}${AUTHORISATION}${JSON_TYPE}Content-Length: 10\r\n\r\n{`, { patience: 40_000 });
    assert.ok(answer.closed && Date.now() - began < 25_000, 'the connection is cut before the time of a whole request is over');
    if (answer.text) refused(answer, 408);
  });

  it('item 53: a token from another address, and X-Forwarded-For of whom nobody trusts', async () => {
    const ask = (localAddress, path, headers, method = 'GET', body) => new Promise((done, fail) => {
      const { hostname, port } = new URL(server().url);
      const call = request({ host: hostname, port, path, method, localAddress, headers }, (reply) => { reply.resume(); reply.on('end', () => done(reply)); });
      call.on('error', fail);
      call.end(body);
    });
    const made = await ask('127.0.0.1', '/ws/auth/token?tenantId=1', { ...basic('alice'), 'Content-Type': 'application/json' }, 'POST', '{"service":"/data/search/{name}"}');
    assert.equal(made.statusCode, 204);
    const { authorization: Authorization } = made.headers;
    assert.equal((await ask('127.0.0.1', SEARCH, { Authorization })).statusCode, 200);
    assert.equal((await ask('127.0.0.2', SEARCH, { Authorization })).statusCode, 401);
    assert.equal((await ask('127.0.0.2', SEARCH, { Authorization, 'X-Forwarded-For': '127.0.0.1' })).statusCode, 401);
    assert.equal((await ask('127.0.0.1', SEARCH, { Authorization, 'X-Forwarded-For': '10.1.1.1' })).statusCode, 200);
    await server().put('/service-settings/PublicApi.Jwt.BindRemoteAddress', { value: 'false' });
    try {
      assert.equal((await ask('127.0.0.2', SEARCH, { Authorization })).statusCode, 200);
    } finally {
      await server().delete('/service-settings/PublicApi.Jwt.BindRemoteAddress', 200);
    }
  });
});
