import type { Counter } from '../catalog/driver.ts';
import { datasets } from '../catalog/index.ts';
import { type Decimal, parseDecimal } from '../parse/decimal.ts';
import type { Cost, DatasetUsage, DayInputs, Filters, Grouped, Usage, UserCost } from './day-inputs.ts';
import type { Queryable } from './due-days.ts';
import { bills, type DrivingDataset, driving, inputDatasets, type MoneyDataset, userCuts } from './sources.ts';

type Cell = string | boolean | null;

/** Rows by day. */
type ByDay<T> = ReadonlyMap<string, readonly T[]>;

/**
 * All that the splits of some days of an organization follow from, by day. Each dataset's usage of a day is that of the
 * one width that the day is told from (openai_etl.days).
 */
export async function readDays(
  client: Queryable,
  organization: string,
  days: readonly string[],
): Promise<ReadonlyMap<string, DayInputs>> {
  const readings = await readReadings(client, organization, days);
  const costs = await readMoney(client, organization, days, bills, costOf);
  const userCosts = await readMoney(client, organization, days, userCuts, userCostOf);
  const usage: (readonly [DrivingDataset, ByDay<Usage>])[] = [];
  for (const dataset of driving) usage.push([dataset, await readUsage(client, organization, days, dataset)]);
  const grouped = <T>(day: string, name: string | undefined, rows: ByDay<T>): Grouped<T> | null => {
    const reading = readings.get(`${day} ${name}`);
    return reading === undefined ? null : { ...reading, rows: rows.get(day) ?? [] };
  };
  return new Map(
    days.map((day) => {
      const userCut = grouped(day, userCuts[0]?.name, userCosts);
      return [
        day,
        {
          bill: grouped(day, bills[0]?.name, costs) ?? empty,
          userCut: userCut === null ? null : { ...userCut, driver: driverOf(userCuts[0]) },
          usage: usage.map(
            ([dataset, rows]): DatasetUsage => ({ dataset, ...(grouped(day, dataset.name, rows) ?? empty) }),
          ),
        },
      ];
    }),
  );
}

const empty = { grain: new Set<string>(), filters: new Map<string, never>(), rows: [] };

function driverOf(dataset: MoneyDataset | undefined): string {
  return `${dataset?.name}.${dataset?.money.amount}`;
}

const startOfDay = `(d.usage_date_utc::timestamp at time zone 'UTC')`;

/**
 * The dimensions that every bucket of a dataset's day was grouped by, and what all were filtered to, by day and name;
 * absent where it is not loaded.
 */
async function readReadings(client: Queryable, organization: string, days: readonly string[]) {
  const { rows } = await client.query<{ day: string; dataset: string; grain: string[]; filters: GivenFilters | null }>(
    `select to_char(usage_date_utc, 'YYYY-MM-DD') as day, dataset, grain,
       case when filters is distinct from 'mixed' then coalesce(filters, '{}')::jsonb end as filters
     from openai_etl.days
     where org_id = $1 and usage_date_utc = any($2::date[]) and dataset = any($3) and bucket_width is not null`,
    [organization, days, inputDatasets],
  );
  return new Map(
    rows.map(({ day, dataset, grain, filters }) => [
      `${day} ${dataset}`,
      { grain: new Set(grain), filters: filters === null ? null : filtersOf(dataset, filters) },
    ]),
  );
}

type GivenFilters = Readonly<Record<string, readonly string[] | boolean>>;

/** Filters as the ledger keeps them, by the dimension that each of them is of. */
function filtersOf(dataset: string, given: GivenFilters): Filters {
  const known = datasets.find(({ name }) => name === dataset)?.filters ?? [];
  return new Map(
    Object.entries(given).map(([name, value]) => [
      known.find((filter) => filter.name === name)?.matches ?? name,
      new Set(typeof value === 'boolean' ? [String(value)] : value),
    ]),
  );
}

async function readMoney<T>(
  client: Queryable,
  organization: string,
  days: readonly string[],
  [dataset]: readonly MoneyDataset[],
  decode: (row: MoneyRow) => T,
): Promise<ByDay<T>> {
  if (dataset === undefined) return new Map();
  const has = (name: string) => dataset.columns.some((column) => column.name === name);
  const { rows } = await client.query<MoneyRow>(
    `select to_char(d.usage_date_utc, 'YYYY-MM-DD') as day, f.series_id, ${has('user_id') ? 'f.user_id' : 'null::text as user_id'},
       f.project_id, f.api_key_id, f.line_item, f.${dataset.money.amount} as amount, f.${dataset.money.currency} as currency,
       f.quantity, f.quantity_unit
     from openai_etl.days d join openai.${dataset.table} f
       on f.org_id = d.org_id and f.bucket_width = d.bucket_width and f.bucket_start = ${startOfDay}
     where d.org_id = $1 and d.dataset = $3 and d.usage_date_utc = any($2::date[])
       and f.${dataset.money.amount} is not null and f.${dataset.money.currency} is not null
     order by f.series_id`,
    [organization, days, dataset.name],
  );
  return new Map([...Map.groupBy(rows, ({ day }) => day)].map(([day, some]) => [day, some.map(decode)]));
}

interface MoneyRow {
  readonly day: string;
  readonly series_id: string;
  readonly user_id: string | null;
  readonly project_id: string | null;
  readonly api_key_id: string | null;
  readonly line_item: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly quantity: string | null;
  readonly quantity_unit: string | null;
}

function costOf(row: MoneyRow): Cost {
  return {
    seriesId: row.series_id,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    lineItem: row.line_item,
    amount: decimalOf(row.amount),
    currency: row.currency,
    quantity: row.quantity === null ? null : decimalOf(row.quantity),
    quantityUnit: row.quantity_unit,
  };
}

function userCostOf(row: MoneyRow): UserCost {
  const { amount, currency, projectId, apiKeyId, lineItem } = costOf(row);
  return { userId: row.user_id, projectId, apiKeyId, lineItem, amount, currency };
}

function decimalOf(digits: string): Decimal {
  const decimal = parseDecimal(digits);
  if (decimal === null) throw new TypeError('PostgreSQL gave a numeric that is no decimal');
  return decimal;
}

const dimensions = ['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier'] as const;

async function readUsage(
  client: Queryable,
  organization: string,
  days: readonly string[],
  dataset: DrivingDataset,
): Promise<ByDay<Usage>> {
  const { counters } = dataset.driver;
  const own = dimensions.filter((name) => dataset.columns.some((column) => column.name === name));
  const measures = [...new Set(counters.flatMap(measuresOf))];
  const columns = [...own, ...measures].map((name) => `f.${name}`).join(', ');
  // Summed up as numeric: of many rows the sum may be beyond bigint.
  const sums = counters.map((counter) => `sum(${countedBy(counter)})::text`);
  const selected = dimensions.map((name) => (own.includes(name) ? name : `null::text as ${name}`));
  const query = {
    text: `select to_char(day, 'YYYY-MM-DD'), ${[...selected, ...sums].join(', ')}
     from (
       select d.usage_date_utc as day, ${columns}
       from openai_etl.days d join openai.${dataset.table} f
         on f.org_id = d.org_id and f.bucket_width = d.bucket_width and f.bucket_start = ${startOfDay}
       where d.org_id = $1 and d.dataset = $3 and d.usage_date_utc = any($2::date[]) and not d.is_rolled_up
       union all
       select d.usage_date_utc, ${columns}
       from openai_etl.days d join openai.usage_daily_rollup f using (org_id, dataset, usage_date_utc)
       where d.org_id = $1 and d.dataset = $3 and d.usage_date_utc = any($2::date[]) and d.is_rolled_up
     ) as used
     group by ${['day', ...own].join(', ')}`,
    values: [organization, days, dataset.name],
    rowMode: 'array' as const,
  };
  const { rows } = await client.query<Cell[]>(query);
  const byDay = Map.groupBy(rows, ([day]) => String(day));
  return new Map([...byDay].map(([day, some]) => [day, some.map(usageOf)]));
}

/** A row as selected: the day, the dimensions, the counters. */
function usageOf([, projectId, userId, apiKeyId, model, batch, serviceTier, ...counts]: Cell[]): Usage {
  return {
    projectId: textOf(projectId),
    userId: textOf(userId),
    apiKeyId: textOf(apiKeyId),
    model: textOf(model),
    batch: typeof batch === 'boolean' ? batch : null,
    serviceTier: textOf(serviceTier),
    counts: counts.map((count) => (typeof count === 'string' ? BigInt(count) : null)),
  };
}

function textOf(cell: Cell | undefined): string | null {
  return typeof cell === 'string' ? cell : null;
}

function measuresOf({ measures, instead }: Counter): readonly string[] {
  return instead === undefined ? measures : [...measures, instead.total, ...instead.without];
}

function countedBy({ measures, instead }: Counter): string {
  const counted = measures.map((name) => `${name}::numeric`).join(' + ');
  if (instead === undefined) return counted;
  const { total, without } = instead;
  return `coalesce(${counted}, greatest(0, ${[`${total}::numeric`, ...without.map((name) => `coalesce(${name}, 0)`)].join(' - ')}))`;
}
