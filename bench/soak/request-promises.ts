import type pg from 'pg';
import { pageLimitOf } from '../../src/catalog/dataset.ts';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import type { DatasetSettings } from '../../src/config.ts';
import type { Acted } from './act.ts';
import { type Memory, promise, type Remembered } from './memory.ts';
import { bucketKey, bucketName } from './stored.ts';

/** Dimensions the API refused, by dataset, as the store has it before a run. */
export type Refused = ReadonlyMap<string, readonly string[]>;

/** What is known to be refused. */
export async function readRefused(pool: pg.Pool): Promise<Refused> {
  const { rows } = await pool.query<{ dataset: string; refused: string[] }>(
    'select dataset, refused from openai_etl.capabilities',
  );
  return new Map(rows.map(({ dataset, refused }) => [dataset, refused]));
}

/**
 * Every slice ends with a bucket that had to be read when the act began, and reaches back no further than a page.
 * Throws BrokenPromise.
 */
export function checkRequests(
  memory: Memory,
  settings: readonly DatasetSettings[],
  refused: Refused,
  { requests, honestUntil }: Pick<Acted, 'requests' | 'honestUntil'>,
): void {
  for (const { path, parameters } of requests) {
    const groupBy = parameters.getAll('group_by[]');
    const width = parameters.get('bucket_width') as Width;
    const loads = settings.filter((one) => one.dataset.path === path && one.width === width);
    // Two datasets cut the costs; what both could have asked for is held against the one that wants all of it.
    const load = loads.find((one) => groupBy.every((name) => one.groupBy.includes(name)));
    promise(load !== undefined, () => `${path} at ${width} by ${groupBy.join()} was not to be asked for`);
    if (load !== undefined) checkSlice(memory, load, refused, groupBy, parameters, honestUntil);
  }
}

function checkSlice(
  memory: Memory,
  load: DatasetSettings,
  refused: Refused,
  groupBy: readonly string[],
  parameters: URLSearchParams,
  honestUntil: number,
): void {
  const { dataset, width } = load;
  const step = widthSeconds[width];
  const [from, to] = [Number(parameters.get('start_time')), Number(parameters.get('end_time'))];
  const newest = { dataset: dataset.name, width, start: to - step };
  const buckets = (to - from) / step;
  promise(Number.isInteger(buckets) && from % step === 0 && buckets <= pageLimitOf(dataset, width).max, () => {
    return `${bucketName(newest)} was asked for in a slice of ${buckets} buckets`;
  });
  const known = memory.buckets.get(bucketKey(newest));
  const obtainable = load.groupBy.filter((name) => !(refused.get(dataset.name) ?? []).includes(name));
  const doubted = known === undefined || known.observedAt > honestUntil;
  // A single bucket may be asked for to prove what the API refuses, and of which range.
  const isProbe = buckets === 1 && parameters.get('limit') === '1';
  promise(doubted || isProbe || !isFinal(known, load, obtainable, groupBy), () => {
    return `${bucketName(newest)} was asked for although it had settled at ${known?.grain.join()}`;
  });
}

/** True for a bucket that nothing makes worth reading: settled, and at a grain as fine as is wanted and granted. */
function isFinal(
  { settled, status, grain }: Remembered,
  { groupBy: wanted }: DatasetSettings,
  obtainable: readonly string[],
  asked: readonly string[],
): boolean {
  const holds = (names: readonly string[]) => names.every((name) => grain.includes(name));
  const granted = asked.every((name) => obtainable.includes(name)) || holds(asked);
  return settled && status === 'loaded' && grain.every((name) => wanted.includes(name)) && holds(obtainable) && granted;
}
