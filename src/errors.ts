import { storableText } from './catalog/storable.ts';

/**
 * What happens next after an error, from the widest reach to the narrowest.
 * `stop_run`: nothing more can be done. `stop_organization`: the key is no good. `stop_dataset`: the dataset fails,
 * others go on. `mark_unavailable`: as stop_dataset, but no failure where the dataset is optional. `fail_slice`: these
 * buckets stay as they are. `retry`: the same request may succeed later.
 */
export type Verdict = 'stop_run' | 'stop_organization' | 'stop_dataset' | 'mark_unavailable' | 'fail_slice' | 'retry';

/** Exit codes of the command line. */
export const exitCode = { ok: 0, failed: 1, usage: 2, partial: 3, difference: 4, busy: 75 } as const;

interface ErrorKind {
  readonly verdict: Verdict;
  readonly exit: (typeof exitCode)[keyof typeof exitCode];
  /** What the operator does about it. */
  readonly remedy: string;
}

/** Every error the program raises on purpose, by its stable code. The documentation page is generated from it. */
export const errorKinds = {
  config_invalid: { verdict: 'stop_run', exit: 2, remedy: 'Correct the configuration named above.' },
  arguments_invalid: { verdict: 'stop_run', exit: 2, remedy: 'See usage-etl --help.' },
  mapping_invalid: { verdict: 'stop_run', exit: 2, remedy: 'Correct the file named above; nothing was written.' },
  budgets_invalid: { verdict: 'stop_run', exit: 2, remedy: 'Correct the file named above; nothing was written.' },
  key_missing: {
    verdict: 'stop_run',
    exit: 2,
    remedy: 'Set OPENAI_ADMIN_KEY, or OPENAI_ADMIN_KEY_FILE to a file that only you can read.',
  },
  key_rejected: {
    verdict: 'stop_organization',
    exit: 1,
    remedy: 'Use an admin key (sk-admin-…) of this organization; project keys do not work here.',
  },
  other_organization: {
    verdict: 'stop_organization',
    exit: 1,
    remedy:
      'Nothing was written. Use an admin key of the organization that is stored under this name; if another one is to take its place, run sync --adopt-organization once: its rows then replace those stored.',
  },
  organization_repeated: {
    verdict: 'stop_organization',
    exit: 1,
    remedy:
      'Nothing was written under this name. Give each name the admin key of an organization of its own, or leave one name out of the configuration.',
  },
  scope_missing: {
    verdict: 'stop_dataset',
    exit: 3,
    remedy: 'Give the admin key the permission Usage: Read (api.usage.read).',
  },
  dataset_unavailable: {
    verdict: 'mark_unavailable',
    exit: 3,
    remedy: 'Nothing to do when the organization does not have this endpoint; it is tried again at every sync.',
  },
  endpoint_missing: {
    verdict: 'stop_dataset',
    exit: 3,
    remedy: 'Run sync again later; if the endpoint stays away, check OPENAI_BASE_URL and the proxy.',
  },
  grouping_refused: {
    verdict: 'stop_dataset',
    exit: 3,
    remedy: 'Leave the refused dimension out with group_by in the configuration.',
  },
  horizon_unknown: {
    verdict: 'stop_dataset',
    exit: 3,
    remedy:
      'Run sync again later; if it stays, ask OpenAI: the API refuses every start as too far back, today included.',
  },
  request_refused: {
    verdict: 'stop_dataset',
    exit: 3,
    remedy:
      'Read the reason quoted above: if it names a date, set USAGE_ETL_START to it; if it names a filter, correct the filters of this dataset; else the API has changed: report it.',
  },
  api_unavailable: { verdict: 'fail_slice', exit: 3, remedy: 'Run sync again later; it reads only what is missing.' },
  api_transient: { verdict: 'retry', exit: 3, remedy: 'Run sync again later; it reads only what is missing.' },
  retry_after_too_long: {
    verdict: 'fail_slice',
    exit: 3,
    remedy: 'Run sync again after the time the API asked for, or raise retry_total_seconds.',
  },
  contract_broken: {
    verdict: 'fail_slice',
    exit: 3,
    remedy:
      'The API answered outside its contract; stored buckets are untouched. Run sync again; if it stays, report it.',
  },
  page_too_large: {
    verdict: 'fail_slice',
    exit: 3,
    remedy: 'One bucket alone is too large to read. Group by fewer dimensions (group_by) for this dataset.',
  },
  mass_removal: {
    verdict: 'fail_slice',
    exit: 3,
    remedy:
      "Nothing was changed. Compare some of these days with OpenAI's usage page: if the API is right, run sync --dataset NAME --accept-restatement; if not, wait.",
  },
  database_unreachable: { verdict: 'stop_run', exit: 1, remedy: 'Check DATABASE_URL and that the server is up.' },
  database_unsuitable: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Use PostgreSQL 15 or newer, and a database with the encoding UTF8.',
  },
  schema_newer: { verdict: 'stop_run', exit: 1, remedy: 'Use the newer usage-etl that migrated this database.' },
  schema_missing: { verdict: 'stop_run', exit: 1, remedy: 'Run usage-etl migrate, or usage-etl sync.' },
  migration_failed: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Nothing was changed. Correct the cause named above and run usage-etl migrate.',
  },
  database_refused_data: {
    verdict: 'fail_slice',
    exit: 3,
    remedy:
      'What was received is kept in openai_etl.quarantine and asked for again at every sync; all else was stored. If it ' +
      'stays, report it.',
  },
  database_refused_all: {
    verdict: 'stop_dataset',
    exit: 1,
    remedy:
      'This is a defect of usage-etl, or somebody has changed its tables; nothing of these buckets was stored. Report it.',
  },
  database_refused: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Correct the cause that PostgreSQL names; nothing of this slice was stored.',
  },
  database_full: {
    verdict: 'stop_run',
    exit: 1,
    remedy: "Free space on the database server's disks, then run sync again; nothing of the slice in hand was stored.",
  },
  database_read_only: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Point DATABASE_URL at the primary server, or end default_transaction_read_only for this role or database.',
  },
  database_denied: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Grant the role of DATABASE_URL what PostgreSQL says it lacks, or use the role that migrated the database.',
  },
  database_transient: { verdict: 'retry', exit: 1, remedy: 'Run sync again; it reads only what is missing.' },
  embedded_unavailable: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Set DATABASE_URL to a PostgreSQL 15 or newer, or correct the cause named above.',
  },
  folder_unusable: { verdict: 'stop_run', exit: 1, remedy: 'Set USAGE_ETL_DATA_DIR to a folder that can be written.' },
  target_unusable: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Correct the cause named above; what was published before is untouched.',
  },
  target_foreign: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Name an empty place with --out, or one that this store was exported to before; --full replaces an export.',
  },
  lock_foreign: {
    verdict: 'stop_dataset',
    exit: 1,
    remedy:
      'Find out who that is; as a superuser or the same role, end the session: select pg_terminate_backend(PROCESS). Run docs/roles.sql as a superuser, so that readers cannot take locks.',
  },
  target_busy: {
    verdict: 'stop_run',
    exit: 75,
    remedy: 'Wait for the other export to end, then run this one again; it published nothing.',
  },
  address_in_use: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Set http_host and http_port to an address of this machine that nothing else listens on.',
  },
  webhook_refused: {
    verdict: 'stop_run',
    exit: 1,
    remedy:
      'Check webhook_url (USAGE_ETL_WEBHOOK_URL) and the proxy; the URL must take a POST of JSON with a field text.',
  },
  cursor_invalid: {
    verdict: 'stop_run',
    exit: 2,
    remedy: 'Give the cursor of the last line that usage-etl changes has printed, or none to read everything.',
  },
  cursor_expired: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Read everything once more (no cursor), replace what you have by it, and go on from its cursor.',
  },
  query_refused: { verdict: 'stop_run', exit: 1, remedy: 'Correct the SQL; query reads only.' },
  interrupted: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'Run the same command again; it goes on where this one stopped.',
  },
  internal: {
    verdict: 'stop_run',
    exit: 1,
    remedy: 'This is a defect of usage-etl; run again with LOG_LEVEL=debug and report it.',
  },
} as const satisfies Record<string, ErrorKind>;

/** The stable code of an error. */
export type ErrorCode = keyof typeof errorKinds;

interface ErrorOptions {
  readonly cause?: unknown;
  /** Overrides the code's own remedy where the place knows better. */
  readonly remedy?: string;
}

/**
 * An error with a verdict. Its message says what and where, its remedy what to do. Neither holds a key, a token, an
 * e-mail address or a response body.
 */
export class EtlError extends Error {
  override readonly name = 'EtlError';
  readonly code: ErrorCode;
  readonly verdict: Verdict;
  readonly exit: number;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    // Much of it is somebody else's text, and it is stored.
    super(storableText(message), options.cause === undefined ? {} : { cause: options.cause });
    const kind: ErrorKind = errorKinds[code];
    this.code = code;
    this.verdict = kind.verdict;
    this.exit = kind.exit;
    this.remedy = options.remedy ?? kind.remedy;
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Anything thrown as an EtlError; what was not raised on purpose becomes `internal`. */
export function toEtlError(thrown: unknown): EtlError {
  return thrown instanceof EtlError ? thrown : new EtlError('internal', messageOf(thrown), { cause: thrown });
}
