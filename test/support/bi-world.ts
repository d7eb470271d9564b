import type { Width } from '../../src/catalog/width.ts';
import type { GroupSelector, Restatement } from '../../src/simulator/index.ts';
import { daysBack, liveThroughNights, type Nights, type NightsOptions } from './nights.ts';

/** An organization with everything that makes a bill hard to read, synced on two nights. */
export interface BiWorld {
  readonly nights: Nights;
  /** The UTC day, `YYYY-MM-DD`, that the provider changed its mind about between the nights. */
  readonly restatedDay: string;
  /** A key that was used, and deleted between the nights. */
  readonly deletedKey: string;
  close(): Promise<void>;
}

/** What a BI world is like; by default 40 days of every dataset at `1d` and `1h`. */
export interface BiWorldOptions extends NightsOptions {
  readonly widths?: readonly Width[];
}

/**
 * Syncs an organization with usage of all datasets, priority and other tiers, tokens that cost nothing, a credit, line
 * items nobody has heard of, money in another currency and usage of nobody; then restates a day, deletes a key and syncs
 * again a night later.
 */
export async function biWorld(options: BiWorldOptions = {}): Promise<BiWorld> {
  const nights = await liveThroughNights({
    widths: ['1d', '1h'],
    days: 40,
    config: { directory: { hours: 12, personalData: true } },
    ...options,
  });
  const day = daysBack(nights, 2);
  nights.simulator.restate(peculiarities(day));
  await nights.sync();
  const deletedKey = await deleteOneKey(nights);
  nights.simulator.restate([
    { dataset: 'completions', day, kind: 'scale', factor: 1.25 },
    { dataset: 'embeddings', day, kind: 'empty-day' },
    { dataset: 'images', day, kind: 'move-group', where: {}, to: { user_id: 'user-moved' } },
    {
      dataset: 'costs',
      day,
      kind: 'add-group',
      dimensions: { line_item: 'late surprise' },
      measures: { amount_value: '0.125' },
    },
  ]);
  nights.clock.advance(24 * 3_600_000);
  await nights.sync({ acceptRestatement: true });
  return { nights, restatedDay: day.toISOString().slice(0, 10), deletedKey, close: nights.close };
}

/** What the simulated organization does not do by itself. */
function peculiarities(day: Date): readonly Restatement[] {
  const billed = (dimensions: GroupSelector, amount: string, currency = 'usd') =>
    ({
      dataset: 'costs',
      day,
      kind: 'add-group',
      dimensions,
      measures: { amount_value: amount },
      attributes: { amount_currency: currency },
    }) as const;
  return [
    billed({ line_item: 'Promotional credit' }, '-3.250000000000000001'),
    billed({ line_item: 'quantum flux, third harmonic' }, '1.000000000000000000000000001'),
    billed({ line_item: 'gpt-5.6-sol, output', project_id: 'proj_abroad' }, '7.5', 'eur'),
    billed({}, '0.01'),
    {
      dataset: 'completions',
      day,
      kind: 'add-group',
      dimensions: { model: 'gpt-5.6-sol', service_tier: 'priority', batch: false, project_id: 'proj_abroad' },
      measures: { input_uncached_tokens: 1000, output_tokens: 500, num_model_requests: 3 },
      minute: 1,
    },
    {
      dataset: 'completions',
      day,
      kind: 'add-group',
      dimensions: {},
      measures: { input_uncached_tokens: 10, output_tokens: 5, num_model_requests: 1 },
      minute: 1439,
    },
  ];
}

/** Deletes the project key that was used most; it stays in the facts and leaves the lists. */
async function deleteOneKey({ database, simulator }: Nights): Promise<string> {
  const { rows } = await database.pool.query<{ api_key_id: string }>(
    `select api_key_id from openai.usage_completions join openai.api_keys k using (org_id, api_key_id)
     where k.key_kind = 'project' and not k.is_stub group by 1 order by count(*) desc, 1 limit 1`,
  );
  const id = rows[0]?.api_key_id ?? '';
  simulator.changeDirectory([{ entity: 'apiKeys', id, removed: true }]);
  return id;
}
