import { type MigrationStatus, migrationStatus } from '../../db/migrate.ts';
import type { Store } from '../../db/store.ts';
import { EtlError } from '../../errors.ts';
import type { DatabaseCheck } from './database-check.ts';
import { type CheckLine, ok } from './line.ts';

/** How far the database is, and where it is behind, whether the next sync can bring it forward. */
export const migrations: DatabaseCheck = {
  name: 'migrations',
  lines: async (store) => [await migrationLine(store, await migrationStatus(store.pool))],
};

async function migrationLine(store: Store, status: MigrationStatus): Promise<CheckLine> {
  const { database_version, program_version } = status;
  const unknown = status.migrations.find(({ state }) => state === 'unknown');
  if (unknown !== undefined) {
    throw new EtlError(
      'schema_newer',
      `the database is at version ${database_version}, this program at ${program_version}`,
    );
  }
  const changed = status.migrations.find(({ state }) => state === 'changed');
  if (changed !== undefined) {
    throw new EtlError('migration_failed', `migration ${changed.version} has changed since it was applied`, {
      remedy: 'Install usage-etl again, in the version that migrated this database or a newer one.',
    });
  }
  if (database_version === program_version) {
    return ok(null, 'migrations', `up to date at version ${database_version}`);
  }
  await requireMigratable(store, database_version);
  const detail = `version ${database_version} of ${program_version}; the next sync migrates it`;
  return {
    org_id: null,
    name: 'migrations',
    status: 'notice',
    detail,
    remedy: 'Nothing to do, or run usage-etl migrate.',
  };
}

interface Place {
  readonly role: string;
  readonly database: string;
  readonly creates: boolean;
  /** Schemas of ours that are missing, that another role has made, and in which this role may not create. */
  readonly missing: readonly string[];
  readonly foreign: readonly string[];
  readonly closed: readonly string[];
  /** Relations in them: a name of one, and one that another role owns. */
  readonly held: string | null;
  readonly others: string | null;
}

const place = `
  with ours as (
    select name, namespace.oid, nspowner
      from unnest(array['openai', 'openai_etl', 'openai_bi', 'openai_focus']) as name left join pg_namespace as namespace on nspname = name
  ), held as (
    select format('%I.%I', ours.name, relname) as name, relowner from pg_class join ours on relnamespace = ours.oid
  )
  select quote_ident(current_user) as role, quote_ident(current_database()) as database,
    has_database_privilege(current_database(), 'create') as creates,
    coalesce(array_agg(name) filter (where oid is null), '{}') as missing,
    coalesce(array_agg(name) filter (where not pg_has_role(nspowner, 'usage')), '{}') as foreign,
    coalesce(array_agg(name) filter (where not has_schema_privilege(oid, 'create')), '{}') as closed,
    (select min(name) from held) as held,
    (select min(name) from held where not pg_has_role(relowner, 'usage')) as others
  from ours`;

/** A migration makes and changes what it owns. Rejects where this role could not. */
async function requireMigratable({ pool }: Store, version: number): Promise<void> {
  const { rows } = await pool.query<Place>(place);
  for (const row of rows) {
    const { role, database } = row;
    if (version === 0 && row.held !== null) {
      throw new EtlError('database_unsuitable', `the schemas of usage-etl hold ${row.held}, which it has not made`, {
        remedy: 'Give usage-etl a database of its own and name it in DATABASE_URL.',
      });
    }
    if (row.foreign.length > 0 || row.others !== null) {
      throw denied(`${row.others ?? `schema ${row.foreign.join(', ')}`} belongs to another role than ${role}`);
    }
    if (row.closed.length > 0) throw denied(`${role} may not create in schema ${row.closed.join(', ')}`);
    if (row.missing.length > 0 && !row.creates) {
      throw new EtlError('database_denied', `migrations are pending, and ${role} may not create schemas`, {
        remedy: `As the owner of the database: grant create on database ${database} to ${role}; or run usage-etl migrate as its owner.`,
      });
    }
  }
}

function denied(reason: string): EtlError {
  return new EtlError('database_denied', `migrations are pending, and ${reason}`, {
    remedy:
      'Run usage-etl migrate as the role that owns the schemas (openai_owner), or hand them over with docs/roles.sql.',
  });
}
