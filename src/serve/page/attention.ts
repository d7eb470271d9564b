import type { AlertStatus, Stored } from '../../run/observe.ts';
import type { Observed } from '../observed.ts';
import { readinessOf } from '../readiness.ts';
import { things } from './format.ts';

/** One thing that needs a person. */
export interface Attention {
  readonly severity: AlertStatus['severity'];
  readonly organization: string;
  readonly summary: string;
  readonly detail: string;
  readonly remedy: string;
  readonly since: Date | null;
}

/** What state all is in, in one sentence, and what needs a person. */
export interface Verdict {
  readonly state: 'good' | 'attention' | 'down';
  readonly sentence: string;
  readonly items: readonly Attention[];
}

/** Judges an observation. */
export function verdictOf(observed: Observed): Verdict {
  const { observation } = observed;
  if (observation === null) return unreachable(observed.failure ?? '');
  const { stored, migrations } = observation;
  if (stored === null) return notMigrated(migrations);
  const items = [...stored.alerts.map(fromAlert), ...beyondAlerts(observed, stored)];
  if (stored.last_runs.length === 0 && stored.alerts.length === 0) {
    const sentence = stored.running > 0 ? 'The first run is at work.' : 'No run yet: nothing has been loaded.';
    return { state: 'attention', sentence, items: [] };
  }
  if (items.length === 0) return { state: 'good', sentence: 'All data is fresh; nothing needs you.', items };
  const sentence = `${things(items.length, 'thing needs', 'things need')} you.`;
  return { state: 'attention', sentence, items };
}

function unreachable(failure: string): Verdict {
  const item: Attention = {
    severity: 'critical',
    organization: '',
    summary: 'The database cannot be asked.',
    detail: failure,
    remedy: 'Check DATABASE_URL and that the server is up; runs that are due are made up for when it is back.',
    since: null,
  };
  return { state: 'down', sentence: 'The database cannot be reached; what is stored cannot be told.', items: [item] };
}

function notMigrated({
  database_version: at,
  program_version: needed,
}: {
  database_version: number;
  program_version: number;
}): Verdict {
  if (at === 0) return { state: 'attention', sentence: 'No run yet: the database has no tables.', items: [] };
  const remedy =
    at < needed ? 'Run usage-etl migrate, or usage-etl sync.' : 'Use the newer usage-etl that migrated this database.';
  const item: Attention = {
    severity: 'critical',
    organization: '',
    summary: `The database is at version ${at}; this program needs version ${needed}.`,
    detail: 'What is stored is shown when both are of the same version.',
    remedy,
    since: null,
  };
  return { state: 'down', sentence: 'The database and this program are of different versions.', items: [item] };
}

function fromAlert(alert: AlertStatus): Attention {
  const { severity, org_id, summary, detail, remedy, opened_at } = alert;
  return { severity, organization: org_id, summary, detail, remedy, since: new Date(opened_at) };
}

/** What alerts do not say: they may not have been looked at yet, and the webhook cannot tell of itself. */
function beyondAlerts(observed: Observed, stored: Stored): readonly Attention[] {
  const has = (...kinds: readonly string[]) => stored.alerts.some(({ kind }) => kinds.includes(kind));
  const failed = readinessOf(observed).checks.filter(({ ok }) => !ok);
  const item = (summary: string, detail: string, remedy: string): Attention => ({
    severity: 'warning',
    organization: '',
    summary,
    detail,
    remedy,
    since: null,
  });
  const late = failed.find(({ name }) => name === 'freshness');
  const runs = failed.find(({ name }) => name === 'runs');
  const { waiting, failing } = stored.notifications;
  return [
    ...(late === undefined || has('freshness_missed')
      ? []
      : [item('Data is late.', late.detail, 'See the last runs below; usage-etl sync reads what is missing.')]),
    ...(runs === undefined || has('run_failed', 'key_rejected')
      ? []
      : [item('A run is missing.', runs.detail, 'See the last runs below, and run usage-etl sync.')]),
    ...(failing === 0
      ? []
      : [
          item(
            'The webhook does not take messages.',
            `${things(waiting, 'message')} waiting, ${failing} of them refused so far`,
            'Check webhook_url and what answers there; messages are sent again by themselves.',
          ),
        ]),
  ];
}
