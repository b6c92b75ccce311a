// How long people wait while a run goes on: reads, writes and a cancel over REST during a full synchronisation of new objects and a full import.
const WANTED = { read: 20, write: 150, cancel: 1000 };

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const milliseconds = (since) => Number(process.hrtime.bigint() - since) / 1e6;
const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;

/** Calls again and again, twenty times a second, until told to stop; resolves with the sorted times. */
async function sample(work, stopped, every = 50) {
  const times = [];
  for (let n = 0; !stopped(); n++) {
    const since = process.hrtime.bigint();
    await work(n);
    times.push(milliseconds(since));
    await pause(every);
  }
  return times.sort((a, b) => a - b);
}

function tell(title, times, wanted) {
  const p99 = share(times, 0.99);
  console.log(`${title.padEnd(44)} ${String(times.length).padStart(5)} calls   p50 ${share(times, 0.5).toFixed(1).padStart(7)} ms   p99 ${p99.toFixed(1).padStart(7)} ms   ` +
    `most ${(times.at(-1) ?? NaN).toFixed(1).padStart(7)} ms   ≤ ${wanted} ms ${p99 <= wanted ? 'pass' : 'MISS'}`);
  return p99 <= wanted;
}

const execute = (joinery, system, profile) => joinery.post(`/synchronisation/connected-systems/${system.id}/run-profiles/${profile.id}/execute`);
const inProgress = async (joinery, id) => ['NotSet', 'InProgress'].includes((await joinery.get(`/activities/${id}/progress`)).status);

async function during(joinery, title, system, profile, reads, writes) {
  const { activityId } = await execute(joinery, system, profile);
  let over = false;
  const watch = (async () => { while (await inProgress(joinery, activityId)) await pause(100); over = true; })();
  const done = await Promise.all([...reads(activityId).map(([, read]) => sample(read, () => over)), sample(writes, () => over)]);
  await watch;
  const good = reads(activityId).map(([what], i) => tell(`${title}: ${what}`, done[i], WANTED.read));
  return [...good, tell(`${title}: change an attribute`, done.at(-1), WANTED.write)].every(Boolean);
}

async function cancel(joinery, system, profile) {
  const { activityId, taskId } = await execute(joinery, system, profile);
  await pause(1500);
  const since = process.hrtime.bigint();
  await joinery.post(`/worker-tasks/${taskId}/cancel`);
  while (await inProgress(joinery, activityId)) await pause(10);
  const { status } = await joinery.get(`/activities/${activityId}`);
  return tell(`cancel of a synchronisation (${status})`, [milliseconds(since)], WANTED.cancel);
}

/** `system` has run profiles `import` and `full` and a file that was not imported yet. */
export async function latency(joinery, system, user) {
  const attribute = await joinery.post('/metaverse/attributes', { name: 'Bench Latency', type: 'Text', attributePlurality: 'SingleValued' });
  const write = (n) => joinery.call('PATCH', `/metaverse/attributes/${attribute.id}`, { name: `Bench Latency ${n}` });
  const reads = (activity) => [
    ['a list of attributes', () => joinery.get('/metaverse/attributes?pageSize=20')],
    ['a page of metaverse objects', () => joinery.get(`/metaverse/objects?objectTypeId=${user.id}&pageSize=20&sortBy=created`)],
    ['the activity', () => joinery.get(`/activities/${activity}`)],
  ];
  const good = [await during(joinery, 'import', system, system.profiles.import, reads, write), await cancel(joinery, system, system.profiles.full),
    await during(joinery, 'synchronisation', system, system.profiles.full, reads, write)];
  return good.every(Boolean);
}
