#!/usr/bin/env node
// The demo: an election in the United States Congress, synchronised into a directory and checked against the two published feeds.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareDirectory, difference, expectedDirectory, readFeed, references } from './expect.mjs';
import { Joinery, startServer } from './joinery.mjs';
import { curl, search, setUpSearch } from './search.mjs';
import { configure } from './setup.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const started = Date.now();
let failures = 0;

const line = (text = '') => console.log(text);
const title = (text) => line(`\n${text}\n${'-'.repeat(text.length)}`);
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;
const count = (number, one, many = `${one}s`) => `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`;

/** States something that must hold; says what is wrong otherwise, and remembers it. */
function check(statement, holds, detail = '') {
  line(`  ${holds ? 'yes' : 'NO '}  ${statement}${holds || !detail ? '' : `: ${detail}`}`);
  if (!holds) failures++;
}
const checkEqual = (statement, is, should) => check(statement, is === should, `found ${is}, expected ${should}`);

function optionsOf(args) {
  const options = { program: 'build/joinery', once: false };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--once') options.once = true;
    else if (args[i] === '--program' && args[i + 1]) options.program = args[++i];
    else throw new Error(`demo: unknown option ${args[i]}; there are --once and --program FILE`);
  }
  return options;
}

/** Runs a profile, shows how it went, and takes any object error as a fault. What is held by a limit of safety is shown, then released. */
async function run(joinery, system, profile) {
  const began = Date.now();
  let shown = 0;
  const activity = await joinery.run(system, profile, ({ objectsProcessed, objectsToProcess }) => {
    if (Date.now() - began - shown < 2000 || !objectsToProcess) return;
    shown = Date.now() - began;
    line(`  …    ${system.name}: ${profile.name}, ${objectsProcessed} of ${objectsToProcess}`);
  });
  const stats = activity.executionStats ?? {};
  const took = (/(\d+):(\d+):([\d.]+)/.exec(activity.executionTime ?? '') ?? [0, 0, 0, 0]).slice(1).reduce((sum, part) => sum * 60 + Number(part), 0);
  const objects = stats.totalObjectsProcessed ?? activity.objectsProcessed;
  const speed = took > 0.001 && objects ? `, ${Math.round(objects / took).toLocaleString('en-GB')} a second` : '';
  line(`       ${system.name}: ${profile.name.padEnd(22)} ${count(objects, 'object')} in ${seconds(took * 1000)}${speed}  ${summary(stats)}`);
  const [hold] = (await joinery.get(`/holds?status=Held&connectedSystemId=${system.id}`)).items.filter((h) => h.activityId === activity.id);
  if (hold) return sum(stats, await settle(joinery, hold, system, profile));
  if (activity.status !== 'Complete') {
    check(`${system.name}: ${profile.name} completes`, false, [activity.status, activity.errorMessage, activity.warningMessage, activity.message].filter(Boolean).join(' – '));
    for (const item of (await joinery.get(`/activities/${activity.id}/items?pageSize=100`)).items.filter((i) => i.errorType && i.errorType !== 'NotSet').slice(0, 5)) {
      line(`         ${item.externalIdValue ?? item.displayName}: ${item.errorType}`);
    }
  }
  return stats;
}

/** The guards that have held a run, in their order. */
const held = [];

const sum = (a, b) => Object.fromEntries(Object.keys({ ...a, ...b }).map((key) => [key, typeof (a[key] ?? b[key]) === 'number' ? (a[key] ?? 0) + (b[key] ?? 0) : a[key] ?? b[key]]));
const tree = (nodes) => nodes.map((node) => node.outcomeType + (node.children.length ? ` (${tree(node.children)})` : '')).join(', ');

/** Tells what the limits of safety have kept a run from doing, lets it happen once, and lets a synchronisation do the rest. */
async function settle(joinery, hold, system, profile) {
  held.push(hold.guard);
  line(`  held ${hold.guard}: ${hold.measured} of ${hold.population} objects of type ${hold.objectTypeName}, more than ${hold.limitPercent} per cent. What would have happened:`);
  const objects = await joinery.all(`/holds/${hold.id}/objects`);
  for (const change of [...new Set(objects.map((object) => object.objectChangeType))]) {
    const alike = objects.filter((object) => object.objectChangeType === change);
    line(`         ${String(alike.length).padStart(4)} ${change}, such as ${alike.slice(0, 3).map((object) => object.displayName).join(', ')}: ${tree(alike[0].outcomes)}`);
  }
  const { activityId } = await joinery.post(`/holds/${hold.id}/release`, { reason: 'An election: who is missing has left Congress.' });
  const activity = await joinery.ended(activityId);
  line(`       ${system.name}: released, with a reason ${summary(activity.executionStats ?? {})}`);
  check(`the release completes`, activity.status === 'Complete', [activity.status, activity.errorMessage, activity.warningMessage].filter(Boolean).join(' – '));
  return /Synchronisation/.test(profile.runType) ? sum(activity.executionStats, await run(joinery, system, profile)) : activity.executionStats;
}

function summary(stats) {
  const words = { CsoAdds: 'added', CsoUpdates: 'updated', CsoDeletes: 'gone', Projections: 'new identities', Disconnections: 'disconnected', Provisioned: 'provisioned',
    Deprovisioned: 'deprovisioned', Exported: 'exported', PendingExportsConfirmed: 'confirmed', ObjectErrors: 'errors' };
  return Object.entries(words).filter(([key]) => stats[`total${key}`]).map(([key, word]) => `${stats[`total${key}`]} ${word}`).join(', ');
}

/** All identities of a type as they stand, by the value of their key attribute. */
async function identities(joinery, type, key) {
  const objects = await joinery.all(`/metaverse/objects?objectTypeId=${type.id}&attributes=*`);
  return new Map(objects.map((object) => [object.attributes[key], { name: object.displayName, ...object.attributes }]));
}

const snapshot = async (joinery, { mvUser, mvGroup }) => ({ people: await identities(joinery, mvUser, 'Employee ID'), committees: await identities(joinery, mvGroup, 'Committee ID') });
const sameKeys = (map, keys) => map.size === keys.size && [...keys.keys()].every((key) => map.has(key));

/** One cycle: what came in, what it means, what goes out, and that it arrived. Resolves with the statistics of each run. */
async function cycle(joinery, { congress, directory }, syncProfile) {
  const imported = await run(joinery, congress, congress.profiles.import);
  const synchronised = await run(joinery, congress, syncProfile);
  let exported = 0;
  // References between objects that are both new can need a second round.
  for (let round = 1; round <= 3; round++) {
    const pending = await joinery.get(`/synchronisation/connected-systems/${directory.id}/pending-exports/count`);
    if (round > 1 && pending === 0) break;
    exported += (await run(joinery, directory, directory.profiles.export)).totalExported ?? 0;
    await run(joinery, directory, directory.profiles.import);
    await run(joinery, directory, directory.profiles.deltaSync);
  }
  return { imported, synchronised, exported };
}

/** What must hold after every cycle: identities, references and the directory file are those of the feed. */
async function checkState(joinery, setup, feed, directoryFile) {
  const state = await snapshot(joinery, setup);
  check(`the metaverse holds exactly the ${count(feed.people.size, 'person', 'people')} of the feed`, sameKeys(state.people, feed.people), `it holds ${state.people.size}`);
  check(`… and exactly its ${count(feed.committees.size, 'committee')}`, sameKeys(state.committees, feed.committees), `it holds ${state.committees.size}`);
  const { resolvable } = references(feed);
  const unresolved = await joinery.get(`/synchronisation/connected-systems/${setup.congress.id}/connector-space/unresolved-references/count`);
  checkEqual(`all ${count(resolvable, 'reference')} between committees and people are resolved`, unresolved, references(feed).all - resolvable);
  const expected = expectedDirectory(feed);
  const problems = compareDirectory(directoryFile, expected);
  const members = [...expected.values()].reduce((sum, row) => sum + row.member.length, 0);
  check(`the directory file holds exactly those ${count(expected.size, 'entry', 'entries')}, value for value, with ${count(members, 'membership')}`, problems.length === 0,
    `${count(problems.length, 'difference')}, such as\n         ${problems.slice(0, 5).join('\n         ')}`);
  checkEqual('nothing is left to export', await joinery.get(`/synchronisation/connected-systems/${setup.directory.id}/pending-exports/count`), 0);
  return state;
}

function tellElection(before, after, feeds) {
  const people = difference(feeds.old.people, feeds.new.people);
  const some = (ids, from) => ids.slice(0, 4).map((id) => from.get(id)?.name ?? id).join(', ');
  const moved = people.changed.filter((id) => feeds.old.people.get(id).chamber !== feeds.new.people.get(id).chamber);
  line(`  ${count(people.joined.length, 'person', 'people')} joined: ${some(people.joined, after.people)} …`);
  line(`  ${count(people.left.length, 'person', 'people')} left: ${some(people.left, before.people)} …`);
  line(`  ${count(moved.length, 'person', 'people')} moved to the other chamber: ${moved.map((id) => `${after.people.get(id)?.name ?? id} (${after.people.get(id)?.Chamber})`).join(', ')}`);
  return { people, moved };
}

/** Joiners, leavers and movers in the metaverse are exactly those of the files. */
function checkElection(before, after, feeds, { imported, synchronised }) {
  const { people, moved } = tellElection(before, after, feeds);
  const committees = difference(feeds.old.committees, feeds.new.committees);
  const newcomers = [...after.people.keys()].filter((id) => !before.people.has(id)).sort();
  const gone = [...before.people.keys()].filter((id) => !after.people.has(id)).sort();
  check(`the ${newcomers.length} new identities are exactly the joiners of the files`, newcomers.join() === [...people.joined].sort().join());
  check(`the ${gone.length} identities that are gone are exactly the leavers`, gone.join() === [...people.left].sort().join());
  check(`everyone who moved has the new chamber`, moved.every((id) => after.people.get(id)?.Chamber === feeds.new.people.get(id).chamber));
  checkEqual('the import added what is new', imported.totalCsoAdds, people.joined.length + committees.joined.length);
  checkEqual('the import updated what differs, and nothing else', imported.totalCsoUpdates, people.changed.length + committees.changed.length);
  checkEqual('the import marked what is gone', imported.totalCsoDeletes, people.left.length + committees.left.length);
  checkEqual('the synchronisation made an identity for each newcomer', synchronised.totalProjections, people.joined.length + committees.joined.length);
}

async function story(server, joinery, files, feeds) {
  title('Configuration');
  const setup = await configure(joinery, files.feed, files.directory);
  line(`  Congress (${files.feed}) and Directory (${files.directory}), two sets of rules in, two out; ${seconds(Date.now() - started)} since the start`);

  title(`July 2024: ${count(feeds.old.people.size, 'person', 'people')}, ${count(feeds.old.committees.size, 'committee')}`);
  const first = await cycle(joinery, setup, setup.congress.profiles.fullSync);
  const objects = feeds.old.people.size + feeds.old.committees.size;
  checkEqual('the import added every person and committee', first.imported.totalCsoAdds, objects);
  checkEqual('the synchronisation made an identity for each', first.synchronised.totalProjections, objects);
  const before = await checkState(joinery, setup, feeds.old, files.directory);

  title('January 2025: after the election');
  replaceFile(files.feeds[1], files.feed);
  const second = await cycle(joinery, setup, setup.congress.profiles.deltaSync);
  const after = await checkState(joinery, setup, feeds.new, files.directory);
  checkElection(before, after, feeds, second);
  checkEqual('more than a tenth of all people left, so the import and the synchronisation were held', held.join(', '), 'ImportDeletions, Disconnects');

  title('Once more, with nothing new');
  const bytes = readFileSync(files.directory);
  const third = await cycle(joinery, setup, setup.congress.profiles.deltaSync);
  checkEqual('the import changed nothing', third.imported.totalCsoAdds + third.imported.totalCsoUpdates + third.imported.totalCsoDeletes, 0);
  checkEqual('nothing was exported', third.exported, 0);
  check('the directory file is the same, byte for byte', readFileSync(files.directory).equals(bytes));

  title('A report asks the Public Data API');
  const caller = await setUpSearch(joinery);
  await checkSearch(server, caller, feeds.new);
  return caller;
}

/** What the search says of one state is what the file says, in the order of names. */
async function checkSearch(server, caller, feed) {
  const state = 'MA';
  const { meta, result } = await search(server.url, caller, query(state));
  const expected = [...feed.people.values()].filter((person) => person.state === state);
  line(`  ${caller.name} of ${state}: ${count(meta.totalSize, 'row')}, such as ${result.rows.slice(0, 4).map((row) => `${row.FirstName} ${row.LastName} (${row.Chamber})`).join(', ')}`);
  check(`the search finds exactly the members from ${state} that the file has`,
    result.rows.map((row) => `${row.LastName}, ${row.FirstName}`).sort().join() === expected.map((person) => `${person.lastName}, ${person.firstName}`).sort().join());
  const names = result.rows.map((row) => row.LastName.toLowerCase());
  check('in the order of their names', names.every((name, i) => i === 0 || names[i - 1] <= name));
}
const query = (state) => ({ search: { filters: [{ name: 'State', condition: 'EQUALS', value: state }] } });

/** As a publisher should: the new file appears whole. */
function replaceFile(from, to) {
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}

async function main() {
  const options = optionsOf(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'joinery-demo-'));
  const exchange = join(folder, 'files');
  mkdirSync(exchange);
  const files = { feeds: ['2024-07.csv', '2025-01.csv'].map((name) => join(here, name)), feed: join(exchange, 'congress.csv'), directory: join(exchange, 'directory.csv') };
  const feeds = { old: readFeed(files.feeds[0]), new: readFeed(files.feeds[1]) };
  replaceFile(files.feeds[0], files.feed);
  const server = await startServer({ program: resolve(options.program), dataDirectory: join(folder, 'data'), fileRoots: [exchange] });
  line(`Joinery listens on ${server.url}; its data is in ${join(folder, 'data')}`);
  const joinery = new Joinery(server.url, server.key);
  process.once('SIGINT', () => server.child.kill('SIGTERM'));
  let caller = null;
  try {
    caller = await story(server, joinery, files, feeds);
  } catch (problem) {
    failures++;
    line(`\nThe demo stops: ${problem.message}\n\nThe server's last words:\n${server.said().split('\n').slice(-25).join('\n')}`);
  }
  line(`\n${failures ? `${count(failures, 'check')} FAILED` : 'Everything is as the two files say'}, ${seconds(Date.now() - started)} in all.`);
  if (options.once) {
    await server.stop();
  } else {
    line(`\nThe server keeps running until Ctrl-C. Look around:\n  ${server.url}/api/reference\n  curl -H "X-API-Key: ${server.key}" "${server.url}/api/v1/metaverse/objects?search=brown&attributes=*"`);
    if (caller) line(`\nThe same server answers searches with an account that can do nothing else:\n  ${curl(server.url, caller, query('MA'))}`);
    await server.ended;
  }
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = failures ? 1 : 0;
}

main().catch((problem) => {
  console.error(problem.message);
  process.exitCode = 1;
});
