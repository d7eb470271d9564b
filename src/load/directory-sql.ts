import type { DirectoryTable, ListedColumn } from '../catalog/directory/table.ts';

/** The statements that bring one directory table up to date, derived from its definition. $1 is the organization. */
export interface DirectoryStatements {
  /** $2 observed at, $3 entries as a JSON array. Gives how many rows were added and how many others changed. */
  readonly upsert: string;
  /**
   * $2 observed at, $3 entries as a JSON array; with a scope column also $4 scopes whose lists were read, $5 true when
   * the list of the whole organization was.
   */
  readonly remove: string;
  /** $2 observed at, $3 entries as a JSON array: closes the names that are not the present ones. Null without history. */
  readonly closeNames: string | null;
  /** The same parameters: opens the present names. */
  readonly openNames: string | null;
  /** Empties what says who people are. Null where nothing does. */
  readonly erase: string | null;
  /** Their former names. */
  readonly eraseNames: string | null;
}

/** The statements of a table. Names come from the catalog and are quoted all the same. */
export function directoryStatements(table: DirectoryTable, scopeColumn: string | null): DirectoryStatements {
  const name = `openai.${quoted(table.name)}`;
  return {
    upsert: upsert(table, name),
    remove: remove(table, name, scopeColumn),
    ...names(table, name),
    ...erase(table, name),
  };
}

function upsert(table: DirectoryTable, name: string): string {
  const columns = table.listed.map((column) => quoted(column.name)).join(', ');
  const key = table.key.map(quoted).join(', ');
  const entries = entriesOf(table);
  const values = table.listed.filter((column) => !table.key.includes(column.name));
  const assignments = values.map((column) => `${quoted(column.name)} = ${incoming(column)}, `).join('');
  const differences = values.map((column) => `t.${quoted(column.name)} is distinct from ${incoming(column)}`);
  const [stubColumn, stubValue, stubReset] = table.stub === null ? ['', '', ''] : stubParts;
  const wasStub = table.stub === null ? [] : ['t.is_stub'];
  const changed = ['t.removed_at is not null', ...wasStub, ...differences].join(' or ');
  return `
    with written as (
      insert into ${name} as t (org_id, ${columns}${stubColumn}, first_seen_at, last_seen_at, updated_at, changed_xid)
      select $1, ${columns}${stubValue}, $2, $2, now(), pg_current_xact_id() from ${entries}
      on conflict (org_id, ${key}) do update set
        ${assignments}${stubReset}last_seen_at = excluded.last_seen_at, removed_at = null,
        updated_at = case when ${changed} then excluded.updated_at else t.updated_at end,
        changed_xid = case when ${changed} then excluded.changed_xid else t.changed_xid end
      returning xmax = 0 as added, changed_xid = pg_current_xact_id() as changed
    )
    select count(*) filter (where added)::int as added, count(*) filter (where changed and not added)::int as changed
    from written`;
}

const stubParts = [', is_stub', ', false', 'is_stub = false, '] as const;

function incoming({ name, sticky }: ListedColumn): string {
  const excluded = `excluded.${quoted(name)}`;
  return sticky === true ? `coalesce(${excluded}, t.${quoted(name)})` : excluded;
}

/** A stub is in no list anyway. */
function remove(table: DirectoryTable, name: string, scopeColumn: string | null): string {
  const entries = entriesOf(table);
  const same = table.key.map((column) => `e.${quoted(column)} = t.${quoted(column)}`).join(' and ');
  const conditions = [
    't.org_id = $1 and t.removed_at is null',
    ...(table.stub === null ? [] : ['not t.is_stub']),
    ...(scopeColumn === null ? [] : [inScope(`t.${quoted(scopeColumn)}`)]),
    `not exists (select from ${entries} where ${same})`,
  ].join(' and ');
  return `
    update ${name} t set removed_at = $2, updated_at = now(), changed_xid = pg_current_xact_id()
    where ${conditions}`;
}

function inScope(column: string): string {
  return `(${column} = any($4::text[]) or $5::boolean and ${column} is null)`;
}

function names(table: DirectoryTable, name: string): Pick<DirectoryStatements, 'closeNames' | 'openNames'> {
  const { history } = table;
  const [key] = table.key;
  if (history === null || key === undefined) return { closeNames: null, openNames: null };
  const [id, title, since] = [quoted(key), quoted(history.name), quoted(history.since)];
  const entries = entriesOf(table);
  const entity = literal(history.entity);
  const present = `(
      select t.${id} as id, t.${title} as name, t.${since} as since, t.first_seen_at
      from ${name} t join ${entries} on e.${id} = t.${id} where t.org_id = $1
    ) present`;
  return {
    // A name that was first read by a clock ahead of this one still ends after it began.
    closeNames: `
    update openai.name_history h set valid_to = greatest($2, h.valid_from + interval '1 microsecond'),
      changed_xid = pg_current_xact_id()
    from ${present}
    where h.org_id = $1 and h.entity = ${entity} and h.id = present.id and h.valid_to is null
      and h.name is distinct from present.name`,
    openNames: `
    insert into openai.name_history (org_id, entity, id, name, valid_from)
    select $1, ${entity}, id, name, case when known.until is null
        then least(coalesce(since, first_seen_at), $2) else greatest(known.until, $2) end
    from ${present}
    left join lateral (
      select max(h.valid_to) as until, bool_or(h.valid_to is null) as open
      from openai.name_history h where h.org_id = $1 and h.entity = ${entity} and h.id = present.id
    ) known on true
    where name is not null and known.open is not true`,
  };
}

function erase(table: DirectoryTable, name: string): Pick<DirectoryStatements, 'erase' | 'eraseNames'> {
  const { personal, history } = table;
  const [key] = table.key;
  if (personal === null || key === undefined) return { erase: null, eraseNames: null };
  const columns = personal.columns.map(quoted);
  const emptied = columns.map((column) => `${column} = null, `).join('');
  const filled = columns.map((column) => `${column} is not null`).join(' or ');
  const exempt = Object.entries(personal.except).map(([column, value]) => `${quoted(column)} = ${literal(value)}`);
  const isExempt = exempt.join(' and ');
  const id = quoted(key);
  const entity = literal(history?.entity ?? '');
  return {
    erase: `
    update ${name} set ${emptied}updated_at = now(), changed_xid = pg_current_xact_id()
    where org_id = $1 and not (${isExempt}) and (${filled})`,
    eraseNames: `
    with gone as (
      delete from openai.name_history where org_id = $1 and entity = ${entity}
        and id in (select ${id} from ${name} where org_id = $1 and not (${isExempt}))
      returning org_id, entity, id, valid_from
    )
    insert into openai_etl.removals (removed_xid, table_name, key, removed_at)
    select pg_current_xact_id(), 'openai.name_history', to_jsonb(gone), now() from gone`,
  };
}

function entriesOf(table: DirectoryTable): string {
  const columns = table.listed.map(({ name, type }) => `${quoted(name)} ${type}`).join(', ');
  return `jsonb_to_recordset($3::jsonb) as e(${columns})`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
