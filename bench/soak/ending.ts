import { exitCode } from '../../src/errors.ts';
import type { SyncOptions } from '../../src/run/context.ts';
import { runVerify } from '../../src/run/verify.ts';
import { everything, performAct } from './act.ts';
import { compareAll } from './comparison.ts';
import { count, type Life } from './life.ts';
import { promise } from './memory.ts';
import { firstDay } from './organization.ts';
import type { Ending } from './outcome.ts';
import { checkRuns, exitOf, messageOf } from './run-promises.ts';
import { checkStore, type StoreChange } from './store-promises.ts';
import { presentTransaction } from './stored.ts';

const dayMs = 86_400_000;

// A refused dimension is tried again after a week.
const daysOfRest = 8;
const mostLastNights = 3;

const noneLeftOut: ReadonlyMap<string, string> = new Map();
const refetch: SyncOptions = { ...everything, command: 'backfill', refetch: true, from: firstDay };

/** Ends a soak: the faults are gone, everything is read, and every table is held against the truth. */
export async function endSoak(life: Life): Promise<Ending> {
  const { organization } = life;
  const { clock } = organization;
  organization.requests.setFaults([]);
  organization.setBehind(0);
  clock.advance(daysOfRest * dayMs);
  let lastNights = 1;
  for (let exit = (await plainRun(life, everything)).exit; exit !== exitCode.ok; lastNights += 1) {
    promise(lastNights < mostLastNights, () => `the faults are gone, and after ${lastNights} nights runs still fail`);
    clock.advance(dayMs);
    exit = (await plainRun(life, everything)).exit;
  }
  const mended = await plainRun(life, refetch);
  promise(mended.exit === exitCode.ok, () => `backfill --refetch: ${mended.said}`);
  const compared = await compareAll(life);
  const tieOuts = await verify(life);
  const idle = await plainRun(life, everything);
  promise(idle.exit === exitCode.ok, () => `one more run: ${idle.said}`);
  promise(idle.change.written === 0 && idle.change.restatements === 0, () => 'one more run wrote rows');
  return { ...compared, lastNights, refetched: revised(mended.change), tieOuts };
}

function revised({ entries }: StoreChange): number {
  return entries.filter(({ revision }) => revision > 1).length;
}

async function plainRun({ organization, memory, tally }: Life, options: SyncOptions) {
  const { pool, oracle, clock } = organization;
  clock.advance(60_000);
  const transaction = await presentTransaction(pool);
  const acted = await performAct(organization, { interruptions: [] }, noneLeftOut, () => [], options);
  count(tally, acted);
  const before = new Map(memory.buckets);
  const change = await checkStore(pool, memory, { oracle, faults: [], act: acted }, transaction);
  tally.restatements += change.restatements;
  await checkRuns(pool, memory, organization.settingsOf(noneLeftOut), acted);
  const [end] = acted.runs;
  const entries = change.entries.filter(
    (entry) => entry.revision !== before.get(`${entry.dataset} ${entry.width} ${entry.start}`)?.revision,
  );
  return {
    exit: end === undefined ? null : exitOf(end),
    said: end === undefined ? 'no run' : messageOf(end),
    change: { ...change, entries },
  };
}

async function verify({ organization }: Life): Promise<number> {
  const context = organization.contextOf(noneLeftOut, new AbortController().signal);
  const report = await runVerify(context, { datasets: null, organizations: null, from: null, to: null });
  promise(report.exit_code === exitCode.ok, () => {
    const [first] = report.differences;
    const errors = report.checked.flatMap((one) => one.errors.map(({ message }) => message));
    return `verify exits ${report.exit_code}: ${JSON.stringify(first ?? errors[0])}`;
  });
  return report.checked.reduce((sum, { measures }) => sum + measures, 0);
}
