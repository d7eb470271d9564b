import { datasets } from '../../src/catalog/index.ts';
import { type Answer, type AskedOf, bucket, page, refusal, type ScriptedApi, scriptedApi } from './scripted-api.ts';

/** What was truly used and billed; what is not given is null. Amounts and tokens are whole numbers. */
export interface Use {
  readonly adminKey?: string;
  /** UTC date. */
  readonly day: string;
  readonly project_id?: string;
  readonly api_key_id?: string;
  readonly user_id?: string;
  readonly model?: string;
  readonly service_tier?: string;
  readonly tokens?: number;
  readonly line_item?: string;
  readonly amount?: number;
  readonly currency?: string;
}

/** How the double departs from what it is asked. */
export interface Manners {
  /** Whether a grouping is refused. */
  readonly refuses?: (asked: AskedOf, dimension: string) => boolean;
  /** Dimensions that are sent whether asked for or not. */
  readonly sends?: (asked: AskedOf) => readonly string[];
}

const daySeconds = 86_400;
const filters = { project_ids: 'project_id', api_key_ids: 'api_key_id', user_ids: 'user_id', models: 'model' } as const;

/** An API that answers costs and usage by day from what was truly used: grouped and filtered as it is asked. */
export function toldApi(truth: readonly Use[], manners: Manners = {}): Promise<ScriptedApi> {
  return scriptedApi((asked) => {
    const refused = asked.groupBy.find((name) => manners.refuses?.(asked, name) === true);
    if (refused !== undefined) return refusal(400, `Grouping by '${refused}' is not available.`);
    return answer(truth, asked, [...asked.groupBy, ...(manners.sends?.(asked) ?? [])]);
  });
}

function answer(truth: readonly Use[], asked: AskedOf, told: readonly string[]): Answer {
  const isMoney = asked.path === '/organization/costs';
  const within = truth.filter(
    (use) =>
      (use.adminKey === undefined || use.adminKey === asked.adminKey) &&
      (isMoney ? use.amount : use.tokens) !== undefined &&
      Object.entries(filters).every(([name, dimension]) => {
        const wanted = [...asked.query.getAll(name), ...asked.query.getAll(`${name}[]`)];
        return wanted.length === 0 || wanted.includes(use[dimension] ?? '');
      }),
  );
  return page(
    days(asked).map((start) => {
      const ofDay = within.filter(({ day }) => Date.parse(day) / 1000 === start);
      return bucket(start, daySeconds, isMoney ? moneyOf(ofDay, told) : usageOf(asked.path, ofDay, told));
    }),
  );
}

function days({ start, end }: AskedOf): readonly number[] {
  const [from, to] = [start ?? 0, end ?? 0];
  return Array.from({ length: Math.ceil((to - from) / daySeconds) }, (_, index) => from + index * daySeconds);
}

function moneyOf(uses: readonly Use[], told: readonly string[]) {
  const dimensions = ['project_id', 'api_key_id', 'user_id', 'line_item'] as const;
  return grouped(uses, (use) => JSON.stringify([dimensions.map((name) => toldOf(use, name, told)), use.currency])).map(
    ([first, some]) => ({
      object: 'organization.costs.result',
      amount: { value: sum(some, 'amount'), currency: first.currency ?? 'usd' },
      ...Object.fromEntries(dimensions.map((name) => [name, toldOf(first, name, told)])),
    }),
  );
}

function usageOf(path: string, uses: readonly Use[], told: readonly string[]) {
  const dimensions = ['project_id', 'api_key_id', 'user_id', 'model', 'service_tier'] as const;
  const [dataset] = datasets.filter((one) => one.path === path);
  const measures = (dataset?.columns ?? []).filter((column) => column.role === 'measure' && column.required);
  return grouped(uses, (use) => JSON.stringify(dimensions.map((name) => toldOf(use, name, told)))).map(
    ([first, some]) => ({
      object: dataset?.object,
      ...Object.fromEntries(measures.map(({ name }) => [name, sum(some, 'tokens')])),
      ...Object.fromEntries(dimensions.map((name) => [name, toldOf(first, name, told)])),
    }),
  );
}

function toldOf(use: Use, name: keyof Use, told: readonly string[]) {
  return told.includes(name) ? (use[name] ?? null) : null;
}

function grouped(uses: readonly Use[], keyOf: (use: Use) => string) {
  return [...Map.groupBy(uses, keyOf).values()].flatMap((some) =>
    some[0] === undefined ? [] : [[some[0], some] as const],
  );
}

function sum(uses: readonly Use[], name: 'amount' | 'tokens'): number {
  return uses.reduce((total, use) => total + (use[name] ?? 0), 0);
}
