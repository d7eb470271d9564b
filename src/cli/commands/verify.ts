import type { Command } from 'commander';
import { withStore } from '../../run/database.ts';
import { raiseAlerts, tellingOfFailure } from '../../run/notify.ts';
import { runVerify } from '../../run/verify.ts';
import { addSelection, createCommand, type Execute } from '../command.ts';
import { verifyText } from '../render/verify-report.ts';
import { readSelection, type SelectionFlags } from '../selection.ts';

/** `verify`: tie-outs. */
export function verifyCommand(run: Execute): Command {
  const command = createCommand({
    name: 'verify',
    description: `Asks the API for its own ungrouped totals and compares them with the sums of what is stored, bucket by bucket and
measure by measure, exactly: only what the rounding of a double by the API itself explains is let pass. The comparisons
stay in openai_etl.tie_outs. Every cost is compared with the sum of its parts, without any tolerance.

Exit codes: 0 every sum ties out, 1 nothing could be compared, 3 a part could not be compared, 4 there is a difference.`,
    examples: [
      ['verify', 'everything that is loaded'],
      ['verify --from 2026-01-01 --to 2026-02-01', 'one month; --to is exclusive'],
      ['verify --dataset costs --json', 'for scripts'],
    ],
  });
  return addSelection(command)
    .option('--from <DATE>', 'first date to compare, loaded or not (default: the first loaded)')
    .option('--to <DATE>', 'date to stop before (default: after the last loaded)')
    .action(() =>
      run<SelectionFlags>(command, async (invocation, flags) => {
        const { clock, log, progress, signal } = invocation;
        const config = invocation.config({ needsKey: true });
        const options = readSelection(flags, config, clock.now());
        return tellingOfFailure({ alerts: config.alerts, clock, log, signal }, () =>
          withStore({ config, clock, log }, 'migrated', async (store) => {
            const context = { config, store, clock, log, progress, signal };
            const report = await runVerify(context, options);
            await raiseAlerts(context, config.alerts);
            return { document: report, text: (style) => verifyText(report, style), exit: report.exit_code };
          }),
        );
      }),
    );
}
