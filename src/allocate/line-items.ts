import { mostKeyBytes } from '../catalog/storable.ts';
import { type LineItem, lineItemParserVersion, parseLineItem } from '../parse/line-item.ts';
import type { Queryable } from './due-days.ts';
import { bills, userCuts } from './sources.ts';

/**
 * Enters the line items of some days that are not known yet into openai.line_items, and reads again those that an older
 * parser has read. What a newer one has read stays. One too long for an index is in no list, and unparsed.
 */
export async function recordLineItems(
  database: Queryable,
  organization: string,
  days: readonly string[],
): Promise<void> {
  await enter(database, await unknownLineItems(database, organization, days));
  const { rows } = await database.query<{ line_item: string }>(
    'select line_item from openai.line_items where parser_version < $1',
    [lineItemParserVersion],
  );
  await enter(
    database,
    rows.map((row) => row.line_item),
  );
}

async function unknownLineItems(database: Queryable, organization: string, days: readonly string[]) {
  const found = [...bills, ...userCuts].map(
    ({ table }) => `select line_item from openai.${table}
      where org_id = $1 and bucket_start = any(array(select day::timestamp at time zone 'UTC' from unnest($2::date[]) as day))`,
  );
  const { rows } = await database.query<{ line_item: string }>(
    `select line_item from (${found.join(' union ')}) as found
     where octet_length(line_item) <= ${mostKeyBytes} and not exists (select from openai.line_items known where known.line_item = found.line_item)`,
    [organization, days],
  );
  return rows.map((row) => row.line_item);
}

/** One statement for all of them; a text that is read as before keeps its updated_at. */
async function enter(database: Queryable, texts: readonly string[]): Promise<void> {
  if (texts.length === 0) return;
  const items = texts.map(parseLineItem);
  const column = (of: (item: LineItem) => string | null) => items.map(of);
  await database.query(
    `insert into openai.line_items as known (line_item, surface, model, modality, token_class, qualifier, service,
       parse_status, charge_category, parser_version, first_seen_at, updated_at, changed_xid)
     select item.*, $10, now(), now(), pg_current_xact_id()
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
       as item
     order by 1
     on conflict (line_item) do update set
       surface = excluded.surface, model = excluded.model, modality = excluded.modality,
       token_class = excluded.token_class, qualifier = excluded.qualifier, service = excluded.service,
       parse_status = excluded.parse_status, charge_category = excluded.charge_category,
       parser_version = excluded.parser_version,
       updated_at = case when ${readAs('known')} is distinct from ${readAs('excluded')} then excluded.updated_at else known.updated_at end,
       changed_xid = case when ${readAs('known')} is distinct from ${readAs('excluded')} then excluded.changed_xid else known.changed_xid end
     where known.parser_version < excluded.parser_version`,
    [
      texts,
      column(({ surface }) => surface),
      column(({ model }) => model),
      column(({ modality }) => modality),
      column(({ tokenClass }) => tokenClass),
      column(({ qualifier }) => qualifier),
      column(({ service }) => service),
      column(({ parseStatus }) => parseStatus),
      column(({ chargeCategory }) => chargeCategory),
      lineItemParserVersion,
    ],
  );
}

function readAs(row: string): string {
  const names = [
    'surface',
    'model',
    'modality',
    'token_class',
    'qualifier',
    'service',
    'parse_status',
    'charge_category',
  ];
  return `(${names.map((name) => `${row}.${name}`).join(', ')})`;
}
