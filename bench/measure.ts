import type { Baseline } from './baseline.ts';
import { createDatabase, type Database, type Server } from './database.ts';
import { groupsPerBucket } from './history.ts';
import type { SyncOutcome } from './messages.ts';
import { type PageServer, syncOnce } from './processes.ts';
import { type Written, watchWrites } from './write-ahead.ts';

export const phases = ['first load', 'unchanged', '1 % changed', 'refetched'] as const;
export type Phase = (typeof phases)[number];

/** One run of one phase. */
export interface Measurement {
  readonly phase: Phase;
  readonly outcome: SyncOutcome;
  readonly written: Written;
  readonly rowsPerSecond: number;
  /** To the COPY text runs just before and just after. */
  readonly ratio: number;
}

/** What every round works with. */
export interface Bench {
  readonly server: Server;
  readonly pages: PageServer;
  readonly baseline: Baseline;
  readonly buckets: number;
  readonly profileFolder: string | null;
}

/** One round on a database of its own: every phase, with the baseline before and after each. */
export async function measureRound(bench: Bench): Promise<readonly Measurement[]> {
  const { server, pages, baseline, buckets } = bench;
  const database = await createDatabase(server);
  try {
    const measurements: Measurement[] = [];
    await pages.prepare({ buckets, variant: 'base' });
    let before = await baseline.copy('text');
    for (const phase of phases) {
      if (phase === '1 % changed') await pages.prepare({ buckets, variant: 'revised' });
      const [outcome, written] = await watchWrites(database, () => sync(bench, database, phase));
      const after = await baseline.copy('text');
      const rowsPerSecond = (buckets * groupsPerBucket) / outcome.seconds;
      measurements.push({ phase, outcome, written, rowsPerSecond, ratio: (before + after) / 2 / outcome.seconds });
      before = after;
    }
    return measurements;
  } finally {
    await database.close();
  }
}

async function sync({ pages, buckets, profileFolder }: Bench, database: Database, phase: Phase): Promise<SyncOutcome> {
  const order = { databaseUrl: database.url, baseUrl: pages.baseUrl, buckets, refetch: phase === 'refetched' };
  const outcome = await syncOnce(order, profileFolder);
  const changed =
    { 'first load': 1, unchanged: 0, '1 % changed': 0.01, refetched: 0 }[phase] * buckets * groupsPerBucket;
  if (outcome.rowsChanged !== changed) {
    throw new Error(`${phase}: ${outcome.rowsChanged} rows changed, not ${changed}`);
  }
  return outcome;
}

/** The middle of an odd number of values, the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
