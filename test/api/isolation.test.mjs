// What callers of the Public Data API may not see never leaves the server: random tenants, people, searches, rights and requests. Every
// value is a mark of its own, so that any reply can be searched for marks that its caller has no right to. ISOLATION_SEED repeats a run.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './harness.mjs';
import { attributeOf, FIELDS, people, person, template } from './persons-fixture.mjs';
import { randomOf } from './random.mjs';

const SEED = Number(process.env.ISOLATION_SEED ?? 20261122);
const REQUESTS = 600;
const PEOPLE = 30;
const PASSWORD = 'a long pass phrase';
const MARKS = /[A-Z]\d+n\d+z/g;
const TEXTS = ['FirstName', 'LastName', 'Department', 'Tags'];
const CONDITIONS = {
  EQUALS: (value, given) => value === given, NOT_EQUALS: (value, given) => value !== given,
  STARTS_WITH: (value, given) => value.startsWith(given), CONTAINS: (value, given) => value.includes(given), ENDS_WITH: (value, given) => value.endsWith(given),
  NOT_CONTAINS: (value, given) => !value.includes(given),
};

suite(`isolation (seed ${SEED})`, (server) => {
  const { next, below, pick: one } = randomOf(SEED);
  const some = (list, least = 0) => { const kept = list.filter(() => next() < 0.5); return kept.length >= least ? kept : [one(list)]; };
  const tenants = {};

  /** The people of a tenant: every text is a mark but the department, of which there are three. */
  const peopleOf = (tenant) => Array.from({ length: PEOPLE }, (_, i) => ({
    n: i + 1, FirstName: `F${tenant}n${i + 1}z`, LastName: `L${tenant}n${i + 1}z`, Department: `D${tenant}n${below(3) + 1}z`, Tags: `S${tenant}n${i + 1}z`,
  }));

  function randomFilter(tenant, mode) {
    const name = one(TEXTS.slice(0, 3));
    const condition = one(Object.keys(CONDITIONS));
    const value = name === 'Department' ? `D${tenant}n${below(3) + 1}z` : one(['n1', `${name[0]}${tenant}n`, '7z', '2z']);
    return { name, condition, value, mode };
  }

  function randomSearch(tenant, number) {
    const columns = some(['FirstName', 'LastName', 'Department'], 1);
    const filters = Array.from({ length: below(3) }, () => randomFilter(tenant, one(['FIXED', 'FIXED', 'EDITABLE'])));
    return { name: `Search${number}`, columns, filters, filterable: next() < 0.4 ? some(TEXTS.slice(0, 3)) : null };
  }

  async function makeTenant(id) {
    if (id > 1) assert.equal((await server().post('/tenants', { name: `Tenant ${id}` })).id, id);
    const users = [];
    for (const userName of ['ann', 'ben', 'cat']) users.push({ userName, id: (await server().post(`/tenants/${id}/users`, { userName, password: `${PASSWORD} ${id}`, permissions: ['PublicDataApi.Search'] })).id });
    const rows = peopleOf(id);
    await people(server(), tenants.type, rows.map(({ n, ...texts }) => ({ ...person(n), ...texts })), { tenantId: id });
    await server().post(`/tenants/${id}/core-templates`, template);
    const searches = [];
    for (let i = 1; i <= 6; i++) {
      const search = randomSearch(id, i);
      search.execute = some(users.map((user) => user.id));
      const reference = { type: 'CORE_TEMPLATE', name: 'Person' };
      await server().post(`/tenants/${id}/search-configurations`, {
        name: search.name, purposes: ['PublicRestApi'], execute: { users: search.execute, roles: [] }, ...(search.filterable ? { filterableFields: search.filterable } : {}),
        search: { reference, filters: search.filters }, result: { reference, filters: [], columns: { fields: search.columns, sort: [] } },
      });
      searches.push(search);
    }
    tenants[id] = { id, users, rows, searches };
  }

  before(async () => {
    await server().put('/service-settings/PublicApi.RateLimit.FailedAuthPerMinute', { value: '0' });
    tenants.type = await server().post('/metaverse/object-types', { name: 'Person', pluralName: 'People' });
    for (const [name, [kind]] of Object.entries(FIELDS)) {
      await server().post('/metaverse/attributes', { name: attributeOf(name), type: kind, attributePlurality: name === 'Tags' ? 'MultiValued' : 'SingleValued', objectTypeIds: [tenants.type.id] });
    }
    for (const id of [1, 2]) await makeTenant(id);
  });

  const holds = (row, { name, condition, value }) => CONDITIONS[condition](row[name], value);
  const mayFilter = (search, name) => (search.filterable ?? [...search.columns, ...search.filters.filter(({ mode }) => mode === 'EDITABLE').map((filter) => filter.name)]).includes(name);

  /** What a body asks of a search: the filters that hold in the end, or null when it must be refused. */
  function effective(search, filters) {
    if (!filters) return search.filters;
    const result = search.filters.filter(({ mode }) => mode === 'FIXED');
    const editable = search.filters.filter(({ mode }) => mode === 'EDITABLE');
    for (const filter of filters) {
      if (search.filters.some((f) => f.mode === 'FIXED' && f.name === filter.name && f.condition === filter.condition && f.value === filter.value)) continue;
      const at = editable.findIndex(({ name }) => name === filter.name);
      if (at >= 0) editable.splice(at, 1);
      else if (!mayFilter(search, filter.name)) return null;
      result.push(filter);
    }
    return result;
  }

  /** A value of any tenant, or a part of one. */
  const guess = () => {
    const row = one(tenants[one([1, 2])].rows);
    const value = row[one(TEXTS)];
    return one([value, value.slice(0, 3), value.slice(-3), value.slice(0, -1)]);
  };

  function randomBody() {
    const body = {};
    if (next() < 0.7) body.search = { filters: Array.from({ length: below(3) }, () => ({ name: one([...TEXTS, 'Manager', 'Nope']), condition: one(Object.keys(CONDITIONS)), value: guess() })) };
    if (next() < 0.5) body.result = { columns: {} };
    if (body.result && next() < 0.6) body.result.columns.fields = some([...TEXTS.slice(0, 3), ...(next() < 0.2 ? ['Tags', 'Level'] : [])], 1);
    if (body.result && next() < 0.6) body.result.columns.sort = [...new Set(some(TEXTS, 0))].map((name) => `${name}|${one(['ASC', 'DESC'])}`);
    return body;
  }

  /** Who asks what of whom: mostly what might work. */
  async function request() {
    const tenant = tenants[one([1, 2])];
    const user = one(tenant.users);
    const target = next() < 0.9 ? tenant.id : 3 - tenant.id;
    const search = one(tenant.searches);
    const body = randomBody();
    const query = `tenantId=${target}&page=${1 + below(3)}&pageSize=${one([1, 5, 100])}`;
    const reply = await server().request('POST', `/ws/data/search/${search.name}?${query}`, {
      key: null, body, headers: { Authorization: `Basic ${Buffer.from(`${user.userName}:${PASSWORD} ${tenant.id}`).toString('base64')}` },
    });
    return { tenant, user, target, search, body, query, reply };
  }

  /** The marks that may stand in a reply: cells of rows and columns that the caller may see. */
  function allowed({ tenant, search, body }) {
    const fixed = search.filters.filter(({ mode }) => mode === 'FIXED');
    const rows = tenant.rows.filter((row) => fixed.every((filter) => holds(row, filter)));
    const columns = (body.result?.columns?.fields ?? search.columns).filter((name) => search.columns.includes(name));
    return new Set(rows.flatMap((row) => columns.map((name) => row[name])));
  }

  const unsortable = ({ search, body }) => (body.result?.columns?.sort ?? []).some((key) => !search.columns.includes(key.split('|')[0]));
  const unseen = ({ search, body }) => (body.result?.columns?.fields ?? []).some((name) => !search.columns.includes(name));

  function judge(exchange) {
    const { tenant, user, target, search, body, reply, query } = exchange;
    const story = `seed ${SEED}: tenant ${tenant.id} ${user.userName} ${search.name}?${query} ${JSON.stringify(body)} → ${reply.status} ${reply.text.slice(0, 600)}\n${JSON.stringify(search)}`;
    if (target !== tenant.id) return assert.equal(reply.status, 401, story);
    if (!search.execute.includes(user.id)) {
      assert.deepEqual([reply.status, reply.body.code, reply.text.match(MARKS)], [403, 'SEARCH_NOT_AVAILABLE', null], story);
      return undefined;
    }
    const filters = effective(search, body.search?.filters);
    if (!filters || unsortable(exchange) || unseen(exchange)) {
      assert.deepEqual([reply.status, reply.text.match(MARKS)], [400, null], story);
      return undefined;
    }
    assert.equal(reply.status, 200, story);
    assert.equal(reply.body.meta.totalSize, tenant.rows.filter((row) => filters.every((filter) => holds(row, filter))).length, story);
    const may = allowed(exchange);
    for (const mark of JSON.stringify(reply.body.result.rows).match(MARKS) ?? []) assert.ok(may.has(mark), `${mark} may not be seen: ${story}`);
    return undefined;
  }

  it(`${REQUESTS} random requests see what they may see, and nothing else`, async () => {
    const statuses = {};
    for (let i = 0; i < REQUESTS; i++) {
      const exchange = await request();
      judge(exchange);
      statuses[exchange.reply.status] = (statuses[exchange.reply.status] ?? 0) + 1;
    }
    for (const status of [200, 400, 401, 403]) assert.ok(statuses[status] > 10, `each kind of reply came: ${JSON.stringify(statuses)}`);
  });

  it('a field that may not be asked is refused as one that does not exist', async () => {
    const tenant = tenants[1];
    for (const search of tenant.searches.filter(({ execute }) => execute.length)) {
      const user = tenant.users.find(({ id }) => search.execute.includes(id));
      const ask = async (name) => {
        const { status, body } = await server().request('POST', `/ws/data/search/${search.name}?tenantId=1`, {
          key: null, body: { search: { filters: [{ name, condition: 'EQUALS', value: 'x' }] } }, headers: { Authorization: `Basic ${Buffer.from(`${user.userName}:${PASSWORD} 1`).toString('base64')}` },
        });
        return { status, ...body, timestamp: null };
      };
      for (const name of TEXTS.filter((field) => !mayFilter(search, field) && !search.filters.some((f) => f.name === field && f.mode === 'EDITABLE'))) {
        assert.deepEqual(await ask(name), await ask('Nope'), `${search.name} ${name}`);
      }
    }
  });
});
