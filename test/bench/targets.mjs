// What is wanted of each path (a million objects with 20 attributes on two cores), and how far a measurement is from it.

/** Seconds for a million objects, without and with the history of objects, and the least share of the limit in per cent. */
const WANTED = {
  'full import, all new': { off: 6, on: 10, share: 45 },
  'full import, unchanged': { off: 1.5, on: 1.5, share: 45, writesNothing: true },
  'delta 1 %: import': { off: 0.7, on: 0.7, share: 40 },
  'full synchronisation, all new': { off: 20, on: 20, share: 45 },
  'full synchronisation, nothing to do': { off: 2.5, on: 2.5, share: 45 },
  'delta 1 %: delta synchronisation': { off: 0.7, on: 0.7, share: 40 },
  'leavers 1 %: delta synchronisation': { off: 15, on: 15, share: 0 }, // 3 s for 2,000 in 200,000
  'full synchronisation, staging exports': { off: 6, on: 6, share: 45 },
  'delivered delta 1 %: to staged export': { off: 0.7, on: 0.7, share: 40 },
  'one delivered change: to staged export': { p99: 0.005 },
};
const RESIDENT = 256 * 1048576;
/** The activity of a run is written, and what the server does beside it. */
const NOTHING = 2 * 1048576;

/** One line for each row that has a target; the times are scaled to the number of objects. True when none is missed. */
export function judge(rows, history, number) {
  let missed = 0;
  console.log(`\n${'wanted'.padEnd(38)} ${'seconds'.padStart(8)} ${'wanted'.padStart(8)} ${'share'.padStart(7)} ${'wanted'.padStart(7)}   missed by`);
  for (const r of rows) {
    const w = WANTED[r.title];
    if (!w) continue;
    if (w.p99) {
      const over = r.p99 > w.p99;
      missed += over;
      console.log(`${`${r.title}, p99`.padEnd(38)} ${number(r.p99, 4).padStart(8)} ${number(w.p99, 4).padStart(8)} ${''.padStart(15)}   ${over ? `${number((r.p99 - w.p99) * 1000, 1)} ms` : '-'}`);
      continue;
    }
    const seconds = (w[history] * r.objects) / 1e6, share = (r.limit / r.seconds) * 100, by = [];
    if (r.seconds > seconds) by.push(`${number((r.seconds / seconds - 1) * 100)} % of the time`);
    if (share < w.share) by.push(`${number(w.share - share)} points of the share`);
    if (r.peak > RESIDENT) by.push(`${number((r.peak - RESIDENT) / 1048576)} MiB`);
    if (w.writesNothing && r.bytes > NOTHING) by.push(`${number(r.bytes / 1048576)} MiB written`);
    missed += by.length > 0;
    console.log(`${r.title.padEnd(38)} ${number(r.seconds, 2).padStart(8)} ${number(seconds, 2).padStart(8)} ${`${number(share)} %`.padStart(7)} ${`${w.share} %`.padStart(7)}   ${by.join(', ') || '-'}`);
  }
  return missed === 0;
}

/** What each object costs at each size: linear when the columns are alike. `runs`: [{ people, rows }]. */
export function growth(runs, number) {
  const cost = { 'µs an object': (r) => r.seconds / r.count, 'CPU µs an object': (r) => r.cpu / r.count };
  for (const [what, of] of Object.entries(cost)) {
    console.log(`\n${what.padEnd(40)} ${runs.map((r) => number(r.people).padStart(12)).join(' ')}   largest : smallest`);
    for (const { title } of runs[0].rows) {
      const each = runs.map((run) => of(run.rows.find((r) => r.title === title)) * 1e6);
      console.log(`${title.padEnd(40)} ${each.map((x) => number(x, 2).padStart(12)).join(' ')}   ${number(each.at(-1) / each[0], 2)}`);
    }
  }
  console.log(`\n${'peak resident memory, MiB'.padEnd(40)} ${runs.map((run) => number(Math.max(...run.rows.map((r) => r.peak)) / 1048576).padStart(12)).join(' ')}`);
}
