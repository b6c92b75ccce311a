// The tutorial of the Public Data API, word for word in a shell against the demo, and the line that the demo prints.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PROGRAM, ROOT } from '../api/harness.mjs';

const blocks = [...readFileSync(join(ROOT, 'docs/public-data-tutorial.md'), 'utf8').matchAll(/^```\n([^]*?)^```$/gm)].map(([, text]) => text);
const jsonIn = (text) => JSON.parse(text.slice(text.indexOf('{"')));

describe('the tutorial of the Public Data API', () => {
  let demo;
  let said = '';
  const shell = (script) => execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  before(async () => {
    demo = spawn('node', [join(ROOT, 'examples/congress/demo.mjs'), '--program', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((ready, failed) => {
      demo.stdout.on('data', (part) => { said += part; if (/curl -u .*\n/.test(said)) ready(); });
      demo.on('exit', (code) => failed(new Error(`the demo ended with ${code}: ${said.slice(-3000)}`)));
    });
  });
  after(async () => {
    demo.removeAllListeners('exit');
    const ended = new Promise((done) => { demo.on('exit', done); });
    demo.kill('SIGINT');
    await ended;
  });

  it('has a line in the demo that runs a search', () => {
    const found = jsonIn(shell(said.match(/^ *(curl -u .*)$/m)[1]));
    assert.equal(found.meta.name, 'SearchConfigPersons');
    assert.ok(found.result.rows.length > 0 && found.result.rows.every(({ State }) => State === 'MA'));
  });

  it('works as it is written', () => {
    const { key, url } = said.match(/X-API-Key: (?<key>jny_ak_[0-9a-f]+)" "(?<url>http:\/\/[^/]+)/).groups;
    const [start, ...rest] = blocks;
    const begin = start.replace('./dev demo\n', '').replace(/^URL=.*$/m, `URL=${url}`).replace(/^KEY=.*$/m, `KEY=${key}`);
    const marked = rest.map((block, i) => `echo; echo "== ${i}"\n${block}`).join('\n');
    const out = shell(`${begin}\n${marked}`).split(/^== \d+$/m).slice(1);
    assert.deepEqual(jsonIn(out[0]).name, 'Member');
    const user = Number(out[1].trim());
    assert.ok(user > 0, out[1]);
    assert.deepEqual(jsonIn(out[2]).execute.users, [user]);
    const found = jsonIn(out[4]);
    assert.deepEqual(found.result.rows.map(({ LastName }) => LastName), ['Balint', 'Sanders', 'Welch']);
    assert.match(out[5], /^HTTP\/1.1 202 /m);
    assert.match(out[5], /^location: \/ws\/data\/async-search\/MembersOfState\/result-set\//im);
  });
});
