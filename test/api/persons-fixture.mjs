// The people, users and searches of the checklist of the specification of the Public Data API (§13), made through the REST interface
// of one server: `const fixture = await persons(server)`.
import assert from 'node:assert/strict';
import { completes, fileSystem, named, profile, SYNC, systemPath } from './systems.mjs';

export const PASSWORD = 'correct horse: battery';
export const basic = (user, password = PASSWORD) => ({ Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });

/** Name of the field: [type of the attribute, type of the field]. */
export const FIELDS = {
  FirstName: ['Text'], LastName: ['Text'], EmployeeNumber: ['Number'], Level: ['LongNumber'], Active: ['Boolean'], HireDate: ['DateTime', 'Date'],
  LastLogin: ['DateTime'], ShiftStart: ['DateTime', 'Time'], Department: ['Text'], Tags: ['Text'], Manager: ['Reference'],
};

const iso = (time) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
const department = (n) => (n <= 50 ? 'Sales North' : n <= 80 ? 'Sales South' : 'Research 100%_*');
const names = (n) => (n <= 40 ? ['John', 'Smith'] : n <= 60 ? ['Jane', 'Smith'] : n <= 80 ? ['John', 'Doe'] : n <= 99 ? ['Åsa', 'Öberg'] : ['', "O'Brien"]);

/** What the attribute of the metaverse is called that a field shows; some names are taken by built-in ones. */
export const attributeOf = (field) => `Person ${field}`;

/** Person n as a row of the file, by column. */
export const person = (n) => ({
  objectType: 'person', id: n, FirstName: names(n)[0], LastName: names(n)[1], EmployeeNumber: 1000 + n, Level: String(9007199254740992n + BigInt(n)),
  Active: n % 2 === 1, HireDate: iso(Date.UTC(2020, 0, 1 + n)), LastLogin: iso(Date.UTC(2025, 5, 5, n)), ShiftStart: iso(Date.UTC(1970, 0, 1, 6, n)),
  Department: department(n), Tags: `t${n % 3}|all`, Manager: n === 1 ? '' : 1,
});

export const csv = (rows) => `${Object.keys(rows[0]).join(',')}\n${rows.map((row) => Object.values(row).join(',')).join('\n')}\n`;

async function schema(server) {
  const type = await server.post('/metaverse/object-types', { name: 'Person', pluralName: 'People' });
  for (const [name, [kind]] of Object.entries(FIELDS)) {
    await server.post('/metaverse/attributes', { name: attributeOf(name), type: kind, attributePlurality: name === 'Tags' ? 'MultiValued' : 'SingleValued', objectTypeIds: [type.id] });
  }
  return type;
}

async function attributesOf(server) {
  const all = [];
  for (let page = 1, more = true; more; page++) {
    const reply = await server.get(`/metaverse/attributes?pageSize=100&page=${page}`);
    all.push(...reply.items);
    more = reply.hasNextPage;
  }
  return all;
}

/** A connected system with these people, imported and projected; change its file and call `load` again. */
export async function people(server, type, rows, more = {}) {
  const made = await fileSystem(server, { name: `People of tenant ${more.tenantId ?? 1}`, rows: csv(rows), tenantId: more.tenantId, types: { person: { id: 'id', references: ['Manager'], kinds: Object.fromEntries(Object.entries(FIELDS).map(([name, [kind]]) => [name, kind])) } } });
  const attributes = await attributesOf(server);
  const rule = await server.post(`${SYNC}/sync-rules`, { name: `People in ${made.id}`, direction: 'Import', connectedSystemId: made.id, connectedSystemObjectTypeId: made.types.person.id, metaverseObjectTypeId: type.id, projectToMetaverse: true });
  for (const name of Object.keys(FIELDS)) {
    await server.post(`${SYNC}/sync-rules/${rule.id}/mappings`, { targetMetaverseAttributeId: named(attributes, attributeOf(name)).id, sources: [{ order: 0, connectedSystemAttributeId: named(made.types.person.attributes, name).id }] });
  }
  const [read, synchronise] = [await profile(server, made, 'FullImport'), await profile(server, made, 'FullSynchronisation')];
  const load = async () => {
    await completes(server, made, read);
    await completes(server, made, synchronise);
  };
  await load();
  return { ...made, load };
}

const reference = (type, name) => ({ type, name });
export const PERSON = reference('CORE_TEMPLATE', 'Person');
export const template = { name: 'Person', objectType: 'Person', fields: Object.entries(FIELDS).map(([name, [kind, shown]]) => ({ name, attribute: attributeOf(name), type: shown ?? kind, multiValued: name === 'Tags' })) };

/** The searches of the fixture, in the order in which they are made. */
export const searches = (execute) => {
  const search = (name, columns, more = {}) => ({
    name, purposes: ['PublicRestApi'], execute, search: { reference: more.reference ?? PERSON, filters: more.filters ?? [] },
    result: { reference: more.reference ?? PERSON, filters: [], columns: { fields: columns, sort: more.sort ?? [] } }, ...more.rest,
  });
  const filter = (name, condition, value, mode) => ({ name, condition, value, mode });
  return [
    search('SearchConfigPersons', ['FirstName', 'LastName'], { sort: ['FirstName|ASC', 'LastName|DESC'], filters: [filter('FirstName', 'EQUALS', 'John', 'EDITABLE'), filter('LastName', 'EQUALS', 'Smith', 'EDITABLE')], rest: { filterableFields: Object.keys(FIELDS) } }),
    search('SearchConfigCertificates', ['Serial', 'Subject', 'ValidTo'], { reference: reference('DATA_POOL', 'Certificates') }),
    search('SearchConfigAll', Object.keys(FIELDS), { sort: ['EmployeeNumber|ASC'] }),
    search('SearchConfigFixed', ['FirstName', 'LastName', 'Department'], { filters: [filter('Department', 'STARTS_WITH', 'Sales', 'FIXED')] }),
    search('SearchConfigMandatory', ['FirstName', 'LastName'], { filters: [filter('LastName', 'EQUALS', null, 'MANDATORY')] }),
    search('SearchConfigLimited', ['EmployeeNumber', 'LastName'], { rest: { maxResultCount: 50 } }),
    search('SearchConfigReports', ['EmployeeNumber', 'LastName'], { rest: { relation: { path: [{ attribute: attributeOf('Manager'), direction: 'Incoming' }] } } }),
    search('SearchConfigNoPurpose', ['FirstName'], { rest: { purposes: [] } }),
  ];
};

export const CERTIFICATES = {
  name: 'Certificates', source: { lookupTable: true },
  fields: [{ name: 'Serial', type: 'Text' }, { name: 'Subject', type: 'Text' }, { name: 'ValidTo', type: 'DateTime' }],
};
export const CERTIFICATE_ROWS = [
  { Serial: '01', Subject: 'CN=John Smith', ValidTo: '2027-01-01T00:00:00+0000' }, { Serial: '02', Subject: 'CN=Jane Smith', ValidTo: '2027-06-30T12:00:00+0000' },
  { Serial: '03', Subject: 'CN=John Doe', ValidTo: '2028-01-01T00:00:00+0000' },
];

/** Everything; with `two` also tenant 2 with a different alice. */
export async function persons(server, { two = true } = {}) {
  await server.put('/service-settings/PublicApi.RateLimit.FailedAuthPerMinute', { value: '0' });
  const users = {};
  const both = ['PublicDataApi.Token', 'PublicDataApi.Search'];
  for (const [name, permissions] of [['alice', both], ['bob', both.slice(1)], ['carol', both.slice(0, 1)], ['dave', both.slice(1)], ['erin', both]]) {
    users[name] = await server.post('/tenants/1/users', { userName: name, password: PASSWORD, permissions, enabled: name !== 'erin' });
  }
  const type = await schema(server);
  const system = await people(server, type, Array.from({ length: 100 }, (_, i) => person(i + 1)));
  await server.post('/tenants/1/core-templates', template);
  const pool = await server.post('/tenants/1/data-pools', CERTIFICATES);
  await server.put(`/tenants/1/data-pools/${pool.id}/rows`, CERTIFICATE_ROWS);
  const made = {};
  for (const search of searches({ users: [users.alice.id, users.bob.id], roles: [] })) made[search.name] = await server.post('/tenants/1/search-configurations', search);
  const fixture = { users, type, system, pool, searches: made };
  if (two) {
    const tenant = await server.post('/tenants', { name: 'Second' });
    assert.equal(tenant.id, 2);
    fixture.other = await server.post('/tenants/2/users', { userName: 'alice', password: `${PASSWORD} there`, permissions: both });
  }
  return fixture;
}
