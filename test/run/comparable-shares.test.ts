import { afterEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import type { DatasetSettings } from '../../src/config.ts';
import { expectToAddUp } from '../allocate/stored-parts.ts';
import { adminKey, liveThroughNights, type Nights, organization } from '../support/nights.ts';
import type { ScriptedApi } from '../support/scripted-api.ts';
import { type Manners, toldApi } from '../support/told-api.ts';

const line = 'gpt-6-astra, input';
const of = { day: '2026-11-20', model: 'gpt-6-astra', line_item: line };
const truth = [
  { ...of, project_id: 'p1', user_id: 'a', tokens: 10, amount: 10 },
  { ...of, project_id: 'p2', user_id: 'b', tokens: 90, amount: 90 },
];

let open: readonly { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open) await one.close();
});

type Changes = Readonly<Record<string, Partial<DatasetSettings>>>;

async function live(
  manners: Manners,
  changes: Changes,
): Promise<{ readonly nights: Nights; readonly api: ScriptedApi }> {
  const api = await toldApi(truth, manners);
  const datasets = [completions, costs, costsByUser].map(
    (dataset): DatasetSettings => ({
      dataset,
      width: '1d',
      groupBy: dataset.columns.filter(({ role }) => role === 'dimension').map(({ name }) => name),
      filters: {},
      start: null,
      defaultDays: 10,
      settleSeconds: dataset.settleSeconds['1d'] ?? 0,
      ...changes[dataset.name],
    }),
  );
  const config = { baseUrl: api.url, organizations: [{ name: organization, adminKey, datasets }] };
  const nights = await liveThroughNights({ config });
  open = [nights, api];
  expect(await nights.sync()).toMatchObject({ exit_code: 0 });
  return { nights, api };
}

async function parts({ database }: Nights) {
  const { rows } = await database.pool.query<{ part: string }>(
    `select concat_ws(' ', project_id, coalesce(user_id, '(' || reason || ')'), trim_scale(amount), method, match_level) as part
     from openai.cost_parts order by 1`,
  );
  return rows.map(({ part }) => part);
}

const p1 = { filters: { project_ids: ['p1'] } };
const isCut = ({ path, groupBy }: { readonly path: string; readonly groupBy: readonly string[] }) =>
  path === '/organization/costs' && groupBy.includes('user_id');

describe('who a cost is given to', { timeout: 60_000 }, () => {
  it('is not told by what was billed of other projects, when only the bill was filtered', async () => {
    const refusesProjects: Manners = { refuses: (asked, name) => isCut(asked) && name === 'project_id' };
    const { nights } = await live(refusesProjects, { costs: p1 });
    expect(await parts(nights)).toEqual(['p1 a 10 token_share project+api_key+model']);
    await expectToAddUp(nights);
  });

  it('is nobody known, when usage does not tell either', async () => {
    const refusesProjects: Manners = {
      refuses: ({ groupBy }, name) => groupBy.includes('user_id') && name === 'project_id',
    };
    const { nights } = await live(refusesProjects, { costs: p1 });
    expect(await parts(nights)).toEqual(['p1 (filtered_otherwise) 10 none']);
  });

  it.each([['costs_by_user'], ['completions']])(
    'goes by the projects that rows carry, unasked for, with %s alone',
    async (by) => {
      const noUsers = { groupBy: ['line_item', 'project_id'] };
      const changes = {
        costs: { groupBy: ['line_item'] },
        costs_by_user: by === 'costs_by_user' ? { groupBy: ['user_id', 'line_item'] } : noUsers,
        completions: by === 'completions' ? { groupBy: ['user_id', 'model'] } : { groupBy: ['model'] },
      };
      const { nights } = await live({ sends: () => ['project_id'] }, changes);
      const [method, what] = by === 'costs_by_user' ? ['billed_user_share', 'line_item'] : ['token_share', 'model'];
      expect(await parts(nights)).toEqual([`p1 a 10 ${method} project+${what}`, `p2 b 90 ${method} project+${what}`]);
    },
  );

  it('is held to the filter of a bill that does not name its project', async () => {
    const { nights } = await live({}, { costs: { ...p1, groupBy: ['line_item'] } });
    expect(await parts(nights)).toEqual(['a 10 billed_user_share project+line_item']);
  });

  it('is nobody known, when usage was asked for other users than the bill', async () => {
    const { nights } = await live(
      {},
      { costs_by_user: { groupBy: ['line_item'] }, completions: { filters: { user_ids: ['a'] } } },
    );
    expect(await parts(nights)).toEqual(['p1 (filtered_otherwise) 10 none', 'p2 (filtered_otherwise) 90 none']);
  });
});
