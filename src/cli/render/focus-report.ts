import type { FocusLine, FocusReport } from '../../run/focus.ts';
import { count, counted, money } from '../numbers.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';

/** What check focus found, for people: a line per rule, then the published deviations, then the verdict. */
export function focusText(report: FocusReport, style: Style): string {
  const columns = [
    { title: 'rule', shrinksTo: 24 },
    { title: 'says', shrinksTo: 20, droppable: true },
    { title: 'rows', align: 'right' },
    { title: 'verdict' },
  ] as const;
  const rows = report.rules.map((line) => [line.rule, line.sentence, rowsOf(line), verdictOf(line, style)]);
  return [table(columns, rows, style), deviationLines(report, style), summary(report, style)].join('\n\n');
}

function rowsOf({ rows, deviating_rows }: FocusLine): string {
  if (rows === null) return '–';
  return count(rows > 0 ? rows : deviating_rows);
}

function verdictOf({ verdict, deviation, deviating_rows }: FocusLine, style: Style): string {
  switch (verdict) {
    case 'kept':
      return style.good('kept');
    case 'deviation':
      return style.warn(`deviation ${deviation ?? ''}`.trim());
    case 'advised':
      return style.warn('advised otherwise');
    case 'violation':
      return style.bad(deviating_rows > 0 ? `violation (and ${count(deviating_rows)} as published)` : 'violation');
    case 'not_asked':
      return style.dim('not asked');
  }
}

function deviationLines({ deviations }: FocusReport, style: Style): string {
  if (deviations.length === 0) return style.dim('Deviations were not counted: columns are missing.');
  const lines = deviations.map(({ letter, sentence, charges, amounts }) => {
    const sums = amounts.map(({ currency, amount }) => money(amount, currency)).join(', ');
    const counts =
      charges === null ? '' : ` ${style.bold(counted(charges, 'charge'))}${sums === '' ? '' : `, ${sums}`}.`;
    return `  ${letter}  ${sentence}${counts}`;
  });
  return [style.bold('Published deviations'), ...lines].join('\n');
}

function summary({ violations, charges, parts, rules }: FocusReport, style: Style): string {
  const asked = `${counted(rules.length, 'rule')} asked of ${counted(charges, 'charge')} and ${counted(parts, 'part')}`;
  return violations === 0
    ? `${style.good('No rule is violated.')} ${asked}.`
    : `${style.bad(`${counted(violations, 'rule')} violated.`)} ${asked}.`;
}
