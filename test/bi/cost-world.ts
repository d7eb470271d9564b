import type pg from 'pg';
import { anOrganization, type Cost, insertCost, insertName } from '../support/cost-rows.ts';

const day = '2026-11-03';
const ofKey1 = { day, project: 'proj_a', key: 'key_1', source: 'unlabeled', unit: 'tokens' } as const;

/** The bill of one day of one project, split by hand-checked figures, with everything that is awkward about bills. */
const bill: readonly Cost[] = [
  {
    ...ofKey1,
    item: 'gpt-6-astra, input',
    amount: '12.345678901',
    quantity: '9876543',
    parts: [
      { user: 'user_1', amount: '6.250000076443751624', quantity: '5000000', share: '5000000' },
      { user: 'user_2', amount: '3.750000045866250975', quantity: '3000000', share: '3000000' },
      { user: 'user_3', amount: '1.250000015288750325', quantity: '1000000', share: '1000000' },
      { user: null, reason: 'usage_gap', amount: '1.095678763401247076', quantity: '876543', share: '876543' },
    ],
  },
  {
    ...ofKey1,
    item: 'gpt-6-astra, cached input',
    amount: '0.75',
    quantity: '3000',
    unit: '1000_tokens',
    parts: ['user_1', 'user_2', 'user_3'].map((user) => ({ user, amount: '0.25', quantity: '1000', share: '1000000' })),
  },
  {
    ...ofKey1,
    item: 'gpt-6-astra, output',
    amount: '100.00',
    quantity: '600000',
    parts: [
      { user: 'user_1', amount: '33.333333333333333334', quantity: '200000', share: '200000' },
      { user: 'user_2', amount: '33.333333333333333333', quantity: '200000', share: '200000' },
      { user: null, amount: '33.333333333333333333', quantity: '200000', share: '200000' },
    ],
  },
  {
    ...ofKey1,
    item: 'priority | gpt-6-astra, output, long context',
    amount: '0',
    quantity: '30',
    parts: ['user_1', 'user_2', 'user_3'].map((user) => ({ user, amount: '0', quantity: '10', share: '10' })),
  },
  {
    ...ofKey1,
    item: 'web search tool calls',
    amount: '0.25',
    unit: null,
    parts: [{ user: null, reason: 'no_matching_usage', amount: '0.25' }],
  },
  {
    ...ofKey1,
    item: 'something nobody has heard of!',
    amount: '1.5',
    unit: null,
    parts: [{ user: null, reason: 'unparsed_line_item', amount: '1.5' }],
  },
  {
    day,
    item: 'Promotional credit',
    amount: '-3.25',
    parts: [{ user: null, reason: 'credit', amount: '-3.25' }],
  },
  {
    day,
    item: 'assistants api | file search',
    project: 'proj_a',
    amount: '0.1234567890123456789012345',
    quantity: '720.5',
    unit: 'gibibyte_hours',
    parts: [
      {
        user: null,
        reason: 'service_line_item',
        amount: '0.1234567890123456789012345',
        quantity: '720.5',
      },
    ],
  },
  {
    day,
    item: null,
    amount: '0.01',
    parts: [{ user: null, reason: 'no_line_item', amount: '0.01' }],
  },
  {
    ...ofKey1,
    item: 'gpt-6-astra, output',
    currency: 'eur',
    amount: '7.50',
    quantity: '100',
    parts: [
      {
        user: 'user_2',
        amount: '7.4',
        quantity: '98',
        method: 'billed_user_share',
        driver: 'costs_by_user.amount_value',
        share: '7.4',
      },
      {
        user: null,
        reason: 'user_share_gap',
        amount: '0.1',
        quantity: '2',
        method: 'billed_user_share',
        driver: 'costs_by_user.amount_value',
        share: '0.1',
      },
    ],
  },
  // Another day, not split yet.
  {
    day: '2026-11-05',
    project: 'proj_a',
    key: 'key_2',
    item: 'gpt-6-astra, output',
    amount: '24',
    quantity: '120000',
    unit: 'tokens',
  },
];

/** Names as they were, who pays, and the bill. */
export async function storeBill(pool: pg.Pool): Promise<void> {
  for (const cost of bill) await insertCost(pool, cost);
  await insertName(pool, 'project', 'proj_a', 'Search (old)', '2026-11-01T00:00:00Z');
  await insertName(pool, 'project', 'proj_a', 'Search', '2026-11-04T09:00:00Z');
  await insertName(pool, 'user', 'user_1', 'Ada', '2026-11-20T00:00:00Z');
  await pool.query(`update openai.projects set team = 'search', cost_center = '42' where org_id = $1`, [
    anOrganization,
  ]);
  await pool.query(
    `insert into openai.api_keys (org_id, api_key_id, api_key_name, key_kind, is_stub, first_seen_at, last_seen_at,
       updated_at, changed_xid)
     values ($1, 'key_1', 'backend', 'project', false, now(), now(), now(), pg_current_xact_id())`,
    [anOrganization],
  );
  await pool.query(`update openai_etl.buckets set settled = false where bucket_start = '2026-11-05T00:00:00Z'`);
}
