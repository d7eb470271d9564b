import type pg from 'pg';
import type { Dataset } from '../src/catalog/dataset.ts';
import { type Width, widthSeconds, widths } from '../src/catalog/width.ts';
import type { RecordedRequest } from '../src/simulator/index.ts';

/** Buckets that the ledger knows to be settled, as runs of neighbours. Unix seconds, the end excluded. */
export interface SettledRun {
  readonly dataset: string;
  readonly width: Width;
  readonly start: number;
  readonly end: number;
}

/** What the ledger knows to be settled; nothing before there is one. */
export async function readSettled(pool: pg.Pool): Promise<readonly SettledRun[]> {
  const { rows: tables } = await pool.query<{ there: boolean }>(
    `select to_regclass('openai_etl.buckets') is not null as there`,
  );
  if (tables[0]?.there !== true) return [];
  const { rows } = await pool.query<SettledRun>(
    `select dataset, bucket_width as width, extract(epoch from min(bucket_start))::bigint as start,
       extract(epoch from max(bucket_end))::bigint as "end"
     from (
       select dataset, bucket_width, bucket_start, bucket_end, bucket_start - (bucket_end - bucket_start) *
         row_number() over (partition by dataset, bucket_width order by bucket_start)::float8 as island
       from openai_etl.buckets where settled
     ) numbered
     group by dataset, bucket_width, island`,
  );
  return rows;
}

/** How many buckets those are. */
export function countSettled(runs: readonly SettledRun[]): number {
  return runs.reduce((sum, { start, end, width }) => sum + (end - start) / widthSeconds[width], 0);
}

/** What a request asked for. Unix seconds, the end excluded. */
interface Asked {
  readonly dataset: string;
  readonly width: Width;
  readonly start: number;
  readonly end: number;
}

/** Settled buckets that requests asked for again, one line for each run of them and request. */
export function askedAgain(
  requests: readonly RecordedRequest[],
  settled: readonly SettledRun[],
  datasets: readonly Dataset[],
): readonly string[] {
  return requests.flatMap((request) => {
    const asked = whatItAsks(request, datasets);
    return settled.flatMap((run) => {
      const [start, end] = [Math.max(run.start, asked.start), Math.min(run.end, asked.end)];
      const same = run.dataset === asked.dataset && run.width === asked.width;
      return same && start < end ? [describe({ ...asked, start, end })] : [];
    });
  });
}

/**
 * Requests made for nothing: those whose newest bucket was settled already. Every request ends with a bucket that has
 * to be read; settled ones are read along behind it only.
 */
export function askedForNothing(
  requests: readonly RecordedRequest[],
  settled: readonly SettledRun[],
  datasets: readonly Dataset[],
): readonly string[] {
  return requests.flatMap((request) => {
    const asked = whatItAsks(request, datasets);
    const newest = { ...asked, start: asked.end - widthSeconds[asked.width] };
    const known = settled.some(
      (run) =>
        run.dataset === asked.dataset &&
        run.width === asked.width &&
        run.start <= newest.start &&
        newest.start < run.end,
    );
    return known ? [describe(newest)] : [];
  });
}

/** Two datasets share a path; the one that groups by user is the one with more of the dimensions asked for. */
function whatItAsks({ path, parameters }: RecordedRequest, datasets: readonly Dataset[]): Asked {
  const groupBy = parameters.getAll('group_by[]');
  const dataset = datasets.find(
    ({ path: own, columns }) => own === path && groupBy.every((name) => columns.some((column) => column.name === name)),
  );
  const width = widths.find((known) => known === parameters.get('bucket_width'));
  if (dataset === undefined || width === undefined) throw new Error(`${path}?${parameters} was not to be asked for`);
  const [start, end] = [Number(parameters.get('start_time')), Number(parameters.get('end_time'))];
  return { dataset: dataset.name, width, start, end };
}

function describe({ dataset, width, start, end }: Asked): string {
  return `${dataset} ${width} ${new Date(start * 1000).toISOString()} to ${new Date(end * 1000).toISOString()}`;
}
