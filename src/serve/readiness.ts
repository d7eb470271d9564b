import { redact } from '../log.ts';
import type { Stored } from '../run/observe.ts';
import type { Observed } from './observed.ts';

/** One question of readiness. */
export interface Check {
  readonly name: 'database' | 'migrations' | 'runs' | 'freshness';
  readonly ok: boolean;
  readonly detail: string;
}

/** Whether the service does what it is for. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly Check[];
}

/** Names shown of many. */
const namesShown = 5;

/** Asks everything that an observation can answer; what it cannot is left out. */
export function readinessOf({ observation, failure }: Observed): Readiness {
  if (observation === null) return readiness([{ name: 'database', ok: false, detail: failure }]);
  const { migrations, stored, freshness_hours } = observation;
  const { database_version: at, program_version: needed } = migrations;
  const database: Check = { name: 'database', ok: true, detail: 'reachable' };
  if (stored === null) {
    const detail = at === 0 ? 'no tables yet' : `the database is at version ${at}, this program needs ${needed}`;
    return readiness([database, { name: 'migrations', ok: false, detail }]);
  }
  return readiness([
    database,
    { name: 'migrations', ok: true, detail: `version ${at}` },
    runsCheck(stored),
    freshnessCheck(stored, freshness_hours),
  ]);
}

function readiness(checks: readonly Check[]): Readiness {
  return { ready: checks.every(({ ok }) => ok), checks };
}

/** A partial run is no failure by itself: what it did not load grows stale, and alerts say what it was. */
function runsCheck({ last_runs, running, status, freshness }: Stored): Check {
  const loading = last_runs.filter(({ command }) => command !== 'verify');
  const organizations = [...new Set(freshness.map(({ org_id }) => org_id))];
  const newest = organizations.flatMap((organization) => newestOf(loading, organization));
  const missing = organizations.filter((organization) => newest.every(({ org_id }) => org_id !== organization));
  const failed = newest.filter((run) => run.status === 'failed').map(({ org_id }) => org_id);
  const partial = newest.filter((run) => run.status === 'partial').map(({ org_id }) => org_id);
  const reason = (organization: string) =>
    status.runs.find(({ org_id, status: ended }) => org_id === organization && ended === 'failed')?.error ?? '';
  const name = 'runs';
  if (failed.length > 0) {
    const first = failed.map(reason).find((error) => error !== '') ?? '';
    const why = first === '' ? '' : ` (${redact(first.split('\n', 1)[0] ?? '')})`;
    return { name, ok: false, detail: `the last run failed: ${listed(failed)}${why}` };
  }
  if (missing.length > 0) {
    const atWork = running > 0 ? ', the first one is at work' : '';
    return { name, ok: false, detail: `no run yet: ${listed(missing)}${atWork}` };
  }
  if (partial.length > 0) return { name, ok: true, detail: `the last run was partial: ${listed(partial)}` };
  return { name, ok: true, detail: 'the last run of every organization was ok' };
}

function newestOf(runs: Stored['last_runs'], organization: string): Stored['last_runs'] {
  return runs
    .filter(({ org_id }) => org_id === organization)
    .toSorted((a, b) => b.started_at.getTime() - a.started_at.getTime())
    .slice(0, 1);
}

function freshnessCheck({ freshness }: Stored, hours: number): Check {
  const late = freshness.filter(({ state }) => state === 'stale' || state === 'unloaded');
  const wanted = freshness.filter(({ state }) => state !== 'absent');
  const name = 'freshness';
  if (wanted.length === 0) return { name, ok: true, detail: 'no dataset is waited for' };
  if (late.length === 0) return { name, ok: true, detail: `all ${wanted.length} datasets are within ${hours} hours` };
  const names = late.map(({ org_id, dataset, bucket_width }) => `${org_id} ${dataset} ${bucket_width}`);
  return {
    name,
    ok: false,
    detail: `${late.length} of ${wanted.length} datasets are older than ${hours} hours or not loaded: ${listed(names)}`,
  };
}

function listed(names: readonly string[]): string {
  const more = names.length > namesShown ? ` and ${names.length - namesShown} more` : '';
  return `${names.slice(0, namesShown).join(', ')}${more}`;
}
