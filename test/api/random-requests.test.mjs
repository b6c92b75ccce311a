// Random requests made from the OpenAPI document: whatever is sent, no reply is 5xx and every reply fits the document. The seed is
// printed; JOINERY_SEED=… sets another one, JOINERY_RANDOM_SECONDS how long it goes on.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { Contract } from './contract.mjs';
import { suite } from './harness.mjs';
import { basic, persons, searches } from './persons-fixture.mjs';
import { randomOf } from './random.mjs';
import { completes, fileSystem, metaverse, profile, rule } from './systems.mjs';

// What is called here at random says nothing about which operations have tests.
delete process.env.JOINERY_TEST_CALLS;

const SEED = Number(process.env.JOINERY_SEED ?? 20261);
const SECONDS = Number(process.env.JOINERY_RANDOM_SECONDS ?? 30);
const MOST_EACH = Number(process.env.JOINERY_RANDOM_EACH ?? 15);
// Without single sign-on its configuration is 503, as it says; a reset would end the run.
const LEFT_OUT = new Set(['GetAuthConfig', 'GetConfig', 'ResetSystem']);

const TEXTS = ['', ' ', 'a', 'Ada', 'Display Name', 'name:eq:Ada', '%', '_', "'; drop table mvo; --", '"quoted"', 'tab\tbell\u0007', 'ß İ ſ ﬃ', '\u{1F600}', '\u202Eright', 'é', 'x'.repeat(300), 'y'.repeat(5000),
  '../../etc/passwd', '/', 'null', 'true', '0', '-1', '1e400', '99999999999999999999', 'NaN', 'mv["Display Name"]', 'cs["name"] + ', '(((', '*', '${user}', '2026-02-30', '00:00:00'];
const PLAIN_TEXTS = ['Ada', 'Engine', 'person', 'Display Name', 'Text', 'one', 'two', 'three', 'mv["Display Name"]', 'Trim(cs["name"])', 'name'];
const INTEGERS = [0, 1, 2, 3, 5, 10, 25, 100, 101, -1, -2147483648, 2147483647, 2147483648, 4294967296, -9223372036854775808n, 9223372036854775807n, 9223372036854775808n, 1.5, 1e300];
const DATES = ['2026-03-04T05:06:07Z', '2026-03-04', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z', '10000-01-01T00:00:00Z', '2026-13-01T00:00:00Z', '2026-03-04T05:06:07+14:00', 'soon'];
const SPANS = ['00:00:00', '1.02:03:04', '-00:00:01', '10675199.02:48:05.4775807', '99999999.00:00:00', '24:00:00', 'long'];
const UUIDS = ['00000000-0000-0000-0000-000000000000', '00000000-0000-4000-8000-00000000dead', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'no-uuid'];

class Maker {
  constructor(document, random) {
    Object.assign(this, { document, random, ids: new Map(), plain: false });
  }

  deref(schema) {
    while (schema?.$ref) schema = schema.$ref.slice(2).split('/').reduce((at, part) => at[part.replaceAll('~1', '/').replaceAll('~0', '~')], this.document);
    return schema ?? {};
  }

  /** Remembers ids by the collection that they were seen in, and by the names of their members. */
  learn(path, body) {
    const visit = (value, name, depth) => {
      if (depth > 6 || value === null) return;
      if (Array.isArray(value)) return value.slice(0, 20).forEach((item) => visit(item, name, depth + 1));
      if (typeof value !== 'object') {
        if (/id$/i.test(name) || /^(uri|key|name)$/.test(name)) this.keep(name.toLowerCase(), value);
        if (name === 'version') for (const asked of ['changeversion', 'fromversion', 'toversion']) this.keep(asked, value);
        return;
      }
      const own = value.id ?? value.key ?? value.activityId;
      if (own !== undefined && depth < 2) this.keep(path, own);
      for (const [member, inner] of Object.entries(value)) visit(inner, member, depth + 1);
    };
    visit(body, '', 0);
  }

  keep(where, id) {
    if (!this.ids.has(where)) this.ids.set(where, []);
    const list = this.ids.get(where);
    if (!list.includes(id)) list.push(id);
    if (list.length > 40) list.shift();
  }

  /** What was deleted is asked for once more at most. */
  forget(place) {
    const at = place.lastIndexOf('/') + 1, id = decodeURIComponent(place.slice(at));
    const list = this.ids.get(place.slice(0, at));
    if (list) list.splice(0, list.length, ...list.filter((each) => String(each) !== id));
  }

  known(name, place) {
    const [here, anywhere] = [this.ids.get(place), this.ids.get(name.toLowerCase()) ?? this.ids.get(name.toLowerCase().replace(/s$/, ''))];
    const list = here && (!anywhere || this.random.chance(0.85)) ? here : anywhere;
    return list?.length ? this.random.pick(list) : undefined;
  }

  wrong() { return this.random.pick([null, true, false, 0, -1, 'text', '', [], {}, [1, 'a', null], { a: { b: [] } }, 1.5, 1e300]); }

  text(schema) {
    const { random } = this;
    if (this.plain) {
      const sane = { 'date-time': DATES.slice(0, 3), date: DATES.slice(0, 3), timespan: SPANS.slice(0, 2), decimal: ['0', '1.5'] }[schema.format];
      if (sane) return random.pick(sane);
      if (!schema.format) return schema.pattern ? 'ada-1' : random.chance(0.3) ? `Name ${random.below(100000)}` : random.pick(PLAIN_TEXTS);
    }
    if (schema.format === 'date-time' || schema.format === 'date') return random.pick(DATES);
    if (schema.format === 'timespan') return random.pick(SPANS);
    if (schema.format === 'uuid') return this.known('id', 'uuid') ?? random.pick(UUIDS);
    if (schema.format === 'decimal') return random.pick(['0', '-1.50', '79228162514264337593543950335', '1e5', 'x']);
    if (schema.maxLength && random.chance(0.1)) return 'z'.repeat(schema.maxLength + random.below(2));
    return random.pick(TEXTS);
  }

  /** A value that the schema asks for, or with the chance `odd` something else. */
  value(schema, name = '', depth = 0, odd = 0.06) {
    const { random } = this;
    const s = this.deref(schema);
    if (this.plain) odd = 0;
    if (random.chance(odd)) return this.wrong();
    const branches = s.anyOf ?? s.oneOf ?? s.allOf;
    if (branches) return this.value(random.pick(branches), name, depth, odd);
    if (s.const !== undefined) return s.const;
    if (s.enum) return this.plain || random.chance(0.92) ? random.pick(s.enum) : random.pick(['Nothing', s.enum[0]?.toString?.().toUpperCase?.(), 99]);
    const types = [s.type ?? (s.properties ? 'object' : 'string')].flat();
    const type = random.pick(types);
    if (/ids?$/i.test(name) && ['integer', 'string'].includes(type) && random.chance(0.8)) {
      const id = this.known(name, name);
      if (id !== undefined) return id;
    }
    switch (type) {
      case 'null': return null;
      case 'boolean': return random.chance(0.5);
      case 'integer': case 'number': {
        if (this.plain) return Math.min(s.maximum ?? 100, Math.max(s.minimum ?? 0, random.below(60)));
        const edges = [s.minimum, s.maximum, s.default].filter((n) => n !== undefined);
        return edges.length && random.chance(0.5) ? random.pick(edges) + random.below(3) - 1 : random.pick(INTEGERS);
      }
      case 'array': return Array.from({ length: depth > 4 ? 0 : random.pick([0, 1, 1, 2, 3, s.maxItems > 0 && s.maxItems < 200 ? s.maxItems + 1 : 4]) }, () => this.value(s.items ?? {}, name, depth + 1, odd));
      case 'object': return this.object(s, depth, odd);
      default: return this.text(s);
    }
  }

  object(s, depth, odd) {
    const { random } = this;
    const out = {};
    for (const [name, member] of Object.entries(s.properties ?? {})) {
      const needed = (s.required ?? []).includes(name);
      if (depth > 5 && !needed) continue;
      if (random.chance(this.plain ? (needed ? 1 : 0.4) : needed ? 0.95 : 0.6)) out[name] = this.value(member, name, depth + 1, odd);
    }
    if (s.additionalProperties && typeof s.additionalProperties === 'object' && depth < 5) {
      for (let n = random.below(3); n > 0; n--) out[random.chance(0.5) ? String(random.below(9)) : random.pick(TEXTS)] = this.value(s.additionalProperties, '', depth + 1, odd);
    }
    if (!this.plain && random.chance(0.05)) out.unknownMember = 1;
    return out;
  }

  /** One request of an operation. */
  request({ method, template, operation }) {
    const { random } = this;
    this.plain = random.chance(0.5);
    const parameters = (operation.parameters ?? []).map((p) => this.deref(p));
    const headers = {}, query = new URLSearchParams();
    let path = '';
    for (const segment of template.split(/(\{[^}]+\})/)) {
      if (!segment.startsWith('{')) {
        path += segment;
        continue;
      }
      const name = segment.slice(1, -1), p = parameters.find((each) => each.in === 'path' && each.name === name);
      const known = random.chance(0.93) ? this.known(name, path) : undefined;
      const value = String(known ?? this.value(p?.schema ?? {}, name, 0, 0));
      path += encodeURIComponent(/^\.*$/.test(value) ? 'x' : value.slice(0, 400));
    }
    for (const p of parameters) {
      if (p.in === 'path' || !random.chance(p.required ? 0.95 : this.plain ? 0.15 : 0.4)) continue;
      const value = this.value(p.schema, p.name, 0, 0.03);
      for (const one of Array.isArray(value) ? value : [value]) {
        const text = typeof one === 'object' ? JSON.stringify(one) : String(one);
        if (p.in === 'query') query.append(p.name, text.slice(0, 1000));
        else if (p.in === 'header' && /^[\x20-\x7e]*$/.test(text)) headers[p.name] = text.slice(0, 200).trim();
      }
    }
    const options = { headers };
    const content = operation.requestBody && this.deref(operation.requestBody).content;
    if (content && random.chance(0.97)) {
      const schema = content['application/json']?.schema;
      const body = schema ? this.value(schema, '', 0, random.chance(0.5) ? 0 : 0.06) : 'text';
      options.raw = random.chance(0.01) ? '{"a": [1,' : stringify(body);
    }
    const asked = query.toString();
    return { method, path: asked ? `${path}?${asked}` : path, place: path, options };
  }
}

/** JSON with integers that a double cannot hold. */
const stringify = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `#${v}#` : v))?.replace(/"#(-?\d+)#"/g, '$1') ?? 'null';

suite('random requests', (server) => {
  let own;
  before(async () => {
    const { user } = await metaverse(server());
    const people = await fileSystem(server(), { name: 'People', types: { person: { id: 'id', references: ['manager'] } } });
    await rule(server(), people, people.types.person, user, 'Import', { 'Display Name': 'name', Department: 'team', Manager: 'manager' });
    for (const type of ['FullImport', 'FullSynchronisation', 'Export']) await completes(server(), people, await profile(server(), people, type));
    await server().post('/tenants', { name: 'Random' });
    own = (await server().get('/apikeys')).map((key) => key.id);
  });

  it(`answers whatever is asked (seed ${SEED})`, { timeout: (SECONDS + 90) * 1000 }, async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const { document, operations } = server().contract;
    const random = randomOf(SEED);
    const maker = new Maker(document, random);
    const mine = operations.filter((o) => o.template.startsWith('/api/v1') && !LEFT_OUT.has(o.operation.operationId));
    const until = Date.now() + SECONDS * 1000, statuses = {}, faults = [];
    let sent = 0;
    const send = async (made) => {
      if (own.some((id) => made.path.includes(id)) && made.method !== 'GET') return;
      sent++;
      try {
        const { status, body } = await server().request(made.method, made.path, made.options);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status >= 500) faults.push(`${made.method} ${made.path} ${made.options.raw ?? ''} → ${status} ${JSON.stringify(body)}`);
        if (status < 300 && made.method === 'DELETE') maker.forget(made.place);
        if (status < 300 && body) maker.learn(`${made.place}/`, body.items ?? body);
      } catch (e) {
        if (e.code !== 'ERR_ASSERTION') throw e;
        faults.push(`${made.method} ${made.path} ${made.options.raw ?? ''} → ${e.message}`);
      }
    };
    // What is there at the beginning is learnt, and mostly stays.
    for (const o of mine) {
      for (let n = 0; o.method === 'GET' && n < (o.parameters ? 2 : 1); n++) {
        const { place } = maker.request(o);
        await send({ method: 'GET', path: place, place, options: {} });
      }
    }
    const stays = new Set([...maker.ids].filter(([place]) => place.startsWith('/')).flatMap(([place, ids]) => ids.map((id) => `${place}${id}`)));
    for (let round = 0; round < MOST_EACH && Date.now() < until && faults.length < 20; round++) {
      // Deletions come rarely, so that something is left to ask for.
      for (const o of mine) {
        if (o.method === 'DELETE' && !random.chance(0.4)) continue;
        if (Date.now() >= until) break;
        const made = maker.request(o);
        if (o.method === 'DELETE' && stays.has(made.place) && random.chance(0.95)) continue;
        await send(made);
      }
    }
    t.diagnostic(`${sent} requests of ${mine.length} operations: ${JSON.stringify(statuses)}`);
    for (const fault of faults) t.diagnostic(fault.slice(0, 1500).replaceAll('\n', ' '));
    assert.equal(faults.length, 0, `seed ${SEED}: ${faults.length} replies`);
    await server().get('/health');
  });
});

suite('random requests under /ws', (server) => {
  let document;
  before(async () => {
    await persons(server());
    for (const [key, value] of [['OpenApiDocs.Enabled', 'true'], ['RateLimit.RequestsPerMinute', '0'], ['Async.MaxPerUser', '10000']]) await server().put(`/service-settings/PublicApi.${key}`, { value });
    document = (await server().request('GET', '/ws/v3/api-docs', { key: null, headers: basic('alice'), expect: 200 })).body;
  });

  it(`answers whatever is asked (seed ${SEED})`, { timeout: (SECONDS + 90) * 1000 }, async (t) => {
    const random = randomOf(SEED), maker = new Maker(document, random), contract = new Contract(document);
    const operations = contract.operations.filter((o) => o.template.startsWith('/ws/'));
    assert.ok(operations.length >= 10, `${operations.length} operations`);
    for (const { name } of searches({ users: [], roles: [] })) maker.keep('name', name);
    const until = Date.now() + SECONDS * 500, statuses = {}, faults = [];
    for (let round = 0; round < MOST_EACH * 8 && Date.now() < until && faults.length < 20; round++) {
      for (const o of operations) {
        const made = maker.request(o);
        const url = new URL(made.path, 'http://x');
        if (random.chance(0.9)) url.searchParams.set('tenantId', '1');
        const reply = await server().request(made.method, url.pathname + url.search, {
          ...made.options, key: null, headers: { ...made.options.headers, ...(random.chance(0.95) ? basic(random.pick(['alice', 'alice', 'bob', 'carol', 'dave'])) : {}) },
        });
        statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
        const problems = contract.problems(made.method, decodeURI(url.pathname), reply, reply.text);
        if (reply.status >= 500 && reply.status !== 507) problems.push('a fault of the server');
        if (problems.length) faults.push(`${made.method} ${url.pathname}${url.search} ${made.options.raw ?? ''} → ${reply.status} ${problems.join('; ')} ${reply.text.slice(0, 300)}`);
        if (reply.status === 202) maker.keep('uuid', reply.body);
      }
    }
    t.diagnostic(`${operations.length} operations: ${JSON.stringify(statuses)}`);
    for (const fault of faults) t.diagnostic(fault.slice(0, 1500).replaceAll('\n', ' '));
    assert.equal(faults.length, 0, `seed ${SEED}: ${faults.length} replies`);
    assert.ok(statuses[200] > 20 && statuses[400] > 20, JSON.stringify(statuses));
  });
});
