import type pg from 'pg';
import { daySeconds, type Endpoint, endpoints, isMoney, type Width, widthSeconds } from './contract.ts';
import { Difference, expectLines, expectThat } from './difference.ts';
import { instantText } from './plan.ts';
import type { Fact, Store, Stored } from './store.ts';

const shown = ['requests', 'input_tokens', 'output_tokens', 'input_cached_tokens'] as const;

interface ViewRow {
  readonly organization: string;
  readonly dataset: string;
  readonly width: Width;
  readonly start: number;
  readonly series: string;
  readonly counts: readonly (string | null)[];
}

/** What of a stretch of time is stored at one width. */
interface Reading {
  readonly width: Width;
  readonly facts: readonly Fact[];
  /** Every bucket is there, was read after its end, and was not refused since. */
  readonly isComplete: boolean;
  /** When its stalest bucket was read, in Unix seconds. */
  readonly stalest: number;
  /** When what it says last became something else. */
  readonly changedAt: number;
  /** Some of it was read with the filters that are asked for now. */
  readonly fits: boolean;
}

/** What the settings ask for of a dataset. */
interface Asked {
  readonly organization: string;
  readonly dataset: string;
  readonly filters: string | null;
}

/** Readings of one night tell the same. */
const oneNightSeconds = 6 * 3600;

/** Holds what the usage views tell of every day and hour against the facts. Throws Difference. */
export async function checkUsage(pool: pg.Pool, store: Store): Promise<void> {
  const counts = `array[${shown.map((name) => `${name}::text`).join(', ')}] as counts`;
  const epoch = (column: string) => `extract(epoch from ${column})::float8 as start`;
  const daily = await pool.query<ViewRow>(
    `select org_id as organization, dataset, bucket_width as width, ${epoch("usage_date_utc::timestamp at time zone 'UTC'")},
       series_id::text as series, ${counts} from openai_bi.usage_daily`,
  );
  const hourly = await pool.query<ViewRow>(
    `select org_id as organization, dataset, bucket_width as width, ${epoch('usage_hour_utc')},
       series_id::text as series, ${counts} from openai_bi.usage_hourly`,
  );
  const { rows } = await pool.query<Asked>(
    'select distinct org_id as organization, dataset, filters from openai_etl.asked',
  );
  const asked = new Map(rows.map(({ organization, dataset, filters }) => [`${organization} ${dataset}`, filters]));
  checkView('usage_daily', daily.rows, { store, asked }, daySeconds, ['1d', '1h', '1m']);
  checkView('usage_hourly', hourly.rows, { store, asked }, 3600, ['1h', '1m']);
}

function checkView(
  view: string,
  rows: readonly ViewRow[],
  { store, asked }: { readonly store: Store; readonly asked: ReadonlyMap<string, string | null> },
  seconds: number,
  widths: readonly Width[],
): void {
  const told = Map.groupBy(rows, ({ organization, dataset, start }) => `${organization} ${dataset} ${start}`);
  for (const endpoint of endpoints.filter((one) => !isMoney(one))) {
    for (const [key, buckets] of stretches(store, endpoint, seconds, widths)) {
      const [first] = buckets;
      if (first === undefined) continue;
      const start = Math.floor(first.position / seconds) * seconds;
      const name = () => `${view} ${first.organization} ${first.dataset} ${instantText(start)}`;
      const filters = asked.get(`${first.organization} ${first.dataset}`);
      checkStretch(name, endpoint, told.get(key) ?? [], honestReadings(readingsOf(buckets, seconds, filters)));
      told.delete(key);
    }
  }
  expectThat(told.size === 0, () => `${view}: tells of ${[...told.keys()][0]}, of which nothing is stored`);
}

function stretches(store: Store, endpoint: Endpoint, seconds: number, widths: readonly Width[]) {
  const buckets = [...store.values()]
    .flatMap((of) => [...of.values()])
    .filter(({ dataset, width, entry }) => dataset === endpoint.name && widths.includes(width) && entry !== null);
  return Map.groupBy(
    buckets,
    ({ organization, dataset, position }) => `${organization} ${dataset} ${Math.floor(position / seconds) * seconds}`,
  );
}

function readingsOf(buckets: readonly Stored[], seconds: number, asked: string | null | undefined): readonly Reading[] {
  return [...Map.groupBy(buckets, ({ width }) => width)].map(([width, some]) => ({
    width,
    facts: some.flatMap(({ facts }) => facts),
    isComplete:
      some.length === seconds / widthSeconds[width] &&
      some.every(
        ({ position, entry }) => entry?.status === 'loaded' && entry.observedAt >= position + widthSeconds[width],
      ),
    stalest: Math.min(...some.map(({ entry }) => entry?.observedAt ?? 0)),
    changedAt: Math.max(...some.map(({ entry }) => entry?.changedAt ?? 0)),
    fits: asked === undefined || some.some(({ entry }) => entry?.filters === asked),
  }));
}

/**
 * The readings that may be told: of those with the filters asked for, the complete ones that no later complete one has
 * seen to be out of date; any where none is complete.
 */
function honestReadings(readings: readonly Reading[]): readonly Reading[] {
  const fitting = readings.filter(({ fits }) => fits);
  const comparable = fitting.length === 0 ? readings : fitting;
  const complete = comparable.filter(({ isComplete }) => isComplete);
  const isOvertaken = ({ stalest }: Reading) =>
    complete.some((one) => one.stalest > stalest + oneNightSeconds && one.changedAt > stalest);
  return complete.length === 0 ? comparable : complete.filter((one) => !isOvertaken(one));
}

function checkStretch(
  name: () => string,
  endpoint: Endpoint,
  rows: readonly ViewRow[],
  honest: readonly Reading[],
): void {
  const widths = [...new Set(rows.map(({ width }) => width))];
  expectThat(widths.length < 2, () => `${name()}: told from ${widths.join(' and ')} at once`);
  const [width] = widths;
  const reading =
    width === undefined ? honest.find(({ facts }) => facts.length === 0) : honest.find((one) => one.width === width);
  const instead = honest.map((one) => `${one.width} (${one.facts.length} facts)`).join(' or ');
  if (reading === undefined)
    throw new Difference(`${name()}: told from ${width ?? 'nothing'}, where ${instead} is right`);
  expectLines(
    () => `${name()}, told from ${reading.width}`,
    summed(endpoint, reading.facts),
    rows.map(({ series, counts }) => `${series} ${counts.map((count) => count ?? '-').join(' ')}`),
  );
}

const countedBy: Readonly<Record<string, string>> = { requests: 'num_model_requests' };

function summed(endpoint: Endpoint, facts: readonly Fact[]): readonly string[] {
  return [...Map.groupBy(facts, ({ series }) => series)].map(([series, some]) => {
    const sums = shown.map((name) => {
      const field = countedBy[name] ?? name;
      if (!endpoint.counts.includes(field) || (field === 'input_cached_tokens' && endpoint.name !== 'completions'))
        return '-';
      return String(some.reduce((sum, { fields }) => sum + BigInt(fields[field] ?? 0), 0n));
    });
    return `${series} ${sums.join(' ')}`;
  });
}
