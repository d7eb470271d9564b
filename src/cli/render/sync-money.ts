import type { RunReport } from '../../run/report.ts';
import { count, counted, exact, instant, money, moneyChange } from '../numbers.ts';
import type { Style } from '../style.ts';

/** The bill is in costs; costs_by_user is the same money, and stands in only where costs was not read. */
export function spend({ datasets, preview }: RunReport, style: Style): readonly string[] {
  const bills = datasets.filter(({ dataset }) => dataset === 'costs');
  const sources = bills.length > 0 ? bills : datasets.filter(({ dataset }) => dataset === 'costs_by_user');
  const severalOrganizations = new Set(sources.map(({ org_id }) => org_id)).size > 1;
  const lines = sources.flatMap(({ org_id, money: amounts }) =>
    amounts.map(({ currency, loaded, moved }) => {
      const whose = severalOrganizations ? ` of ${org_id}` : '';
      const change = `stored total ${preview ? 'would be ' : ''}${moneyChange(moved, currency)}`;
      return `Spend read${whose}: ${style.bold(money(loaded, currency))} · ${change}`;
    }),
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

const differencesShown = 10;

/** Whether what was read adds up to what the API itself says. */
export function tieOuts({ datasets, differences }: RunReport, style: Style): readonly string[] {
  const made = datasets.flatMap(({ tie_out }) => (tie_out === null ? [] : [tie_out]));
  if (made.length === 0) return [];
  const sum = (of: (one: (typeof made)[number]) => number) => made.reduce((total, one) => total + of(one), 0);
  const compared = `${counted(
    sum(({ sums }) => sums),
    'sum',
  )} of ${counted(
    sum(({ buckets }) => buckets),
    'bucket',
  )}`;
  const nothing = sum(({ sums }) => sums) === 0;
  const verdict = nothing
    ? 'nothing could be compared'
    : differences.length === 0
      ? `${compared} equal`
      : `${style.bad(counted(differences.length, 'difference'))} in ${compared}`;
  const shown = differences
    .slice(0, differencesShown)
    .map(
      (one) =>
        `  ${one.dataset} ${one.bucket_width} ${instant(one.bucket_start)} ${one.measure}: stored ${one.stored === null ? 'nothing' : exact(one.stored)}, reported ${exact(one.reported)}`,
    );
  const rest = differences.length - shown.length;
  const more = rest > 0 ? [`  and ${count(rest)} more: openai_etl.tie_outs`] : [];
  return [
    [
      `Against the API's totals: ${verdict} · ${counted(
        sum(({ requests }) => requests),
        'request',
      )}`,
      ...shown,
      ...more,
    ].join('\n'),
  ];
}

/** Whose the money is, of the days that were split anew. */
export function attribution({ cost_splits: splits }: RunReport, style: Style): readonly string[] {
  const lines = splits.flatMap(({ org_id, days, money: amounts }) =>
    amounts.map(({ currency, allocated, unattributed }) => {
      const whose = splits.length > 1 ? ` of ${org_id}` : '';
      const rest = `${money(unattributed, currency)} unattributed`;
      return `Split over users${whose}: ${style.bold(money(allocated, currency))} · ${rest} · ${counted(days, 'day')}`;
    }),
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}
