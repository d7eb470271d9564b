import type { Command } from 'commander';
import { exitCode } from '../../errors.ts';
import { withStore } from '../../run/database.ts';
import { readStatus } from '../../run/status.ts';
import { addSelection, createCommand, type Execute } from '../command.ts';
import { statusText } from '../render/status-report.ts';
import { readSelection, type SelectionFlags } from '../selection.ts';

/** `status`: what the ledger knows. */
export function statusCommand(run: Execute): Command {
  const command = createCommand({
    name: 'status',
    description: `Tells from the database alone what is stored, how fresh it is and what is missing. Asks the API nothing and needs no
key.`,
    examples: [
      ['status', 'everything'],
      ['status --dataset costs', 'one dataset'],
      ['status --json | jq ".datasets[] | select(.buckets_missing > 0)"', 'what is missing, for scripts'],
    ],
  });
  return addSelection(command).action(() =>
    run<SelectionFlags>(command, async (invocation, flags) => {
      const { clock, log } = invocation;
      const config = invocation.config({ needsKey: false });
      const options = readSelection(flags, config, clock.now());
      return withStore({ config, clock, log }, 'migrated', async (store) => {
        const report = await readStatus({ config, store, clock }, options);
        return { document: report, text: (style) => statusText(report, style), exit: exitCode.ok };
      });
    }),
  );
}
