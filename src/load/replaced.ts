import { type Dataset, measuresOf } from '../catalog/dataset.ts';
import type { EncodedBucket } from './encode.ts';
import type { SliceContext } from './loader.ts';
import { stageBuckets } from './replace.ts';
import { quoted } from './statements.ts';

/**
 * Unix seconds of those of these buckets that consist of other groups than the stored ones: less than half of the stored
 * rows, and of the stored money, belong to groups that come again, and the totals are not the same. Writes nothing.
 */
export async function replacedBuckets(
  context: SliceContext,
  buckets: readonly EncodedBucket[],
): Promise<ReadonlySet<number>> {
  if (buckets.length === 0) return new Set();
  const { client, options, statements } = context;
  await stageBuckets(context, buckets);
  const starts = buckets.map(({ start }) => new Date(start * 1000));
  const { rows } = await client.query<{ start: number }>(replacedSql(options.dataset), [
    options.organization,
    options.width,
    starts,
  ]);
  await client.query(statements.emptyStaging);
  return new Set(rows.map(({ start }) => start));
}

/** Sums of doubles, differently grouped, differ by their noise. */
const noise = '1e-12';

function replacedSql(dataset: Dataset): string {
  const table = `openai.${quoted(dataset.table)}`;
  const staging = `pg_temp.${quoted(`staging_${dataset.table}`)}`;
  const { money } = dataset;
  const amount = money === undefined ? null : quoted(money.amount);
  // A total is that of one currency: amounts of several cannot be added up.
  const currency = money === undefined ? "''" : `coalesce(${quoted(money.currency)}, '')`;
  const measures = amount === null ? measuresOf(dataset).map(({ name }) => quoted(name)) : [amount];
  const sums = measures.map((name) => `coalesce(sum(${name}), 0)::numeric as ${name}`).join(', ');
  const differs = measures
    .map((name) => `abs(coalesce(o.${name}, 0) - coalesce(n.${name}, 0)) > ${noise} * abs(coalesce(o.${name}, 0))`)
    .join(' or ');
  const worth = amount === null ? '0' : `coalesce(abs(f.${amount}), 0)`;
  return `
    with stored as (
      select * from ${table} where org_id = $1 and bucket_width = $2 and bucket_start = any($3::timestamptz[])
    ), again as (
      select f.bucket_start, count(*) as rows, count(s.series_id) as rows_again,
        sum(${worth}) as money, coalesce(sum(${worth}) filter (where s.series_id is not null), 0) as money_again
      from stored f left join ${staging} s on s.bucket_start = f.bucket_start and s.series_id = f.series_id
      group by 1
    ), o as (select bucket_start, ${currency} as unit, ${sums} from stored group by 1, 2),
    n as (select bucket_start, ${currency} as unit, ${sums} from ${staging} group by 1, 2)
    select extract(epoch from a.bucket_start)::float8 as start from again a
    where a.rows_again * 2 < a.rows and (a.money = 0 or a.money_again * 2 < a.money) and exists (
      select from (select * from o where o.bucket_start = a.bucket_start) o
      full join (select * from n where n.bucket_start = a.bucket_start) n on n.unit = o.unit
      where ${differs}
    )`;
}
