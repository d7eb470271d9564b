import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { ConfigError, type Problem, problem, quoted } from '../../config.ts';
import { exitCode } from '../../errors.ts';
import { withStore } from '../../run/database.ts';
import { defaultDays, writeReport } from '../../run/write-report.ts';
import { createCommand, type Execute } from '../command.ts';
import { reportText } from '../render/written-report.ts';
import { readSelection, type SelectionFlags } from '../selection.ts';

interface ReportFlags extends Pick<SelectionFlags, 'org' | 'from' | 'to'> {
  readonly out: string;
}

/** `report`: spend and usage as one page. */
export function reportCommand(run: Execute): Command {
  const command = createCommand({
    name: 'report',
    description: `Writes one HTML file that needs neither network nor script: spend by day, model, project and user with what belongs to
nobody, tokens, cache, unit prices, storage, freshness, and the proof that the parts add up to the bill. It shows what is
not final and what is missing, and never adds up two currencies. It reads the views of openai_bi only, so a reader's
DATABASE_URL is enough.`,
    examples: [
      ['report', `the last ${defaultDays} days, into ./openai-usage.html`],
      ['report --from 2026-01-01 --to 2026-02-01', 'one month; --to is exclusive'],
      ['report --out /srv/www/usage.html --quiet', 'every night, after sync'],
    ],
  });
  return command
    .addOption(new Option('--out <FILE>', 'file to write; what is there is replaced').default('openai-usage.html'))
    .option('--from <DATE>', `first UTC day (default: ${defaultDays} days before the end)`)
    .option('--to <DATE>', 'UTC day to stop before (default: today, which has not ended)')
    .option('--org <NAME...>', 'only these organizations')
    .action(() =>
      run<ReportFlags>(command, async (invocation, flags) => {
        const { clock, log, signal, terminal } = invocation;
        const config = invocation.config({ needsKey: false });
        const { organizations, from, to } = readSelection(flags, config, clock.now());
        requireDays({ '--from': from, '--to': to }, flags);
        const report = await withStore({ config, clock, log }, 'readable', (store) =>
          writeReport(
            { store, clock, signal },
            { file: resolve(terminal.cwd, flags.out), organizations, from: dateOf(from), to: dateOf(to) },
          ),
        );
        return { document: report, text: (style) => reportText(report, flags.out, style), exit: exitCode.ok };
      }),
    );
}

/** Costs exist by the UTC day only. */
function requireDays(bounds: Readonly<Record<'--from' | '--to', Date | null>>, flags: ReportFlags): void {
  const given = { '--from': flags.from, '--to': flags.to };
  const problems = (['--from', '--to'] as const).flatMap((option): readonly Problem[] => {
    const bound = bounds[option];
    if (bound === null || bound.getTime() % dayMs === 0) return [];
    return [problem(option, `received ${quoted(given[option])}`, 'a UTC day, such as 2026-01-31')];
  });
  if (problems.length > 0) throw new ConfigError('arguments_invalid', problems);
}

const dayMs = 86_400_000;

function dateOf(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString().slice(0, 10);
}
