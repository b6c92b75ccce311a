// What the feeds say, worked out from the files alone, so that the demo can compare what the server made of them.
import { readFileSync } from 'node:fs';

export const PEOPLE_DN = 'ou=people,dc=congress,dc=example';
export const GROUPS_DN = 'ou=groups,dc=congress,dc=example';

/** Reads a CSV file (RFC 4180, header first) into objects. */
export function readCsv(file) {
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ',') rows.push([]);
  }
  const [header, ...body] = rows.filter((row) => row.length > 1 || row[0]);
  return body.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}

export const list = (cell) => cell.split('|').map((part) => part.trim()).filter(Boolean);

/** One feed: people and committees by id. */
export function readFeed(file) {
  const rows = readCsv(file);
  const byId = (type) => new Map(rows.filter((row) => row.objectType === type).map((row) => [row.id, row]));
  return { people: byId('person'), committees: byId('committee') };
}

const same = (a, b) => Object.keys({ ...a, ...b }).every((column) => list(a[column] ?? '').sort().join('|') === list(b[column] ?? '').sort().join('|'));

/** Who joined, left, changed between two states of one type: arrays of ids. */
export function difference(before, after) {
  const joined = [...after.keys()].filter((id) => !before.has(id));
  const left = [...before.keys()].filter((id) => !after.has(id));
  const changed = [...after.keys()].filter((id) => before.has(id) && !same(before.get(id), after.get(id)));
  return { joined, left, changed };
}

const dnOf = (id, feed) => (feed.people.has(id) ? `uid=${id.toLowerCase()},${PEOPLE_DN}` : feed.committees.has(id) ? `cn=${id.toLowerCase()},${GROUPS_DN}` : null);
/** The references of one cell that name somebody who is there, as distinguished names. */
const resolved = (cell, feed) => list(cell).map((id) => dnOf(id, feed)).filter(Boolean);

/** Every row that the directory file must hold for this feed, by distinguished name. */
export function expectedDirectory(feed) {
  const rows = new Map();
  for (const [id, person] of feed.people) {
    rows.set(dnOf(id, feed), {
      objectClass: 'user', uid: id, givenName: person.firstName, sn: person.lastName,
      displayName: `${person.name} (${person.party.slice(0, 1)}-${person.state})`,
      mail: `${person.firstName}.${person.lastName}.${person.state}@congress.example`.replaceAll(' ', '').toLowerCase(),
      ou: person.chamber, member: [],
    });
  }
  for (const [id, committee] of feed.committees) {
    rows.set(dnOf(id, feed), {
      objectClass: 'group', uid: id, displayName: committee.name,
      member: resolved(committee.members, feed), owner: resolved(committee.chair, feed).join(), parent: resolved(committee.parent, feed).join(),
    });
  }
  return rows;
}

/** The differences between a directory file and what it must hold, as sentences; empty when there are none. */
export function compareDirectory(file, expected) {
  const found = new Map(readCsv(file).map((row) => [row.dn, row]));
  const problems = [];
  for (const dn of found.keys()) if (!expected.has(dn)) problems.push(`${dn} should not be there`);
  for (const [dn, wanted] of expected) {
    const row = found.get(dn);
    if (!row) { problems.push(`${dn} is missing`); continue; }
    for (const [column, value] of Object.entries(wanted)) {
      const [is, should] = Array.isArray(value) ? [list(row[column] ?? '').sort().join('|'), [...value].sort().join('|')] : [row[column] ?? '', value];
      if (is !== should) problems.push(`${dn}: ${column} is "${is}", should be "${should}"`);
    }
  }
  return problems;
}

/** References between the objects of a feed: how many there are, and how many name somebody who is there. */
export function references(feed) {
  const cells = [...feed.committees.values()].flatMap((c) => [...list(c.members), ...list(c.chair), ...list(c.parent)]);
  return { all: cells.length, resolvable: cells.filter((id) => dnOf(id, feed)).length };
}
