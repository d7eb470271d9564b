import type { LoadedConfig } from '../config.ts';
import { exitCode } from '../errors.ts';
import type { CheckContext } from './check/context.ts';
import { checkDatabase } from './check/database.ts';
import { identityLines } from './check/identity.ts';
import { type CheckLine, ok } from './check/line.ts';
import { organizationLines } from './check/organization.ts';
import { webhookLine } from './check/webhook.ts';
import type { Evidence } from './identity.ts';

export type { CheckLine };

/** What `check` prints. */
export interface CheckReport {
  readonly status: 'ok' | 'partial' | 'failed';
  readonly checks: readonly CheckLine[];
  readonly exit_code: number;
}

/**
 * Tries everything a sync depends on: configuration, database, migrations, and for each organization the key and every
 * endpoint, with one small request each. Loads nothing. Exit code 0, 1 when nothing could be loaded, 3 when some could.
 */
export async function runCheck(context: CheckContext): Promise<CheckReport> {
  const { lines, identities } = await checkDatabase(context);
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
    failed.some(({ org_id, name }) => (org_id === null && name !== 'webhook') || name === 'organization') ||
    keysFailed === config.organizations.length;
  return nothingWorks ? 'failed' : 'partial';
}

function configLine({ configFile, organizations, baseUrl }: LoadedConfig): CheckLine {
  const names = organizations.map(({ name }) => name).join(', ');
  const source = configFile === null ? 'environment' : `environment and ${configFile}`;
  return ok(null, 'configuration', `${source}; organizations: ${names}; API at ${baseUrl}`);
}
