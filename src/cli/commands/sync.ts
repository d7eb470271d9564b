import type { Command } from 'commander';
import { addSelection, createCommand, type Execute } from '../command.ts';
import { addSyncOptions, runSyncCommand, type SyncFlags } from '../sync-command.ts';

/** `sync`: the nightly job. */
export function syncCommand(run: Execute): Command {
  const command = createCommand({
    name: 'sync',
    description: `Reads what is new or not settled yet, and loads it. Migrates the database first where that is needed.
Repeating it is safe: what has not changed is not written again, and nothing is read in vain.

Exit codes: 0 all loaded, 1 failed, 2 bad arguments or configuration, 3 a part is missing, 4 all loaded, but sums differ
from the API's own totals, 75 all of it is busy.`,
    examples: [
      ['sync', 'everything that is due'],
      ['sync --dry-run', 'how many requests that would be'],
      ['sync --plan', 'read, and show what would change'],
      ['sync --dataset costs costs_by_user', 'money only'],
      ['sync --json | jq .status', 'for scripts'],
    ],
  });
  return addSyncOptions(addSelection(command)).action(() =>
    run<SyncFlags>(command, (invocation, flags) => runSyncCommand(invocation, { ...flags, refetch: false }, 'sync')),
  );
}
