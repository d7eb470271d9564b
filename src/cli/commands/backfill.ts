import type { Command } from 'commander';
import { addSelection, createCommand, type Execute } from '../command.ts';
import { addSyncOptions, runSyncCommand, type SyncFlags } from '../sync-command.ts';

/** `backfill`: a sync over a range. */
export function backfillCommand(run: Execute): Command {
  const command = createCommand({
    name: 'backfill',
    description: `Loads every bucket from DATE on that is not loaded yet, or up to --to. Interrupted, it goes on where it stopped
when it is run again. DATE is YYYY-MM-DD (UTC) or an ISO instant.`,
    examples: [
      ['backfill --from 2025-01-01', 'from a day up to now'],
      ['backfill --from 2025-01-01 --to 2025-04-01', 'one quarter; --to is exclusive'],
      ['backfill --from 2025-03-01 --refetch --plan', 'what reading it all again would change'],
    ],
  });
  command
    .requiredOption('--from <DATE>', 'first date to load')
    .option('--to <DATE>', 'date to stop before (default: now)');
  return addSyncOptions(addSelection(command))
    .option('--refetch', 'read settled buckets again as well')
    .action(() =>
      run<SyncFlags & { readonly refetch?: boolean }>(command, (invocation, flags) =>
        runSyncCommand(invocation, { ...flags, refetch: flags.refetch === true }, 'backfill'),
      ),
    );
}
