import type { PoolClient } from 'pg';

/** A project as a mapping sees it. */
export interface MappedProject {
  readonly org_id: string;
  readonly project_id: string;
  readonly project_name: string | null;
  readonly team: string | null;
  readonly cost_center: string | null;
  readonly environment: string | null;
}

/** What becomes of a project's own attributes: all three, as they are to be. */
export type ProjectMapping = Omit<MappedProject, 'project_name'>;

/** The projects of some organizations, or of all, by name. `lock`: nobody else maps them until the transaction ends. */
export async function readProjects(
  client: Pick<PoolClient, 'query'>,
  organizations: readonly string[] | null,
  lock: boolean,
): Promise<readonly MappedProject[]> {
  const locking = lock ? 'for update' : '';
  const { rows } = await client.query<MappedProject>(
    `select org_id, project_id, project_name, team, cost_center, environment from openai.projects
     where $1::text[] is null or org_id = any($1)
     order by org_id, project_name, project_id ${locking}`,
    [organizations],
  );
  return rows;
}

/** Writes attributes of projects, in one statement. */
export async function writeMapping(client: PoolClient, mapping: readonly ProjectMapping[]): Promise<void> {
  await client.query(
    `update openai.projects p
     set team = m.team, cost_center = m.cost_center, environment = m.environment,
       updated_at = now(), changed_xid = pg_current_xact_id()
     from jsonb_to_recordset($1::jsonb)
       as m(org_id text, project_id text, team text, cost_center text, environment text)
     where p.org_id = m.org_id and p.project_id = m.project_id`,
    [JSON.stringify(mapping)],
  );
}
