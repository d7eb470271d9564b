import type { Queryable } from './coverage.ts';
import { namesRemedy } from './directory.ts';
import type { DirectoryListStatus, DirectoryStatus } from './status-report.ts';

interface ListRow extends Omit<DirectoryListStatus, 'read_at'> {
  readonly org_id: string;
  readonly tried_at: Date;
  readonly read_at: Date | null;
}

/**
 * $1 organizations; null for all. The API gives no lists of archived projects, so that a refusal there is nothing; nor is
 * what became of a list that is not asked for any more.
 */
const listsSql = `
  select org_id, list, sum(entries)::int as entries, max(tried_at) as tried_at,
    case when bool_or(missed and status = 'failed') then 'failed' when bool_or(missed) then 'refused' else 'read' end
      as status,
    (array_agg(detail order by status, tried_at desc) filter (where missed))[1] as detail,
    case when bool_and(read_at is not null) then min(read_at) end as read_at
  from (
    select l.*, l.status <> 'read' and p.archived_at is null
      and l.tried_at = max(l.tried_at) over (partition by l.org_id) as missed
    from openai_etl.directory_lists l
    left join openai.projects p on p.org_id = l.org_id and p.project_id = l.scope
    where $1::text[] is null or l.org_id = any($1)
  ) l
  group by org_id, list order by org_id, list`;

/** What is known of the names of each organization. Makes no request, writes nothing. */
export async function readDirectoryStatus(
  pool: Queryable,
  organizations: readonly string[] | null,
): Promise<readonly DirectoryStatus[]> {
  const { rows } = await pool.query<ListRow>(listsSql, [organizations]);
  return [...Map.groupBy(rows, ({ org_id }) => org_id)].map(([org_id, lists]) => ({
    org_id,
    tried_at: new Date(Math.max(...lists.map(({ tried_at }) => tried_at.getTime()))).toISOString(),
    lists: lists.map(({ list, status, entries, detail, read_at }) => ({
      list,
      status,
      entries,
      detail,
      read_at: read_at?.toISOString() ?? null,
    })),
    remedy: lists.some(({ status }) => status === 'refused') ? namesRemedy : null,
  }));
}
