import type { Command } from 'commander';
import { exitCode } from '../../errors.ts';
import { withStore } from '../../run/database.ts';
import { readFocusMetadata, runFocusCheck } from '../../run/focus.ts';
import { createCommand, type Execute } from '../command.ts';
import { focusText } from '../render/focus-report.ts';

/** `check focus`: do the FOCUS views keep the rules of FOCUS. */
export function checkFocusCommand(run: Execute): Command {
  const command = createCommand({
    name: 'focus',
    summary: 'ask the rules of FOCUS 1.4 of the stored charges',
    description: `Asks every rule that a machine can check of openai_focus.cost_and_usage and cost_and_usage_allocated, in SQL and without
writing. Published deviations are counted and shown. With --metadata it prints the metadata document that belongs beside
the data, as JSON, and checks nothing.

Exit codes: 0 no rule is violated, 4 one is.`,
    examples: [
      ['check focus', 'a line per rule'],
      ['check focus --json | jq ".rules[] | select(.verdict == \\"violation\\")"', 'for scripts'],
      ['check focus --metadata > focus-metadata.json', 'for whoever receives the data'],
    ],
  });
  return command.option('--metadata', 'print the metadata document instead').action(() =>
    run<{ readonly metadata?: boolean }>(command, async ({ clock, log, config: configOf }, { metadata }) => {
      const config = configOf({ needsKey: false });
      return withStore({ config, clock, log }, 'readable', async (store) => {
        if (metadata === true) {
          const document = await readFocusMetadata(store, clock);
          return { document, text: () => JSON.stringify(document, null, 2), exit: exitCode.ok };
        }
        const report = await runFocusCheck(store);
        return { document: report, text: (style) => focusText(report, style), exit: report.exit_code };
      });
    }),
  );
}
