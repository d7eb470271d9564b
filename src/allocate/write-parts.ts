import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Decimal, formatDecimal } from '../parse/decimal.ts';
import type { Part } from './parts.ts';

/** How writing the parts of some days changed what is stored. */
export interface PartsWritten {
  readonly parts: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** What the parts of a day are written with. */
export interface PartsTarget {
  readonly organization: string;
  readonly runId: number;
  readonly methodVersion: string;
}

const keyColumns = ['usage_date_utc', 'series_id', 'part_no'];
const valueColumns = [
  ...['project_id', 'api_key_id', 'line_item', 'model', 'token_class', 'modality', 'user_id', 'status', 'reason'],
  ...[
    'method',
    'method_version',
    'match_level',
    'driver',
    'estimate',
    'driver_quantity',
    'driver_total',
    'amount',
    'currency',
  ],
  ...['quantity', 'quantity_unit'],
];
const columns = [...keyColumns, ...valueColumns].join(', ');
const sameKey = keyColumns.map((name) => `p.${name} = s.${name}`).join(' and ');
const valuesOf = (alias: string) => `(${valueColumns.map((name) => `${alias}.${name}`).join(', ')})`;

/**
 * Replaces the parts of whole days, writing only what differs: vanished parts are deleted, changed ones updated, added
 * ones inserted, equal ones not touched. `days` gives the parts of one day after the other, so that no more than a day
 * of them is in memory.
 */
export async function replaceParts(
  client: ClientBase,
  target: PartsTarget,
  days: Iterable<readonly [day: string, parts: readonly Part[]]>,
): Promise<PartsWritten> {
  await client.query(
    `create temp table if not exists staging_cost_parts on commit delete rows as
     select ${columns} from openai.cost_parts with no data`,
  );
  const replaced: string[] = [];
  let parts = 0;
  const lines = function* () {
    for (const [day, some] of days) {
      replaced.push(day);
      parts += some.length;
      yield some.map((part) => lineOf(day, part, target.methodVersion)).join('');
    }
  };
  await pipeline(
    Readable.from(lines()),
    client.query(copyFrom(`copy pg_temp.staging_cost_parts (${columns}) from stdin`)),
  );
  // Without statistics the joins below become nested loops over every pair of rows.
  await client.query(`analyze pg_temp.staging_cost_parts (${keyColumns.join(', ')})`);
  const deleted = await client.query(
    `with gone as (
       delete from openai.cost_parts p where org_id = $1 and usage_date_utc = any($2::date[])
         and not exists (select from pg_temp.staging_cost_parts s where ${sameKey})
       returning org_id, usage_date_utc, series_id, part_no
     )
     insert into openai_etl.removals (removed_xid, table_name, key, removed_at, run_id)
     select pg_current_xact_id(), 'openai.cost_parts', to_jsonb(gone), now(), $3 from gone`,
    [target.organization, replaced, target.runId],
  );
  const updated = await client.query(
    `update openai.cost_parts p
     set ${valueColumns.map((name) => `${name} = s.${name}`).join(', ')}, run_id = $2, updated_at = now(),
       changed_xid = pg_current_xact_id()
     from pg_temp.staging_cost_parts s
     where p.org_id = $1 and ${sameKey} and ${valuesOf('p')} is distinct from ${valuesOf('s')}`,
    [target.organization, target.runId],
  );
  const inserted = await client.query(
    `insert into openai.cost_parts (org_id, ${columns}, run_id, updated_at, changed_xid)
     select $1, ${columns}, $2, now(), pg_current_xact_id() from pg_temp.staging_cost_parts s
     where not exists (select from openai.cost_parts p where p.org_id = $1 and ${sameKey})
     order by usage_date_utc, series_id, part_no`,
    [target.organization, target.runId],
  );
  const count = ({ rowCount }: { readonly rowCount: number | null }) => rowCount ?? 0;
  return { parts, inserted: count(inserted), updated: count(updated), deleted: count(deleted) };
}

/** A line of COPY's text format, in the order of the columns. */
function lineOf(day: string, part: Part, methodVersion: string): string {
  const { cost, item } = part;
  const fields = [
    ...[day, cost.seriesId, String(part.partNo)],
    ...[cost.projectId, cost.apiKeyId, cost.lineItem, item?.model, item?.tokenClass, item?.modality],
    ...[part.userId, part.status, part.reason, part.method, methodVersion, part.matchLevel, part.driver],
    part.estimate,
    ...[digits(part.driverQuantity), digits(part.driverTotal), digits(part.amount), cost.currency],
    ...[digits(part.quantity), cost.quantityUnit],
  ];
  return `${fields.map(field).join('\t')}\n`;
}

function digits(value: Decimal | null): string | null {
  return value === null ? null : formatDecimal(value);
}

const special: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function field(value: string | null | undefined): string {
  if (value === null || value === undefined) return '\\N';
  return value.replace(/[\\\t\n\r]/g, (character) => special[character] ?? character);
}
