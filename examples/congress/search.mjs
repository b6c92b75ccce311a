// Sets up a search of the Public Data API over the members of Congress, and a caller who may carry it out and nothing else.
const PASSWORD = 'four score and seven years';

const FIELDS = [
  ['FirstName', 'First Name'], ['LastName', 'Last Name'], ['State', 'US State'], ['Chamber', 'Chamber'], ['Party', 'Party'], ['Office', 'Office'],
];

/** Makes template, search and user; returns how to ask. */
export async function setUpSearch(joinery) {
  const user = await joinery.post('/tenants/1/users', {
    userName: 'reports', fullName: 'Reports', password: PASSWORD, permissions: ['PublicDataApi.Token', 'PublicDataApi.Search'],
  });
  await joinery.post('/tenants/1/core-templates', { name: 'Person', objectType: 'User', fields: FIELDS.map(([name, attribute]) => ({ name, type: 'Text', attribute })) });
  const reference = { type: 'CORE_TEMPLATE', name: 'Person' };
  await joinery.post('/tenants/1/search-configurations', {
    name: 'SearchConfigPersons', description: 'Members of Congress, for reports', purposes: ['PublicRestApi'], execute: { users: [user.id] },
    search: { reference, filters: [{ name: 'State', condition: 'EQUALS', value: null, mode: 'EDITABLE' }, { name: 'LastName', condition: 'STARTS_WITH', value: null, mode: 'EDITABLE', caseSensitive: false }] },
    result: { reference, filters: [], columns: { fields: FIELDS.map(([name]) => name), sort: ['LastName|ASC', 'FirstName|ASC'] } },
  });
  return { user: 'reports', password: PASSWORD, name: 'SearchConfigPersons' };
}

/** Carries out a search as its caller, with the body as it stands. */
export async function search(url, caller, body) {
  const reply = await fetch(`${url}/ws/data/search/${caller.name}?tenantId=1&pageSize=100`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${caller.user}:${caller.password}`).toString('base64')}`, Accept: 'application/json', 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`the search ${caller.name}: ${reply.status} ${text}`);
  return JSON.parse(text);
}

/** The same as a command that a person can paste. */
export const curl = (url, caller, body) => `curl -u '${caller.user}:${caller.password}' -H 'Content-Type: application/json' '${url}/ws/data/search/${caller.name}?tenantId=1&pageSize=5' -d '${JSON.stringify(body)}'`;
