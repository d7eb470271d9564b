import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import { systemClock } from '../../src/clock.ts';
import type { RecordedRequest } from '../../src/simulator/index.ts';
import { type CommandEnvironment, emptyFolder, finished, start } from '../cli/command.ts';
import { adminKey, daysBack, expectTruth, liveThroughNights, type Nights, organization } from '../support/nights.ts';

const dayMs = 86_400_000;
const days = 100;

/** How many requests each process makes before it is killed. */
const lives = [1, 3, 6, 10, 5];

const loads: readonly (readonly [typeof completions | typeof embeddings | typeof costs, Width])[] = [
  [completions, '1d'],
  [completions, '1h'],
  [embeddings, '1d'],
  [embeddings, '1h'],
  [costs, '1d'],
];

describe('a backfill that is killed again and again', () => {
  let nights: Nights;
  let cwd: string;
  let env: CommandEnvironment;

  beforeEach(async () => {
    // The range ends where everything has settled, so that the truth stands still while real time goes on.
    const lastDay = new Date(systemClock.now().getTime() - 12 * dayMs).toISOString().slice(0, 10);
    nights = await liveThroughNights({
      now: `${lastDay}T00:00:00Z`,
      datasets: [completions, embeddings, costs],
      simulator: { clock: systemClock },
    });
    cwd = emptyFolder();
    writeFileSync(join(cwd, 'usage-etl.yaml'), `organizations:\n  - name: ${organization}\n    admin_key_env: KEY\n`);
    env = {
      KEY: adminKey,
      OPENAI_BASE_URL: nights.simulator.url,
      DATABASE_URL: nights.database.url,
      USAGE_ETL_WIDTHS: '1d,1h',
    };
  });
  afterEach(async () => {
    await nights.close();
  });

  const backfill = () => {
    const dates = ['--from', date(daysBack(nights, days)), '--to', date(daysBack(nights, -1))];
    return start(['backfill', ...dates, '--dataset', 'completions', 'embeddings', 'costs'], { env, cwd });
  };

  const settledBuckets = async (): Promise<ReadonlySet<string>> => {
    const { rows } = await nights.database.pool.query<{ key: string }>(
      `select concat_ws(' ', dataset, bucket_width, extract(epoch from bucket_start)::bigint) as key
       from openai_etl.buckets where settled`,
    );
    return new Set(rows.map(({ key }) => key));
  };

  it('ends with every table right, and no life reads again what one before it had finished', async () => {
    let known: ReadonlySet<string> = new Set();
    const growth: number[] = [];
    for (const requests of lives) {
      nights.newRequests();
      const seen = nights.simulator.requests.length;
      const child = backfill();
      const end = finished(child);
      await vi.waitFor(
        () => {
          // A process that ended by itself will never get there.
          if (child.exitCode !== null) return;
          expect(nights.simulator.requests.length).toBeGreaterThanOrEqual(seen + requests);
        },
        { timeout: 15_000, interval: 1 },
      );
      child.kill('SIGKILL');
      const { exit, stderr } = await end;
      expect(exit, stderr).toBe(null);
      expect(finishedBefore(nights.simulator.requests.slice(seen), known)).toEqual([]);
      known = await settledBuckets();
      growth.push(known.size);
    }
    expect(growth.toSorted((a, b) => a - b)).toEqual(growth);
    expect(growth.at(-1)).toBeGreaterThan(0);

    const seen = nights.simulator.requests.length;
    const last = await finished(backfill());
    expect(last.exit, last.stdout + last.stderr).toBe(0);
    expect(nights.simulator.requests.length).toBeGreaterThan(seen);
    expect(finishedBefore(nights.simulator.requests.slice(seen), known)).toEqual([]);
    for (const [dataset, width] of loads) await expectTruth(nights, dataset, width, daysBack(nights, days));
    const { rows } = await nights.database.pool.query<{ status: string }>(
      'select status from openai_etl.runs order by run_id',
    );
    expect(rows.map(({ status }) => status)).toEqual([...lives.map(() => 'failed'), 'ok']);

    nights.newRequests();
    const idle = await finished(backfill());
    expect(idle.exit, idle.stdout + idle.stderr).toBe(0);
    expect(nights.newRequests()).toBe(0);
  }, 60_000);
});

/**
 * Requests made for nothing: those whose newest bucket was settled already. Every request ends with a bucket that has
 * to be read; settled ones are read along behind it only.
 */
function finishedBefore(requests: readonly RecordedRequest[], settled: ReadonlySet<string>): readonly string[] {
  return requests.flatMap(({ path, parameters }) => {
    const load = loads.find(([dataset, width]) => dataset.path === path && width === parameters.get('bucket_width'));
    if (load === undefined) return [`${path} was not asked for`];
    const [dataset, width] = load;
    const newest = `${dataset.name} ${width} ${Number(parameters.get('end_time')) - widthSeconds[width]}`;
    return settled.has(newest) ? [newest] : [];
  });
}

function date(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
