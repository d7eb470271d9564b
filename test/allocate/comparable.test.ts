import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Part, splitDay } from '../../src/allocate/parts.ts';
import { addDecimals, formatDecimal, zero } from '../../src/parse/decimal.ts';
import { costs, day, only, tokens, usageOf, userCosts } from './day.ts';
import { partsOf, weights } from './parts.ts';

const line = 'gpt-6-astra, input';
const cut = ['user_id', 'line_item'];
const levelsOf = (inputs: ReturnType<typeof day>) => splitDay(inputs, weights).map(({ matchLevel }) => matchLevel);

describe('shares of a bill that was filtered', () => {
  const bill = costs([{ lineItem: line, apiKeyId: null, amount: '10' }]);
  const billGrain = ['project_id', 'line_item'];
  const ofBoth = [
    { lineItem: line, projectId: null, apiKeyId: null, userId: 'user_a', amount: '10' },
    { lineItem: line, projectId: null, apiKeyId: null, userId: 'user_b', amount: '90' },
  ];
  const told = ofBoth.map((one, at) => ({ ...one, projectId: at === 0 ? 'proj_a' : 'proj_b' }));

  it('are not taken from what was billed of all projects together', () => {
    const inputs = day({
      bill,
      billGrain,
      billFilters: only({ project_id: ['proj_a'] }),
      userCut: userCosts(ofBoth, cut),
    });
    expect(partsOf(inputs)).toEqual(['(no_matching_usage) 10']);
  });

  it('are taken from what tells its projects, whether it was asked to or not', () => {
    const inputs = day({
      bill,
      billGrain,
      billFilters: only({ project_id: ['proj_a'] }),
      userCut: userCosts(told, cut),
    });
    expect(partsOf(inputs)).toEqual(['user_a 10 of 10/10']);
    expect(levelsOf(inputs)).toEqual(['project+line_item']);
  });

  it('are held to the filter where the bill itself does not name its project', () => {
    const nameless = costs([{ lineItem: line, projectId: null, apiKeyId: null, amount: '10' }]);
    const billFilters = only({ project_id: ['proj_a'] });
    const inputs = day({ bill: nameless, billGrain: ['line_item'], billFilters, userCut: userCosts(told, cut) });
    expect(partsOf(inputs)).toEqual(['user_a 10 of 10/10']);
    expect(levelsOf(inputs)).toEqual(['project+line_item']);
    const usage = [
      usageOf('completions', [
        { userId: 'user_a', projectId: 'proj_a', ...tokens({ input_uncached: 1 }) },
        { userId: 'user_b', projectId: 'proj_b', ...tokens({ input_uncached: 9 }) },
      ]),
    ];
    const used = day({ bill: nameless, billGrain: ['line_item'], billFilters, usage });
    expect(partsOf(used)).toEqual(['user_a 10 of 1/1']);
    expect(levelsOf(used)).toEqual(['project+model']);
  });

  it('are taken from a cut with the same filter, and from one whose filter leaves one project', () => {
    const one = [{ lineItem: line, projectId: null, apiKeyId: null, userId: 'user_a', amount: '10' }];
    const filters = only({ project_id: ['proj_a'] });
    for (const billFilters of [filters, only({})]) {
      const inputs = day({ bill, billGrain, billFilters, userCut: userCosts(one, cut, filters) });
      expect(partsOf(inputs)).toEqual(['user_a 10 of 10/10']);
    }
  });
});

describe('shares of a bill by a driver that was filtered', () => {
  it('go to no cost that the driver was not asked for', () => {
    const bill = costs([
      { lineItem: line, amount: '6' },
      { lineItem: line, amount: '4', projectId: 'proj_b' },
    ]);
    const filters = only({ project_id: ['proj_a'] });
    const userCut = userCosts(
      [{ lineItem: line, projectId: null, apiKeyId: null, userId: 'user_a', amount: '6' }],
      cut,
      filters,
    );
    const usage = [
      usageOf(
        'completions',
        [{ userId: 'user_a', apiKeyId: 'key_1', projectId: null, ...tokens({ input_uncached: 5 }) }],
        ['user_id', 'api_key_id', 'model'],
        filters,
      ),
    ];
    expect(partsOf(day({ bill, userCut }))).toEqual(['user_a 6 of 6/6', '(no_matching_usage) 4']);
    expect(partsOf(day({ bill, usage }))).toEqual(['user_a 6 of 5/5', '(filtered_otherwise) 4']);
  });

  it.each([
    { user_id: ['user_a'] },
    { model: ['another'] },
    { batch: ['true'] },
    { api_key_id: ['key_2'] },
    { a_filter_of_another_version: ['x'] },
  ])('are nobody’s where it was asked for %o only', (filter) => {
    const rows = [{ userId: 'user_a', ...tokens({ input_uncached: 5 }) }];
    const usage = [usageOf('completions', rows, undefined, only(filter))];
    expect(partsOf(day({ bill: costs([{ lineItem: line, amount: '4' }]), usage }))).toEqual(['(filtered_otherwise) 4']);
  });

  it('are taken where its filter holds all that the line item bills', () => {
    const rows = [{ userId: 'user_a', ...tokens({ input_uncached: 5 }) }];
    const usage = [usageOf('completions', rows, undefined, only({ model: ['gpt-6-astra', 'another'] }))];
    expect(partsOf(day({ bill: costs([{ lineItem: line, amount: '4' }]), usage }))).toEqual(['user_a 4 of 5/5']);
  });

  it('are nobody’s where hours of one day were filtered in two ways', () => {
    const rows = [{ userId: 'user_a', ...tokens({ input_uncached: 5 }) }];
    const usage = [usageOf('completions', rows, undefined, null)];
    expect(partsOf(day({ bill: costs([{ lineItem: line, amount: '4' }]), usage }))).toEqual(['(filtered_otherwise) 4']);
  });
});

describe('a dimension that the API sends unasked', () => {
  it('keeps the projects of a bill apart', () => {
    const bill = costs([
      { lineItem: line, apiKeyId: null, projectId: 'proj_a', amount: '10' },
      { lineItem: line, apiKeyId: null, projectId: 'proj_b', amount: '90' },
    ]);
    const usage = [
      usageOf(
        'completions',
        [
          { userId: 'user_a', projectId: 'proj_a', ...tokens({ input_uncached: 5 }) },
          { userId: 'user_b', projectId: 'proj_b', ...tokens({ input_uncached: 5 }) },
        ],
        ['user_id', 'model', 'project_id'],
      ),
    ];
    expect(partsOf(day({ bill, billGrain: ['line_item'], usage }))).toEqual(['user_a 10 of 5/5', 'user_b 90 of 5/5']);
  });
});

/** What was truly used and billed. */
interface Use {
  readonly projectId: string | null;
  readonly apiKeyId: string | null;
  readonly userId: string | null;
  readonly model: 'm1' | 'm2';
  readonly units: number;
}

const keysOf = { p1: ['k1', 'k2'], p2: ['k3'], none: [] as string[] };
const use: fc.Arbitrary<Use> = fc
  .record({
    project: fc.constantFrom<keyof typeof keysOf>('p1', 'p2', 'none'),
    key: fc.nat(2),
    userId: fc.constantFrom('u1', 'u2', 'u3', null),
    model: fc.constantFrom<'m1' | 'm2'>('m1', 'm2'),
    units: fc.integer({ min: 1, max: 50 }),
  })
  .map(({ project, key, ...rest }) => ({
    ...rest,
    projectId: project === 'none' ? null : project,
    apiKeyId: keysOf[project][key] ?? null,
  }));

/** How a dataset was asked, and what the API sends of its own accord. */
const asked = (more: readonly string[]) =>
  fc.record({
    grain: fc.subarray(['project_id', 'api_key_id']).map((some) => [...some, ...more]),
    sent: fc.subarray(['project_id', 'api_key_id']),
    projects: fc.option(fc.subarray(['p1', 'p2'], { minLength: 1 }), { freq: 2 }),
    keys: fc.option(fc.subarray(['k1', 'k2', 'k3'], { minLength: 1 }), { freq: 2 }),
  });
type Asked = ReturnType<typeof asked> extends fc.Arbitrary<infer T> ? T : never;

const letsIn = ({ projects, keys }: Asked, { projectId, apiKeyId }: Use) =>
  (projects === null || projects.includes(projectId ?? '')) && (keys === null || keys.includes(apiKeyId ?? ''));
const filtersOf = ({ projects, keys }: Asked) =>
  only({ ...(projects === null ? {} : { project_id: projects }), ...(keys === null ? {} : { api_key_id: keys }) });

/** Groups of what is let in, by what is asked for and sent; what is not told is null. */
function answer(truth: readonly Use[], how: Asked, always: readonly string[]): readonly Use[] {
  const told = new Set([...how.grain, ...how.sent, ...always]);
  const groups = new Map<string, Use>();
  for (const one of truth.filter((each) => letsIn(how, each))) {
    const row = {
      ...one,
      projectId: told.has('project_id') ? one.projectId : null,
      apiKeyId: told.has('api_key_id') ? one.apiKeyId : null,
      userId: told.has('user_id') ? one.userId : null,
    };
    const key = JSON.stringify([row.projectId, row.apiKeyId, row.userId, row.model]);
    groups.set(key, { ...row, units: row.units + (groups.get(key)?.units ?? 0) });
  }
  return [...groups.values()];
}

const lineOf = ({ model }: Use) => `${model}, input`;
const moneyOf = ({ projectId, apiKeyId, userId, ...row }: Use) => ({
  projectId,
  apiKeyId,
  userId,
  lineItem: lineOf({ projectId, apiKeyId, userId, ...row }),
  amount: String(row.units),
});

/** True where somebody with that id truly had use of what the cost was billed for. */
function isOfCost(truth: readonly Use[], bill: Asked, { cost, userId }: Part): boolean {
  return truth.some(
    (one) =>
      letsIn(bill, one) &&
      lineOf(one) === cost.lineItem &&
      one.userId === userId &&
      (cost.projectId === null || one.projectId === cost.projectId),
  );
}

describe('whatever was asked for, and whatever is sent', () => {
  const sumOf = (parts: readonly Part[]) =>
    formatDecimal(parts.reduce((sum, { amount }) => addDecimals(sum, amount), zero));

  it.each(['cut', 'usage'] as const)(
    'parts by %s add up to each cost, and are of nobody who had no part in it',
    (by) => {
      const all = fc.record({
        truth: fc.array(use, { minLength: 1, maxLength: 12 }),
        bill: asked([]),
        driver: asked(['user_id']),
      });
      let allocated = 0;
      fc.assert(
        fc.property(all, ({ truth, bill, driver }) => {
          const billed = costs(
            answer(truth, bill, ['line_item']).map(({ userId: _, ...row }) => moneyOf({ ...row, userId: null })),
          );
          const rows = answer(truth, driver, []);
          const inputs = day({
            bill: billed,
            billGrain: [...bill.grain, 'line_item'],
            billFilters: filtersOf(bill),
            userCut:
              by === 'cut' ? userCosts(rows.map(moneyOf), [...driver.grain, 'line_item'], filtersOf(driver)) : null,
            usage:
              by === 'cut'
                ? []
                : [
                    usageOf(
                      'completions',
                      rows.map(({ units, ...row }) => ({ ...row, ...tokens({ input_uncached: units }) })),
                      [...driver.grain, 'model'],
                      filtersOf(driver),
                    ),
                  ],
          });
          const parts = splitDay(inputs, weights);
          for (const cost of billed) {
            const own = parts.filter((part) => part.cost.seriesId === cost.seriesId);
            expect(sumOf(own)).toBe(formatDecimal(cost.amount));
            for (const part of own.filter(({ status }) => status === 'allocated')) {
              allocated += 1;
              expect(isOfCost(truth, bill, part), JSON.stringify(part.userId)).toBe(true);
            }
          }
        }),
        { numRuns: 2000 },
      );
      expect(allocated).toBeGreaterThan(1000);
    },
  );
});
