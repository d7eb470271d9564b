import type { Command } from 'commander';
import { runBudgetCheck } from '../../run/budgets.ts';
import { withStore } from '../../run/database.ts';
import { createCommand, type Execute } from '../command.ts';
import { budgetText } from '../render/budget-report.ts';

/** `check budgets`: is more spent than may be. */
export function checkBudgetsCommand(run: Execute): Command {
  const command = createCommand({
    name: 'budgets',
    summary: 'say how far each budget is spent, and where its period will end',
    description: `Shows each budget's present period from what is stored: what is spent, and what will have been at the end of the period.
A forecast above the budget is shown and leaves the exit code alone.

Exit codes: 0 no budget is exceeded, 4 one is.`,
    examples: [
      ['check budgets', 'a line per budget'],
      ['check budgets --quiet || echo "over budget"', 'for cron'],
      ['check budgets --json | jq ".budgets[] | select(.state != \\"ok\\")"', 'for scripts, forecasts too'],
    ],
  });
  return command.action(() =>
    run(command, async ({ clock, log, config: configOf }) => {
      const config = configOf({ needsKey: false });
      const report = await withStore({ config, clock, log }, 'readable', (store) => runBudgetCheck(store, clock));
      return { document: report, text: (style) => budgetText(report, style), exit: report.exit_code };
    }),
  );
}
