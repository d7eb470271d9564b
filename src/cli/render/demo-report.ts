import type { DemoReport } from '../../run/demo.ts';
import { invocation } from '../invocation.ts';
import type { Style } from '../style.ts';
import { answerTable } from './query-answer.ts';
import { outcomeText } from './sync-report.ts';
import { reportText } from './written-report.ts';

/** What the demonstration did, for people: the sync, each question with its SQL and its answer, then where the report is. */
export function demoText(
  report: DemoReport,
  { dataDir, reportFile }: { readonly dataDir: string; readonly reportFile: string },
  style: Style,
): string {
  const questions = report.answers.map(({ title, sql, answer }) =>
    [
      style.bold(title),
      style.dim(indented(sql)),
      indented(answerTable(answer, { ...style, columns: style.columns - 2 })),
    ].join('\n\n'),
  );
  const more = [
    style.bold('Go on'),
    `  The database stays in ${dataDir}. Ask it anything:`,
    `    export USAGE_ETL_DATA_DIR=${shellQuoted(dataDir)}`,
    `    ${invocation} query "select * from openai_bi.cost_daily limit 5"`,
    `    ${invocation} check budgets`,
    '  Load your own organization, in a shell without that variable:',
    '    export OPENAI_ADMIN_KEY=…   # an admin key with Usage: Read',
    `    ${invocation} check && ${invocation} sync`,
  ].join('\n');
  const page = `${style.bold('Look at it')}\n${indented(reportText(report.report, reportFile, style))}`;
  return [outcomeText(report.sync, style), ...questions, more, page].join('\n\n');
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

function shellQuoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
