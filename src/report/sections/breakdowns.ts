import { html } from 'hono/html';
import { type Bar, barList } from '../chart/bar-list.ts';
import type { Breakdown, BreakdownDimension, BreakdownRow, CurrencySpend, ReportData } from '../data.ts';
import { amount, change, type Html, percent, ratioOf, things } from '../format.ts';
import { nothing, numbersBehind, section, sideBySide } from '../table.ts';
import { isComparable, withoutSpend } from './headline.ts';

interface Wording {
  readonly title: string;
  readonly column: string;
  /** What the unattributed part has none of; empty where reasons are told. */
  readonly lacks: string;
  readonly others: readonly [one: string, many: string];
}

const wordings: Readonly<Record<BreakdownDimension, Wording>> = {
  organization: {
    title: 'By organization',
    column: 'Organization',
    lacks: '',
    others: ['other', 'others'],
  },
  model: {
    title: 'By model or service',
    column: 'Model or service',
    lacks: 'no model or service named',
    others: ['other', 'others'],
  },
  project: {
    title: 'By project',
    column: 'Project',
    lacks: 'no project',
    others: ['other project', 'other projects'],
  },
  team: {
    title: 'By team',
    column: 'Team',
    lacks: 'no team',
    others: ['other team', 'other teams'],
  },
  user: { title: 'By user', column: 'User', lacks: '', others: ['other user', 'other users'] },
};

/** Why a part of the bill belongs to nobody, as `openai_bi` names it, in words. */
const reasons: Readonly<Record<string, string>> = {
  usage_gap: 'billed beyond the usage that is known',
  user_share_gap: 'beyond what the API bills by user',
  no_matching_usage: 'no usage to match',
  usage_not_by_user: 'usage without users',
  filtered_otherwise: 'usage filtered otherwise than the bill',
  service_line_item: 'services the API does not count by user',
  unparsed_line_item: 'line items not understood',
  no_line_item: 'billed without a line item',
  credit: 'credits',
};

/** Who and what is behind the spend. The bars of one list add up to the bill, the unattributed one included. */
export function breakdownSection(data: ReportData): Html {
  const title = 'Who and what is behind it';
  if (data.spend.length === 0) return section('breakdowns', title, '', nothing(`${withoutSpend(data)}.`));
  const note =
    'Each list adds up to the bill to the last digit; what belongs to nobody has its own bar, also when it is nothing. Change is against the period before.';
  const lists = data.spend.map((spend) => {
    const parts = sideBySide(spend.breakdowns.map((breakdown) => breakdownPart(breakdown, spend, isComparable(data))));
    return data.spend.length > 1 ? html`<h3 class="currency">${spend.currency}</h3>${parts}` : parts;
  });
  return section('breakdowns', title, note, lists);
}

function breakdownPart(breakdown: Breakdown, spend: CurrencySpend, compared: boolean): Html {
  const { dimension, rows, rest, unattributed } = breakdown;
  const wording = wordings[dimension];
  const bar = (row: BreakdownRow, kind: Bar['kind'], detail: Html | string = row.detail ?? ''): Bar => ({
    label: row.label,
    detail,
    value: Number(row.amount),
    cells: [
      amount(row.amount, spend.currency),
      percent(ratioOf(row.amount, spend.amount)),
      html`<span class="quiet">${change(row.amount, compared ? row.previous_amount : null)}</span>`,
    ],
    kind,
  });
  const others = {
    ...rest,
    label: '',
    detail: null,
    amount: rest?.amount ?? '0',
    previous_amount: rest?.previous_amount ?? '0',
  };
  const bars = [
    ...rows.map((row) => bar(row, 'named')),
    ...(rest === null ? [] : [bar({ ...others, label: things(rest.rows.length, ...wording.others) }, 'rest')]),
    bar({ ...unattributed, label: 'Unattributed', detail: null }, 'unattributed', reasonsOf(breakdown, spend)),
  ];
  const columns = [wording.column, 'Spend', 'Share', 'Change'];
  const folded =
    rest === null
      ? ''
      : numbersBehind(
          `The ${things(rest.rows.length, ...wording.others)}`,
          barList(
            `${wording.title}, the others`,
            columns,
            rest.rows.map((row) => bar(row, 'named')),
          ),
        );
  return html`<div class="part" id="${`by-${dimension}`}"><h3>${wording.title}</h3>${barList(wording.title, columns, bars)}${folded}</div>`;
}

function reasonsOf({ dimension, unattributed }: Breakdown, { currency }: CurrencySpend): Html | string {
  if (unattributed.reasons.length === 0) return wordings[dimension].lacks;
  return html`${unattributed.reasons.map(
    ({ reason, amount: spent }, index) =>
      html`${index > 0 ? ' · ' : ''}${reasons[reason] ?? reason} ${amount(spent, currency)}`,
  )}`;
}
