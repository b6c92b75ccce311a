// Deltas that a connector delivers: 1 % of all people, then one change at a time, each from the import's queueing to the staged export.
import { readFileSync, writeFileSync } from 'node:fs';

const TITLE = 8;

/** Ticks of 100 ns of a time or a span on the wire; seconds of a difference. */
const fraction = (digits) => Number((digits ?? '').padEnd(7, '0').slice(0, 7));
function instant(text) {
  const [, second, digits] = /^(.*?)(?:\.(\d+))?Z$/.exec(text);
  return BigInt(Date.parse(`${second}Z`)) * 10000n + BigInt(fraction(digits));
}
function span(text) {
  const [, h, m, s, digits] = /^(\d+):(\d+):(\d+)(?:\.(\d+))?$/.exec(text);
  return BigInt((Number(h) * 3600 + Number(m) * 60 + Number(s)) * 1e7 + fraction(digits));
}

async function execute(joinery, system, profile) {
  return (await joinery.post(`/synchronisation/connected-systems/${system.id}/run-profiles/${profile.id}/execute`)).activityId;
}
async function ended(joinery, id) {
  const activity = await joinery.ended(id);
  if (activity.status !== 'Complete') throw new Error(`${activity.targetName}: ${activity.status} ${activity.errorMessage ?? ''} ${activity.warningMessage ?? ''}`);
  return activity;
}

/** Delta import and delta synchronisation, queued one after the other. Resolves with the seconds from the first's queueing to the second's end. */
async function deliver(joinery, system) {
  const ids = [await execute(joinery, system, system.profiles.deltaImport), await execute(joinery, system, system.profiles.delta)];
  const [first, second] = [await ended(joinery, ids[0]), await ended(joinery, ids[1])];
  return Number(instant(second.created) + span(second.totalActivityTime) - instant(first.created)) / 1e7;
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];

/** `write(file)` writes the movers; `measure(title, count, work)` wraps a step. Resolves with the times of the single changes, sorted. */
export async function delivered(joinery, system, file, changes, write, measure) {
  const delta = `${file}.delta`;
  await write(delta);
  const [header, ...rows] = readFileSync(delta, 'utf8').split('\r\n').filter(Boolean);
  await measure('delivered delta 1 %: to staged export', rows.length, () => deliver(joinery, system));
  const times = [];
  await measure('one delivered change: to staged export', changes, async () => {
    for (let i = 0; i < changes; i++) {
      const cells = rows[(i * 7919) % rows.length].split(',');
      cells[TITLE] = `Title ${i}`;
      writeFileSync(delta, `${header}\r\n${cells.join(',')}\r\n`);
      times.push(await deliver(joinery, system));
    }
    return times.reduce((sum, t) => sum + t, 0);
  });
  times.sort((a, b) => a - b);
  return { p50: at(times, 0.5), p99: at(times, 0.99), most: times.at(-1) };
}
