// The end of asynchronous searches when their time is over (public-data-api.md §5, item 160).
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { basic, persons } from '../api/persons-fixture.mjs';
import { pause, scenario, startWithClock } from './scenario.mjs';

scenario('result sets and time', (servers) => {
  it('item 160: after its retention a result is gone, and after a week forgotten', async () => {
    const { server } = servers;
    await persons(server, { two: false });
    const P = '/ws/data/async-search/SearchConfigPersons';
    const files = () => readdirSync(join(server.folder, 'data/result-sets')).length;
    const ask = (method, path, expect) => server.request(method, `${path}?tenantId=1`, { key: null, headers: basic('alice'), expect });
    const { body: uuid } = await ask('POST', P, 202);
    for (let tries = 0; (await ask('GET', `${P}/result-set/${uuid}`)).status === 409; tries++) {
      assert.ok(tries < 600, 'the search comes to its end');
      await pause(50);
    }
    await ask('GET', `${P}/result-set/${uuid}`, 200);
    assert.equal(files(), 1);
    await server.clock.pass(59 * 60);
    await ask('GET', `${P}/result-set/${uuid}`, 200);
    await server.clock.pass(2 * 60);
    assert.equal((await ask('GET', `${P}/result-set/${uuid}`, 410)).body.code, 'RESULT_GONE');
    assert.equal(files(), 0, 'its file is removed');
    await server.clock.pass(8 * 24 * 3600);
    await ask('GET', `${P}/result-set/${uuid}`, 416);
  });
}, { start: () => startWithClock() });
