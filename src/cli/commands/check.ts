import type { Command } from 'commander';
import { runCheck } from '../../run/check.ts';
import { createCommand, type Execute } from '../command.ts';
import { checkText } from '../render/check-report.ts';
import { checkBudgetsCommand } from './check-budgets.ts';
import { checkFocusCommand } from './check-focus.ts';

/** `check`: does the setup work. */
export function checkCommand(run: Execute): Command {
  const command = createCommand({
    name: 'check',
    description: `Tries everything a sync depends on: configuration, database and its version, migrations, and for each organization the
key and every endpoint, with one small request each. Loads nothing. With --webhook it also posts a test message to the
webhook of the alerts.

Exit codes: 0 everything works, 3 a part does, 1 nothing could be loaded, 2 bad configuration.`,
    examples: [
      ['check', 'a line and a remedy each'],
      ['check --webhook', 'see a test message arrive'],
      ['check --json | jq ".checks[] | select(.status == \\"failed\\")"', 'for scripts'],
    ],
  });
  command.option('--webhook', 'post a test message to the webhook').action(() =>
    run<{ readonly webhook?: boolean }>(command, async (invocation, flags) => {
      const { clock, log, progress, signal } = invocation;
      const config = invocation.config({ needsKey: true });
      const report = await runCheck({ config, clock, log, progress, signal, webhook: flags.webhook === true });
      return { document: report, text: (style) => checkText(report, style), exit: report.exit_code };
    }),
  );
  return command.addCommand(checkFocusCommand(run)).addCommand(checkBudgetsCommand(run));
}
