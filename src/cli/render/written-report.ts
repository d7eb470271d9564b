import type { WrittenReport } from '../../run/write-report.ts';
import { counted, money } from '../numbers.ts';
import type { Style } from '../style.ts';

/** What was written, for people: where, and the few numbers that tell whether to look. */
export function reportText(report: WrittenReport, file: string, style: Style): string {
  const { spend, from, to, days_missing, days_not_final } = report;
  const lines = spend.flatMap(({ currency, amount, unattributed, difference }) => [
    `  ${style.bold(money(amount, currency))} from ${from} to ${to}, ${money(unattributed, currency)} of it unattributed`,
    ...(Number(difference) === 0
      ? []
      : [`  ${style.bad(`${money(difference, currency)} is in no part:`)} see the reconciliation`]),
  ]);
  const gaps = [
    ...(days_missing === 0 ? [] : [style.warn(`${counted(days_missing, 'day')} of costs missing`)]),
    ...(days_not_final === 0 ? [] : [`${counted(days_not_final, 'day')} not final yet`]),
  ];
  return [
    `Wrote ${style.bold(file)}. Open it in a browser.`,
    ...(lines.length === 0
      ? [`  ${report.days === days_missing ? 'No costs are loaded' : 'Nothing was billed'} from ${from} to ${to}.`]
      : lines),
    ...(gaps.length === 0 ? [] : [`  ${gaps.join(', ')}`]),
  ].join('\n');
}
