/** How much it matters. `critical`: numbers are missing or wrong until somebody acts. `notice`: to be known. */
export type Severity = 'critical' | 'warning' | 'notice';

interface AlertKind {
  readonly severity: Severity;
  /** `condition`: holds until it is over, and the end is told too. `event`: it happened. */
  readonly lasts: 'condition' | 'event';
  readonly meaning: string;
  /** What the operator does about it. */
  readonly remedy: string;
  /** When a condition is over, or how often an event is told. */
  readonly ends: string;
}

/** Everything that needs a person, by its stable name. The documentation page is generated from it. */
export const alertKinds = {
  key_rejected: {
    severity: 'critical',
    lasts: 'condition',
    meaning: 'The API does not accept the admin key of the organization (401). Nothing of it is read any more.',
    remedy: 'Create an admin key (sk-admin-…) for this organization and put it where the old one was.',
    ends: 'a later run got an answer with the key',
  },
  scope_missing: {
    severity: 'critical',
    lasts: 'condition',
    meaning: 'The key lacks the permission for a dataset (403). That dataset is not read, others are.',
    remedy: 'Give the admin key the permission Usage: Read (api.usage.read).',
    ends: 'the dataset was read again',
  },
  run_failed: {
    severity: 'critical',
    lasts: 'condition',
    meaning: 'The last run of the organization loaded nothing, or its process was killed.',
    remedy: 'See the error in usage-etl status; docs/errors.md says what to do about each.',
    ends: 'a later run did not fail, and every dataset has been read since',
  },
  run_partial: {
    severity: 'warning',
    lasts: 'condition',
    meaning: 'The last run of the organization left something out; the rest is loaded.',
    remedy: 'Mostly nothing: the next run reads what is missing. If it stays, see the error in usage-etl status.',
    ends: 'a later run left nothing out, and every dataset has been read since',
  },
  freshness_missed: {
    severity: 'critical',
    lasts: 'condition',
    meaning: 'A dataset is not complete up to freshness_hours ago: nothing was read, or an older bucket is missing.',
    remedy: 'Look at usage-etl status: does the schedule run, and what do the last runs say? Then run usage-etl sync.',
    ends: 'the dataset is complete up to less than freshness_hours ago',
  },
  mass_removal_refused: {
    severity: 'critical',
    lasts: 'condition',
    meaning:
      'The API suddenly reports nothing, or other groups, for most of what was loaded. Nothing was changed: a person decides.',
    remedy: 'If the API is right, run usage-etl sync --accept-restatement; if not, wait: nothing was changed.',
    ends: 'those buckets were read again, or the removal was accepted',
  },
  tie_out_difference: {
    severity: 'critical',
    lasts: 'condition',
    meaning: 'Stored sums differ from the totals the API reports, also after what they are of was read once more.',
    remedy: 'Run usage-etl backfill --refetch over the days named, then usage-etl verify. If it stays, report it.',
    ends: 'the newest comparison of every bucket agrees',
  },
  quarantine_appeared: {
    severity: 'warning',
    lasts: 'condition',
    meaning: 'The API sent results that cannot be typed. They are kept in openai_etl.quarantine and not counted.',
    remedy: 'Upgrade usage-etl; if there is no newer version, report the reason and the detail.',
    ends: 'a later run read the dataset and met none of them',
  },
  capability_reduced: {
    severity: 'warning',
    lasts: 'condition',
    meaning: 'The API no longer grants a dimension or an optional dataset that it granted before.',
    remedy: 'Mostly nothing: it is asked for again. If it stays away, leave it out with group_by or enabled: false.',
    ends: 'the API grants it again, or the configuration no longer asks for it',
  },
  restatement_large: {
    severity: 'notice',
    lasts: 'event',
    meaning: 'A run found settled money changed by the provider, by more than restatement_alert in one currency.',
    remedy: 'Tell whoever has closed those days; openai_etl.restatements holds each row before and after.',
    ends: 'once per run and currency',
  },
  drift_appeared: {
    severity: 'notice',
    lasts: 'event',
    meaning:
      'The API sends something that the catalog does not know. Nothing is lost: unknown fields are kept in extra.',
    remedy: 'Upgrade usage-etl when a version knows it; until then it is in extra or in quarantine.',
    ends: 'once ever for each name',
  },
  budget_exceeded: {
    severity: 'warning',
    lasts: 'condition',
    meaning: 'As much is spent as a budget allows in its period, or more.',
    remedy: 'Look at openai_bi.cost_daily for what it went on; raise the budget with usage-etl budgets if it is right.',
    ends: 'the period is over and its days are final, or the budget was raised',
  },
  budget_threshold: {
    severity: 'notice',
    lasts: 'event',
    meaning: 'Spending reached one of the thresholds of a budget. Of several at once, the highest is told.',
    remedy: 'Run usage-etl check budgets: it says what is spent and where the period will end.',
    ends: 'once per threshold and period; 100 % is budget_exceeded',
  },
  budget_forecast: {
    severity: 'notice',
    lasts: 'event',
    meaning: 'If days go on as they usually do, a budget will be exceeded before its period is over.',
    remedy: 'Run usage-etl check budgets: it says what is spent, what is expected, and from what.',
    ends: 'once per period',
  },
  cost_anomaly: {
    severity: 'notice',
    lasts: 'event',
    meaning:
      'The cost of a day jumped beyond its history of 28 days: of the bill, a project, a model family or an API key.',
    remedy: 'Look at openai_bi.anomalies_daily for the figures, and at openai_bi.cost_daily for that day.',
    ends: 'once when it rises, and again only after 7 quiet days',
  },
  run_impossible: {
    severity: 'critical',
    lasts: 'event',
    meaning: 'A run could not use its database, or broke off, so that nothing of it could be recorded.',
    remedy: 'Run usage-etl check: it says what is wrong with the database.',
    ends: 'at most once an hour by the service, once per run otherwise; it is in no table and in no status',
  },
} as const satisfies Record<string, AlertKind>;

/** The stable name of a kind of alert. */
export type AlertKindName = keyof typeof alertKinds;

/** The names of the kinds that last so long. */
export function kindsThatLast(lasts: AlertKind['lasts']): readonly AlertKindName[] {
  return kindNames.filter((name) => alertKinds[name].lasts === lasts);
}

const kindNames = Object.keys(alertKinds) as AlertKindName[];
