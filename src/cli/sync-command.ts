import { type Command, Option } from 'commander';
import { exitCode } from '../errors.ts';
import type { SyncOptions } from '../run/context.ts';
import { withStore } from '../run/database.ts';
import { raiseAlerts, tellingOfFailure } from '../run/notify.ts';
import { planSync } from '../run/plan-sync.ts';
import { runSync } from '../run/sync.ts';
import type { Invocation, Outcome } from './command.ts';
import { planText } from './render/plan-report.ts';
import { syncText } from './render/sync-report.ts';
import { readSelection, type SelectionFlags } from './selection.ts';

/** The options of sync and backfill. */
export interface SyncFlags extends SelectionFlags {
  readonly dryRun?: boolean;
  readonly plan?: boolean;
  readonly acceptRestatement?: boolean;
  readonly adoptOrganization?: boolean;
}

/** The options that sync and backfill share. */
export function addSyncOptions(command: Command): Command {
  return command
    .addOption(new Option('--dry-run', 'print what would be asked for; ask nothing, write nothing').conflicts('plan'))
    .addOption(new Option('--plan', 'read, print what would change, per dataset and in money; write nothing'))
    .option('--accept-restatement', 'apply an answer that empties or replaces most of what was loaded before')
    .option('--adopt-organization', 'let the organization that answers take the place of the one known by its name');
}

/** Runs a sync or backfill, or shows what one would do. */
export function runSyncCommand(
  invocation: Invocation,
  flags: SyncFlags & { readonly refetch: boolean },
  command: SyncOptions['command'],
): Promise<Outcome> {
  const { clock, log, progress, signal } = invocation;
  const dryRun = flags.dryRun === true;
  const config = invocation.config({ needsKey: !dryRun });
  const options: SyncOptions = {
    ...readSelection(flags, config, clock.now()),
    command,
    acceptRestatement: flags.acceptRestatement === true,
    adoptOrganization: flags.adoptOrganization === true,
    preview: flags.plan === true,
    refetch: flags.refetch,
  };
  const work = () =>
    withStore({ config, clock, log, patience: signal }, 'any', async (store): Promise<Outcome> => {
      const context = { config, store, clock, log, progress, signal };
      if (dryRun) {
        const plan = await planSync(context, options);
        return { document: plan, text: (style) => planText(plan, style), exit: exitCode.ok };
      }
      const report = await runSync(context, options);
      if (!options.preview) await raiseAlerts(context, config.alerts);
      return { document: report, text: (style) => syncText(report, style), exit: report.exit_code };
    });
  // What only shows something is watched by whoever asked.
  return dryRun || options.preview ? work() : tellingOfFailure({ alerts: config.alerts, clock, log, signal }, work);
}
