import type { Command } from 'commander';
import { exitCode } from '../../errors.ts';
import { importBudgets } from '../../run/budgets.ts';
import { withStore } from '../../run/database.ts';
import { createCommand, type Execute } from '../command.ts';
import { readInputFile } from '../input-file.ts';
import { budgetImportText } from '../render/budget-report.ts';

/** `budgets FILE`: what may be spent. */
export function budgetsCommand(run: Execute): Command {
  const command = createCommand({
    name: 'budgets',
    description: `Makes the budgets of a CSV or YAML file all there are: new ones are added, others changed, and those that the file does not
name removed. Every entry has budget_name and amount; it may have org_id (else all organizations together), scope (all,
project, team, cost_center, model_family, api_key, user) with scope_value (an id, or the name of a team, cost center or
model family), period (month, quarter, year), currency (usd), thresholds (50 80 100), and valid_from and valid_to, the
first day of a period. Repeating it changes nothing; check budgets says how far they are spent.

Exit codes: 0 all written, 2 the file is wrong (nothing is written).`,
    examples: [
      ['budgets --dry-run budgets.csv', 'what would change'],
      ['budgets budgets.csv', 'write it'],
      ['query "table openai_bi.budgets"', 'what there is'],
      ['check budgets', 'how far they are spent'],
    ],
  });
  return command
    .argument(
      '<FILE>',
      'CSV with a header line, or YAML where its name ends in .yaml or .yml; - reads CSV from standard input',
    )
    .option('--dry-run', 'show what would change; write nothing')
    .action(() =>
      run<{ readonly dryRun?: boolean }>(command, async (invocation, flags, [file = '']) => {
        const { clock, log, terminal } = invocation;
        const config = invocation.config({ needsKey: false });
        const text = await readInputFile(terminal, file, 'budgets_invalid');
        const organizations = config.organizations.map(({ name }) => name);
        const options = { file, text, dryRun: flags.dryRun === true, organizations };
        const report = await withStore({ config, clock, log }, 'migrated', (store) => importBudgets(store, options));
        return { document: report, text: (style) => budgetImportText(report, style), exit: exitCode.ok };
      }),
    );
}
