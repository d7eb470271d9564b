import type { VerifyReport } from '../../run/report.ts';
import { count, counted, exact, instant } from '../numbers.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';

const differencesShown = 40;

/** What verify found, for people: every difference, then what could not be compared. */
export function verifyText(report: VerifyReport, style: Style): string {
  const buckets = report.checked.reduce((sum, one) => sum + one.buckets, 0);
  const compared = `${counted(buckets, 'bucket')} of ${counted(report.checked.length, 'dataset')} compared with the API's own totals`;
  const parts = [
    `${style.bold('verify')}: ${verdict(report, style)} · ${compared} · ${counted(report.requests, 'request')}`,
    differenceTable(report, style),
    partsLine(report),
    errorLines(report, style),
    nextStep(report, style),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function verdict({ status, differences }: VerifyReport, style: Style): string {
  if (status === 'ok') return style.good('every sum ties out');
  if (status === 'difference') return style.bad(counted(differences.length, 'difference'));
  return status === 'partial' ? style.warn('not everything could be compared') : style.bad('nothing could be compared');
}

function differenceTable({ differences }: VerifyReport, style: Style): string {
  if (differences.length === 0) return '';
  const columns = [
    { title: 'dataset', shrinksTo: 12 },
    { title: 'bucket' },
    { title: 'measure', shrinksTo: 12 },
    { title: 'stored', align: 'right' },
    { title: 'reported', align: 'right' },
    { title: 'difference', align: 'right' },
  ] as const;
  const rows = differences
    .slice(0, differencesShown)
    .map((one) => [
      `${one.dataset} ${one.bucket_width}`,
      instant(one.bucket_start),
      one.measure,
      one.stored === null ? 'not loaded' : exact(one.stored),
      exact(one.reported),
      style.bad(exact(one.difference)),
    ]);
  const rest = differences.length - differencesShown;
  const more =
    rest > 0 ? `\n${style.dim(`and ${count(rest)} more: usage-etl verify --json, or openai_etl.tie_outs`)}` : '';
  return table(columns, rows, style) + more;
}

function partsLine({ cost_parts }: VerifyReport): string {
  const sum = (of: (check: VerifyReport['cost_parts'][number]) => number) =>
    cost_parts.reduce((total, check) => total + of(check), 0);
  const [costs, days, differing] = [sum((one) => one.costs), sum((one) => one.days), sum((one) => one.differing)];
  if (costs + differing === 0) return '';
  const adding = differing === 0 ? 'each the sum of its parts' : `${count(differing)} not the sum of their parts`;
  return `${counted(costs, 'cost')} of ${counted(days, 'day')}: ${adding}`;
}

function errorLines({ checked }: VerifyReport, style: Style): string {
  return checked
    .flatMap(({ dataset, bucket_width, errors }) =>
      errors.map(
        ({ message, remedy }) =>
          `  ${style.warn('•')} ${style.bold(`${dataset} ${bucket_width}`)}: ${message}\n    → ${remedy}`,
      ),
    )
    .join('\n');
}

function nextStep({ status, differences, cost_parts }: VerifyReport, style: Style): string {
  if (status !== 'difference') return '';
  const ofParts = cost_parts.some(({ differing }) => differing > 0);
  if (ofParts && differences.every(({ dataset }) => dataset === 'cost_parts')) {
    return style.dim('Next: usage-etl sync splits the costs of the days above anew, then verify once more');
  }
  if (differences.every(({ stored }) => stored === null))
    return style.dim('Next: usage-etl sync loads the days above, then verify once more');
  return style.dim('Next: usage-etl backfill --refetch --from DATE reads the days above again, then verify once more');
}
