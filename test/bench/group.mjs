// One group with very many members, through import, synchronisation, staging, export and confirmation; then one member leaves,
// and in the end nothing changes: that is what reading the files takes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectFile, exportRule, importRule, named, runProfiles, selectType } from '../../examples/congress/setup.mjs';

const id = (i) => `P${String(i).padStart(7, '0')}`;

function source(file, members, without) {
  const all = [];
  for (let i = 0; i < members; i++) all.push(id(i));
  const people = all.map((p) => `person,${p},Person ${p},`).join('\r\n');
  writeFileSync(file, `objectType,id,displayName,members\r\n${people}\r\ngroup,G,Everybody,${all.filter((p) => p !== without).join('|')}\r\n`);
}

/** `run` executes a profile and gives its seconds; `measured(title, members, work)` wraps each step. */
export async function groupOf(joinery, folder, members, run, measured) {
  const file = join(folder, `group-${members}.csv`), target = join(folder, `group-${members}-out.csv`), tag = String(members);
  source(file, members);
  const hr = await connectFile(joinery, `Source ${tag}`, 'people and one group', { 'File Path': file, Mode: 'Import Only', 'Object Type Column': 'objectType' });
  const person = await selectType(joinery, hr, 'person', ['id', 'displayName'], []);
  const group = await selectType(joinery, hr, 'group', ['id', 'displayName', 'members'], ['members']);
  const types = await joinery.all('/metaverse/object-types');
  const user = named(types, 'User', 'type'), groupType = named(types, 'Group', 'type');
  await importRule(joinery, `People ${tag}`, hr, person, user, [['id', 'Employee ID'], ['displayName', 'Display Name']]);
  await importRule(joinery, `Group ${tag}`, hr, group, groupType, [['id', 'Account Name'], ['displayName', 'Display Name'], ['members', 'Members']]);
  hr.profiles = await runProfiles(joinery, hr, [['import', 'Import', 'FullImport'], ['full', 'Full', 'FullSynchronisation'], ['delta', 'Delta', 'DeltaSynchronisation']]);
  const step = (title, system, profile) => measured(title, members, () => run(joinery, system, profile));
  await step('group: import', hr, hr.profiles.import);
  await step('group: synchronise', hr, hr.profiles.full);
  const directory = await connectFile(joinery, `Directory ${tag}`, 'takes the exports', { 'File Path': target, Mode: 'Bidirectional', 'Object Type Column': 'objectType',
    'Declared Schema': 'user = dn!, displayName\ngroup = dn!, displayName, member[]:Reference' });
  const users = await selectType(joinery, directory, 'user', ['dn', 'displayName']);
  const groups = await selectType(joinery, directory, 'group', ['dn', 'displayName', 'member']);
  await exportRule(joinery, `Users ${tag}`, directory, users, user, [['dn', '"uid=" + Lower(mv["Employee ID"])'], ['displayName', { from: 'Display Name' }]]);
  await exportRule(joinery, `Groups ${tag}`, directory, groups, groupType, [['dn', '"cn=everybody"'], ['displayName', { from: 'Display Name' }], ['member', { from: 'Members' }]]);
  directory.profiles = await runProfiles(joinery, directory, [['export', 'Export', 'Export'], ['import', 'Import', 'FullImport'], ['delta', 'Delta', 'DeltaSynchronisation']]);
  await step('group: stage', hr, hr.profiles.full);
  await step('group: export', directory, directory.profiles.export);
  await step('group: confirm', directory, directory.profiles.import);
  source(file, members, id(7));
  await step('one member leaves: import', hr, hr.profiles.import);
  await step('one member leaves: synchronise', hr, hr.profiles.delta);
  await step('one member leaves: export', directory, directory.profiles.export);
  await step('one member leaves: confirm', directory, directory.profiles.import);
  await step('nothing changes: read the source', hr, hr.profiles.import);
  await step('nothing changes: read the target', directory, directory.profiles.import);
  const left = await joinery.all(`/synchronisation/connected-systems/${directory.id}/pending-exports`);
  if (left.length) throw new Error(`${left.length} pending exports are left`);
}
