import { dimensionsOf } from '../src/catalog/dataset.ts';
import { completions } from '../src/catalog/datasets/completions.ts';
import { systemClock } from '../src/clock.ts';
import type { Config } from '../src/config.ts';
import { openStore } from '../src/db/store.ts';
import { silentLog } from '../src/log.ts';
import { runSync } from '../src/run/sync.ts';
import { historyInterval } from './history.ts';
import { type SyncOrder, type SyncOutcome, syncOrder } from './messages.ts';

/** A process of its own that syncs once, as the program does, and says how long it took and how much memory. */

const ignore = () => undefined;

/** So that every bucket is read again without a refetch, as those that are not settled are every night. */
const neverSettledSeconds = 100 * 365 * 86_400;

function configOf({ databaseUrl, baseUrl }: SyncOrder): Config {
  const settings = {
    dataset: completions,
    width: '1h',
    groupBy: dimensionsOf(completions).map(({ name }) => name),
    filters: {},
    start: null,
    defaultDays: 30,
    settleSeconds: neverSettledSeconds,
  } as const;
  return {
    organizations: [{ name: 'bench', adminKey: 'sk-admin-bench', datasets: [settings] }],
    baseUrl,
    databaseUrl,
    dataDir: '',
    concurrency: 4,
    rereadRows: 200_000,
    retryTotalSeconds: 60,
    logLevel: 'silent',
  };
}

async function sync(order: SyncOrder): Promise<SyncOutcome> {
  const config = configOf(order);
  const { start, end } = historyInterval(order.buckets);
  const store = await openStore({ databaseUrl: order.databaseUrl, dataDir: '', clock: systemClock, log: silentLog });
  const startedMs = performance.now();
  const report = await runSync(
    {
      config,
      store,
      clock: systemClock,
      log: silentLog,
      progress: { planned: ignore, advanced: ignore, finished: ignore },
      signal: new AbortController().signal,
    },
    {
      command: 'backfill',
      datasets: null,
      organizations: null,
      acceptRestatement: false,
      preview: false,
      from: start,
      to: end,
      refetch: order.refetch,
    },
  );
  const seconds = (performance.now() - startedMs) / 1000;
  await store.close();
  const { user, system } = process.cpuUsage();
  const rowsChanged = report.datasets.reduce((sum, one) => sum + one.rows_inserted + one.rows_updated, 0);
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    status: report.status,
    rowsChanged,
  };
}

process.once('message', (message) => {
  sync(syncOrder.parse(message)).then(
    (outcome) => process.send?.(outcome, () => process.disconnect()),
    (failure: unknown) => {
      console.error(failure);
      process.exitCode = 1;
      process.disconnect();
    },
  );
});
