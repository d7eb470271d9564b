import { dimensionsOf, widthsOf } from '../../src/catalog/dataset.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import type { Clock } from '../../src/clock.ts';
import type { Config } from '../../src/config.ts';
import { silentLog } from '../../src/log.ts';
import type { RunContext, SyncOptions } from '../../src/run/context.ts';
import { silentProgress } from '../../src/run/report.ts';
import type { Fault, Restatement, SimulatorOptions } from '../../src/simulator/index.ts';

/** A way in which the provider tells whose the money is. */
export interface Cut {
  readonly name: string;
  readonly simulator: Partial<SimulatorOptions>;
}

/** The name of the organization in the store. */
export const organization = 'bench';

/** The instant at which everything happens. */
export const now = new Date('2026-11-23T03:17:00Z');

/** The day so many days back, UTC midnight. */
function dayBack(days: number): Date {
  return new Date(Math.floor(now.getTime() / 86_400_000) * 86_400_000 - days * 86_400_000);
}

function refused(dataset: string, dimension: string): Fault {
  return { when: { dataset, groupBy: dimension }, then: { kind: 'refuse-grouping', dimension } };
}

// Without keys on the bill every cost is shared by all users of a project, which makes the most parts.
const keyless = [refused('costs', 'api_source'), refused('costs', 'api_key_id')];

/** The provider's own cut by user as it is, in part, and not at all. */
export const cuts: readonly Cut[] = [
  { name: 'on', simulator: { faults: keyless } },
  { name: 'partly refused', simulator: { faults: [...keyless, refused('costs_by_user', 'project_id')] } },
  // Before 7.47.0 costs could not be grouped by user.
  { name: 'off', simulator: { faults: keyless, level: '7.40.0' } },
];

/** What the simulated world lacks: unknown line items, keys that are gone, another currency, the finest amounts. */
export function oddities(days: number): readonly Restatement[] {
  const charge = (day: number, dimensions: Record<string, string | null>, amount: string, currency = 'usd') =>
    ({
      kind: 'add-group',
      dataset: 'costs',
      day: dayBack(day),
      dimensions,
      measures: { amount_value: amount },
      attributes: { amount_currency: currency },
    }) as const;
  return Array.from({ length: days }, (_, day) => [
    charge(day, { line_item: 'Mystery surcharge' }, '12.345678901234567890123456789'),
    charge(day, { line_item: 'Promotional credit' }, '-3.25'),
    charge(day, { line_item: 'gpt-5.6-sol, input', project_id: 'proj_gone', api_key_id: 'key_deleted' }, '0.07'),
    charge(day, { line_item: 'gpt-5.6-sol, output' }, '-0.000000000000000000000000000000000000001'),
    charge(day, { line_item: 'gpt-5.6-luna, output' }, '5.5', 'eur'),
    charge(day, { line_item: null }, '1.000000000000000001'),
  ]).flat();
}

/** A restatement of every third day: of usage, of money, of both. */
export function restatements(days: number): readonly Restatement[] {
  return Array.from({ length: Math.floor(days / 3) }, (_, index): readonly Restatement[] => {
    const day = dayBack(1 + 3 * index);
    return [
      { kind: 'scale', dataset: 'completions', day, factor: 1 + index / 7 },
      ...(index % 2 === 0 ? [{ kind: 'scale', dataset: 'costs', day, factor: 0.9 } as const] : []),
    ];
  }).flat();
}

/** A configuration without any wishes, and everything it takes to sync with it. */
export function contextOf(store: RunContext['store'], baseUrl: string, clock: Clock, days: number): RunContext {
  const datasets = catalog
    .filter((dataset) => widthsOf(dataset).includes('1d'))
    .map((dataset) => ({
      dataset,
      width: '1d' as const,
      groupBy: dimensionsOf(dataset).map(({ name }) => name),
      filters: {},
      start: null,
      defaultDays: days,
      settleSeconds: dataset.settleSeconds['1d'] ?? 0,
    }));
  const config: Config = {
    organizations: [{ name: organization, adminKey: 'sk-admin-bench', datasets }],
    baseUrl,
    databaseUrl: store.url,
    dataDir: '',
    concurrency: 4,
    rereadRows: 10_000_000,
    retryTotalSeconds: 600,
    logLevel: 'silent',
  };
  return { config, store, clock, log: silentLog, progress: silentProgress, signal: new AbortController().signal };
}

/** Everything that is due. */
export const everything: SyncOptions = {
  command: 'sync',
  datasets: null,
  organizations: null,
  acceptRestatement: true,
  preview: false,
  from: null,
  to: null,
  refetch: false,
};
