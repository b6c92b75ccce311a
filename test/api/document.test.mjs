// The OpenAPI document: valid by an independent validator, complete, and good enough to generate a client that compiles and works.
import { Validator } from '@seriousme/openapi-schema-validator';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { operationsOf } from './contract.mjs';
import { suite } from './harness.mjs';

const here = dirname(fileURLToPath(import.meta.url));

// Compiled against the generated types: a wrong path, member or type does not compile.
const CLIENT = `
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

const client = createClient<paths>({ baseUrl: process.env.URL!, headers: { 'X-API-Key': process.env.KEY! } });
const must = <T>(reply: { data?: T; error?: unknown; response: Response }): T => {
  if (reply.data === undefined) throw new Error(reply.response.status + ' ' + JSON.stringify(reply.error));
  return reply.data;
};
const version: string = must(await client.GET('/api/v1/health/version')).version;
const definition = must(await client.GET('/api/v1/synchronisation/connector-definitions/by-name/{name}', { params: { path: { name: 'JIM File Connector' } } }));
const system = must(await client.POST('/api/v1/synchronisation/connected-systems', { body: { name: 'Generated', connectorDefinitionId: definition.id } }));
const types = must(await client.GET('/api/v1/metaverse/object-types', { params: { query: { pageSize: 100 } } }));
const user = types.items.find((type) => type.name === 'User');
// @ts-expect-error a member that the document does not name
const nothing = user!.noSuchMember;
console.log(JSON.stringify({ version, system: system.id, user: user!.id, nothing }));
`;

const GOLDEN = join(here, '../../docs/openapi.json');

suite('document', (server) => {
  it('is the document of docs/openapi.json; JOINERY_GOLDEN=write writes it anew', () => {
    const now = `${JSON.stringify(server().contract.document, null, 1)}\n`;
    if (process.env.JOINERY_GOLDEN === 'write') writeFileSync(GOLDEN, now);
    const kept = existsSync(GOLDEN) ? readFileSync(GOLDEN, 'utf8') : '';
    assert.ok(now === kept, 'the interface has changed: look at the difference, then write docs/openapi.json anew with JOINERY_GOLDEN=write node --test test/api/document.test.mjs');
  });

  it('is valid OpenAPI 3.1', async () => {
    const { document } = server().contract;
    assert.match(document.openapi, /^3\.1\./);
    const result = await new Validator().validate(structuredClone(document));
    assert.ok(result.valid, JSON.stringify(result.errors, null, 1)?.slice(0, 4000));
  });

  it('names every operation once, with a summary, a tag and an answer', () => {
    const operations = operationsOf(server().contract.document);
    const ids = operations.map((o) => o.operation.operationId);
    assert.equal(new Set(ids).size, ids.length, 'operation ids are unique');
    for (const { name, operation } of operations) {
      assert.ok(operation.operationId && operation.summary && operation.tags?.length, name);
      assert.ok(Object.keys(operation.responses).some((status) => /^[23]/.test(status)), name);
    }
  });

  it('says of every operation under /api/v1 that it can be refused', () => {
    const open = ['/api/v1/health', '/api/v1/auth/'];
    for (const { name, template, operation } of operationsOf(server().contract.document)) {
      if (template.startsWith('/api/v1') && !open.some((head) => template.startsWith(head))) assert.ok(operation.responses[401], `${name} names 401`);
    }
  });

  it('is embedded with a reference page that asks nothing of other hosts and needs no inline script', async () => {
    const page = await server().request('GET', '/api/reference', { key: null, expect: 200 });
    assert.match(page.headers.get('content-type'), /^text\/html/);
    const policy = page.headers.get('content-security-policy');
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((m) => m[1]).filter((url) => !url.startsWith('data:'));
    assert.ok(parts.length >= 3);
    assert.doesNotMatch(page.text, /<script>|<style>| style=| on\w+=/);
    for (const url of parts.filter((part) => part.startsWith('/assets/'))) {
      const part = await fetch(server().url + url, { headers: { 'Accept-Encoding': 'br' } });
      assert.equal(part.status, 200, url);
      assert.match(part.headers.get('cache-control'), /immutable/, url);
    }
    assert.ok(parts.every((url) => url.startsWith('/')), parts.join());
  });

  it('generates a TypeScript client that compiles and works', () => {
    const folder = mkdtempSync(join(tmpdir(), 'joinery-client-'));
    try {
      const tool = (name, ...args) => execFileSync(process.execPath, [join(here, 'node_modules', name), ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
      symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      writeFileSync(join(folder, 'openapi.json'), JSON.stringify(server().contract.document));
      writeFileSync(join(folder, 'client.ts'), CLIENT);
      writeFileSync(join(folder, 'globals.d.ts'), 'declare const process: { env: Record<string, string | undefined> };');
      tool('openapi-typescript/bin/cli.js', 'openapi.json', '-o', 'schema.ts');
      assert.ok(readFileSync(join(folder, 'schema.ts'), 'utf8').length > 10_000);
      try {
        tool('typescript/bin/tsc', '--strict', '--target', 'es2022', '--module', 'nodenext', '--skipLibCheck', '--lib', 'es2022,dom,dom.iterable', 'client.ts', 'globals.d.ts');
      } catch (problem) {
        assert.fail(problem.stdout);
      }
      const said = JSON.parse(execFileSync(process.execPath, ['client.js'], { cwd: folder, encoding: 'utf8', env: { ...process.env, URL: server().url, KEY: server().key } }));
      assert.ok(said.version && said.system > 0 && said.user > 0, JSON.stringify(said));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
