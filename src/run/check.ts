import { directoryLists } from '../catalog/directory/index.ts';
import { datasets as catalog } from '../catalog/index.ts';
import type { Clock } from '../clock.ts';
import type { LoadedConfig, OrganizationSettings } from '../config.ts';
import { migrationStatus } from '../db/migrate.ts';
import type { Store } from '../db/store.ts';
import { isLocal, protectionOf } from '../db/tls.ts';
import { EtlError, exitCode, toEtlError } from '../errors.ts';
import { type Identity, readIdentities } from '../load/organizations.ts';
import { type Log, redact } from '../log.ts';
import { createClient } from '../openai/client.ts';
import { queryString } from '../openai/query.ts';
import { floorToBucket, widthMs } from '../plan/bucket.ts';
import { withStore } from './database.ts';
import { namesRemedy } from './directory.ts';
import {
  compareIdentity,
  type Evidence,
  identityOf,
  organizationIdsIn,
  otherOrganization,
  repeatedOrganization,
} from './identity.ts';
import { testWebhook } from './notify.ts';
import type { Progress } from './report.ts';

/** One thing that was tried. */
export interface CheckLine {
  /** Null for what concerns every organization. */
  readonly org_id: string | null;
  readonly name: string;
  /** `notice`: it does not work, and nothing asked for depends on it. `skipped`: pointless after an earlier failure. */
  readonly status: 'ok' | 'notice' | 'failed' | 'skipped';
  readonly detail: string;
  readonly remedy: string | null;
}

/** What `check` prints. */
export interface CheckReport {
  readonly status: 'ok' | 'partial' | 'failed';
  readonly checks: readonly CheckLine[];
  readonly exit_code: number;
}

/** What a check needs. The database may be unreachable: that is one of the things it finds out. */
export interface CheckContext {
  readonly config: LoadedConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** True to post a test message to the webhook. */
  readonly webhook?: boolean;
}

/** A check is answered while somebody waits, so a failing endpoint is given up after this long. */
const patienceSeconds = 10;
const mostAnswerBytes = 64 * 1024 * 1024;

/**
 * Tries everything a sync depends on: configuration, database, migrations, and for each organization the key and every
 * endpoint, with one small request each. Loads nothing. Exit code 0, 1 when nothing could be loaded, 3 when some could.
 */
export async function runCheck(context: CheckContext): Promise<CheckReport> {
  const { lines, identities } = await databaseLines(context);
  const checks = [configLine(context.config), ...lines];
  const answered = new Map<string, Evidence>();
  for (const organization of context.config.organizations) {
    context.signal.throwIfAborted();
    const { name } = organization;
    const { lines: own, evidence } = await organizationLines(context, organization);
    checks.push(...own, ...identityLines(name, { known: identities.get(name) ?? null, evidence, answered }));
    answered.set(name, evidence);
  }
  if (context.webhook === true) checks.push(await webhookLine(context));
  context.progress.finished();
  const status = statusOf(checks, context.config);
  const exit_code = { ok: exitCode.ok, partial: exitCode.partial, failed: exitCode.failed }[status];
  return { status, checks, exit_code };
}

function statusOf(checks: readonly CheckLine[], config: LoadedConfig): CheckReport['status'] {
  const failed = checks.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return 'ok';
  const keysFailed = failed.filter(({ name }) => name === 'key').length;
  const nothingWorks =
    failed.some(({ name }) => name === 'database' || name === 'migrations' || name === 'organization') ||
    keysFailed === config.organizations.length;
  return nothingWorks ? 'failed' : 'partial';
}

async function webhookLine({ config, clock, signal }: CheckContext): Promise<CheckLine> {
  const { webhookUrl } = config.alerts;
  const name = 'webhook';
  if (webhookUrl === null) {
    const remedy = 'Set webhook_url (USAGE_ETL_WEBHOOK_URL).';
    return { org_id: null, name, status: 'failed', detail: 'none is configured', remedy };
  }
  try {
    await testWebhook(webhookUrl, clock, signal);
    return ok(null, name, `${new URL(webhookUrl).origin} took a test message`);
  } catch (thrown) {
    signal.throwIfAborted();
    return failed(null, name, thrown);
  }
}

function configLine({ configFile, organizations, baseUrl }: LoadedConfig): CheckLine {
  const names = organizations.map(({ name }) => name).join(', ');
  const source = configFile === null ? 'environment' : `environment and ${configFile}`;
  return ok(null, 'configuration', `${source}; organizations: ${names}; API at ${baseUrl}`);
}

interface DatabaseChecked {
  readonly lines: readonly CheckLine[];
  /** What is known of the organizations; nothing where the database cannot be asked. */
  readonly identities: ReadonlyMap<string, Identity>;
}

async function databaseLines(context: CheckContext): Promise<DatabaseChecked> {
  try {
    return await withStore(context, 'any', async (store) => {
      const migrations = await migrationLine(store);
      const names = context.config.organizations.map(({ name }) => name);
      return {
        lines: [await versionLine(store), ...encryptionLine(store), migrations],
        identities: migrations.status === 'ok' ? await readIdentities(store.pool, names) : new Map(),
      };
    });
  } catch (thrown) {
    context.signal.throwIfAborted();
    return { lines: [failed(null, 'database', thrown)], identities: new Map() };
  }
}

/** Whose the answers are, where they say it: not another organization's, nor those of one that answered before. */
function identityLines(
  org: string,
  seen: {
    readonly known: Identity | null;
    readonly evidence: Evidence;
    readonly answered: ReadonlyMap<string, Evidence>;
  },
): readonly CheckLine[] {
  const { known, evidence, answered } = seen;
  const name = 'organization';
  if (known !== null && compareIdentity(known, evidence) === 'other') {
    return [failed(org, name, otherOrganization(org, known, evidence))];
  }
  const twin = [...answered].find(([, other]) => compareIdentity(identityOf(other), evidence) === 'same');
  if (twin !== undefined) return [failed(org, name, repeatedOrganization(org, twin[0], evidence))];
  const { organizationId, header } = identityOf(evidence);
  if (organizationId === null && header === null) return [];
  const whose = compareIdentity(known, evidence) === 'same' ? 'the one that is stored' : 'not known yet';
  return [ok(org, name, `${organizationId ?? header ?? ''}, ${whose}`)];
}

async function versionLine(store: Store): Promise<CheckLine> {
  const { rows } = await store.pool.query<{ version: string; name: string }>(
    `select current_setting('server_version') as version, current_database() as name`,
  );
  const where = store.embedded ? 'the embedded server' : `database ${rows[0]?.name ?? ''}`;
  return ok(null, 'database', `PostgreSQL ${rows[0]?.version ?? ''}, ${where}`);
}

/** Nothing to say of a server on this machine; all that crosses a network is to be encrypted, to a server that is verified. */
function encryptionLine({ url }: Store): readonly CheckLine[] {
  if (isLocal(url)) return [];
  const protection = protectionOf(url);
  const name = 'encryption';
  if (protection === 'fully_verified') return [ok(null, name, 'TLS; the server is verified by authority and name')];
  if (protection === 'authority_verified') return [ok(null, name, 'TLS; the server is verified by authority')];
  const detail =
    protection === 'plain'
      ? 'the connection to the database is not encrypted: password and data can be read on the way'
      : 'the connection to the database is encrypted, but the server is not verified: it could be anybody';
  const remedy = 'Add sslmode=verify-full to DATABASE_URL, and sslrootcert=FILE where the server has a CA of its own.';
  return [{ org_id: null, name, status: 'notice', detail, remedy }];
}

async function migrationLine(store: Store): Promise<CheckLine> {
  try {
    const { database_version, program_version } = await migrationStatus(store.pool);
    if (database_version > program_version) {
      throw new EtlError(
        'schema_newer',
        `the database is at version ${database_version}, this program at ${program_version}`,
      );
    }
    if (database_version === program_version)
      return ok(null, 'migrations', `up to date at version ${database_version}`);
    const detail = `version ${database_version} of ${program_version}; the next sync migrates it`;
    return {
      org_id: null,
      name: 'migrations',
      status: 'notice',
      detail,
      remedy: 'Nothing to do, or run usage-etl migrate.',
    };
  } catch (thrown) {
    return failed(null, 'migrations', thrown);
  }
}

/** Endpoints that several datasets read are asked once; they are optional only if all of those are. */
function endpoints(organization: OrganizationSettings) {
  const used = organization.datasets.map(({ dataset }) => dataset);
  const paths = [...new Set(catalog.filter((dataset) => used.includes(dataset)).map(({ path }) => path))];
  return paths.flatMap((path) => {
    const readers = used.filter((dataset) => dataset.path === path);
    const [dataset] = readers;
    return dataset === undefined ? [] : [{ path, dataset, optional: readers.every(({ optional }) => optional) }];
  });
}

async function organizationLines(
  context: CheckContext,
  organization: OrganizationSettings,
): Promise<{ readonly lines: readonly CheckLine[]; readonly evidence: Evidence }> {
  const { config, clock, log, signal, progress } = context;
  const client = createClient({
    ...config,
    adminKey: organization.adminKey,
    retryTotalSeconds: patienceSeconds,
    clock,
    log,
  });
  const end = floorToBucket(clock.now(), '1d');
  const start = new Date(end.getTime() - widthMs('1d'));
  const label = `check ${organization.name}`;
  const ids = new Set<string>();
  const decode = (text: string) => {
    for (const id of organizationIdsIn(JSON.parse(text))) ids.add(id);
  };
  const ask = async (path: string, query: string, optional: boolean) => {
    await client.request(path, query, { hardMaxBytes: mostAnswerBytes, signal, optional, decode });
    progress.advanced(label, 0);
  };
  const wanted = endpoints(organization);
  const lists = config.directory?.hours === 0 ? [] : directoryLists.filter(({ per }) => per === null);
  progress.planned(label, wanted.length + lists.length);
  try {
    const answers = await Promise.allSettled([
      ...wanted.map(({ path, dataset, optional }) =>
        ask(path, queryString({ dataset, width: '1d', start, end, limit: 1, groupBy: [], filters: {} }), optional),
      ),
      ...lists.map(({ path }) => ask(path, 'limit=1', true)),
    ]);
    signal.throwIfAborted();
    const answersOf = { endpoints: answers.slice(0, wanted.length), lists: answers.slice(wanted.length) };
    const lines = linesOf(organization.name, wanted, lists, answersOf);
    return { lines, evidence: { ids, headers: client.organizations } };
  } finally {
    await client.close();
  }
}

type Answer = PromiseSettledResult<void>;

function linesOf(
  org: string,
  wanted: ReturnType<typeof endpoints>,
  lists: readonly { readonly path: string }[],
  answers: { readonly endpoints: readonly Answer[]; readonly lists: readonly Answer[] },
): readonly CheckLine[] {
  // A key may be good for usage and not for names, never the other way round.
  const rejected = answers.endpoints.find(
    (answer) => answer.status === 'rejected' && toEtlError(answer.reason).code === 'key_rejected',
  );
  if (rejected?.status === 'rejected') {
    return [
      failed(org, 'key', rejected.reason),
      skipped(org, 'endpoints', 'not tried further: the key is not accepted'),
    ];
  }
  const anyAnswered = answers.endpoints.some(({ status }) => status === 'fulfilled');
  const keyLine = anyAnswered ? [ok(org, 'key', 'accepted')] : [];
  return [
    ...keyLine,
    ...wanted.map(({ path, optional }, index) => endpointLine(org, path, optional, answers.endpoints[index])),
    ...lists.map(({ path }, index) => listLine(org, path, answers.lists[index])),
  ];
}

function endpointLine(org: string, path: string, optional: boolean, answer: Answer | undefined): CheckLine {
  if (answer?.status !== 'rejected') return ok(org, path, 'readable');
  const error = toEtlError(answer.reason);
  if (!optional || error.code !== 'dataset_unavailable') return failed(org, path, error);
  return { ...failed(org, path, error), status: 'notice' };
}

/** Names of projects, people, keys and groups need a permission of their own; usage and costs do without. */
function listLine(org: string, path: string, answer: Answer | undefined): CheckLine {
  if (answer?.status !== 'rejected') return ok(org, path, 'readable');
  return { ...failed(org, path, answer.reason), status: 'notice', remedy: namesRemedy };
}

function ok(org_id: string | null, name: string, detail: string): CheckLine {
  return { org_id, name, status: 'ok', detail, remedy: null };
}

function skipped(org_id: string, name: string, detail: string): CheckLine {
  return { org_id, name, status: 'skipped', detail, remedy: null };
}

function failed(org_id: string | null, name: string, thrown: unknown): CheckLine {
  const { message, remedy } = toEtlError(thrown);
  return { org_id, name, status: 'failed', detail: redact(message), remedy };
}
