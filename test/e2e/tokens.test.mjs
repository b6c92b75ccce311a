// The end of tokens of the Public Data API when their time is over (public-data-api.md §3.3, items 49 and 56).
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { basic, PASSWORD } from '../api/persons-fixture.mjs';
import { scenario, startWithClock } from './scenario.mjs';

scenario('tokens and time', (servers) => {
  const request = (...words) => servers.server.request(...words);
  const tokenOf = async (minutes) => (await request('POST', '/ws/auth/token?tenantId=1', { key: null, headers: basic('alice'), body: { duration: minutes, service: '/data/resources' }, expect: 204 })).headers.get('authorization');
  const use = (Authorization, expect) => request('GET', '/ws/data/resources?tenantId=1', { key: null, headers: { Authorization }, expect });
  const invalid = async (token) => assert.match((await use(token, 401)).headers.get('www-authenticate'), /error="invalid_token"/);

  it('items 49, 56: a token ends with its time, or when the longest time becomes shorter than its age', async () => {
    const { server } = servers;
    await server.post('/tenants/1/users', { userName: 'alice', password: PASSWORD, permissions: ['PublicDataApi.Token', 'PublicDataApi.Search'] });
    const [brief, long] = [await tokenOf(5), await tokenOf(30)];
    await use(brief, 200);
    await server.clock.pass(4 * 60);
    await use(brief, 200);
    await use(long, 200);
    await server.clock.pass(60);
    await invalid(brief);
    await use(long, 200);
    await server.put('/service-settings/PublicApi.Jwt.MaxDurationMinutes', { value: '1' });
    await invalid(long);
    await use(await tokenOf(1), 200);
    await server.delete('/service-settings/PublicApi.Jwt.MaxDurationMinutes', 200);
    await use(long, 200);
    await server.clock.pass(25 * 60);
    await invalid(long);
  });
}, { start: () => startWithClock() });
