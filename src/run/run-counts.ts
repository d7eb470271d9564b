import type { Queryable } from './coverage.ts';

/** How often something has happened since the database was made, by what it is told apart by. */
export interface Count {
  readonly of: 'runs' | 'requests' | 'retries' | 'rows' | 'restatements';
  readonly org_id: string;
  /** runs: the command · requests: the HTTP status · rows: inserted, updated or deleted · restatements: the dataset. */
  readonly by: string;
  /** runs: how they ended; empty for all others. */
  readonly status: string;
  readonly count: number;
}

/** What has been counted once for good: runs and restatements up to these ids. */
export interface CountedSoFar {
  readonly runId: number;
  readonly restatementId: number;
  readonly counts: readonly Count[];
}

/** Nothing counted yet. */
export const countedNothing: CountedSoFar = { runId: 0, restatementId: 0, counts: [] };

/** A range of ids, the start excluded and the end included; no end where it is null. */
interface Range {
  readonly runs: readonly [after: number, upTo: number | null];
  readonly restatements: readonly [after: number, upTo: number | null];
}

/**
 * Counts what finished runs did. What no run at work can change any more comes back as `soFar`, to be handed in the
 * next time: a history of years is read once and not at every scrape.
 */
export async function readRunCounts(
  client: Queryable,
  before: CountedSoFar,
): Promise<{ readonly counts: readonly Count[]; readonly soFar: CountedSoFar }> {
  const reached = (await client.query<Pick<CountedSoFar, 'runId' | 'restatementId'>>(reachedSql)).rows[0] ?? {
    runId: 0,
    restatementId: 0,
  };
  // Ids that went back mean another database: one restored from a backup.
  const base = reached.runId < before.runId ? countedNothing : before;
  const restatementId = Math.max(base.restatementId, reached.restatementId);
  const settled = await countsIn(client, {
    runs: [base.runId, reached.runId],
    restatements: [base.restatementId, restatementId],
  });
  const soFar = { runId: reached.runId, restatementId, counts: added([...base.counts, ...settled]) };
  const rest = await countsIn(client, { runs: [reached.runId, null], restatements: [restatementId, null] });
  return { counts: added([...soFar.counts, ...rest]), soFar };
}

/**
 * How far nothing can change any more: before the oldest run at work; for restatements only while none is, because a
 * run at work may still write one with a smaller id than those already seen.
 */
const reachedSql = `
  select coalesce(min(run_id) filter (where status = 'running') - 1, max(run_id), 0) as "runId",
    case when count(*) filter (where status = 'running') = 0
      then coalesce((select max(restatement_id) from openai_etl.restatements), 0) else 0 end as "restatementId"
  from openai_etl.runs`;

const countsSql = `
  with done as (
    select * from openai_etl.runs
    where run_id > $1 and ($2::bigint is null or run_id <= $2) and status <> 'running'
  ), restated as (
    select org_id, dataset from openai_etl.restatements
    where restatement_id > $3 and ($4::bigint is null or restatement_id <= $4)
  )
  select 'runs' as of, org_id, command as by, status, count(*) as count from done group by 2, 3, 4
  union all
  select 'requests', org_id, key, '', sum(value::bigint)::bigint from done, jsonb_each_text(responses) group by 2, 3
  union all
  select 'retries', org_id, '', '', sum(retries)::bigint from done group by 2
  union all
  select 'rows', org_id, kind, '', sum(number)::bigint from done, lateral (values ('inserted', rows_inserted),
    ('updated', rows_updated), ('deleted', rows_deleted)) as changed(kind, number) group by 2, 3
  union all
  select 'restatements', org_id, dataset, '', count(*) from restated group by 2, 3`;

async function countsIn(client: Queryable, { runs, restatements }: Range): Promise<readonly Count[]> {
  return (await client.query<Count>(countsSql, [...runs, ...restatements])).rows;
}

function added(counts: readonly Count[]): readonly Count[] {
  const sums = new Map<string, Count>();
  for (const one of counts) {
    const key = JSON.stringify([one.of, one.org_id, one.by, one.status]);
    sums.set(key, { ...one, count: (sums.get(key)?.count ?? 0) + Number(one.count) });
  }
  return [...sums.values()];
}
