import type pg from 'pg';
import { splitCosts } from '../../src/run/cost-split.ts';
import { endpoints, filterFields, isMoney } from './contract.ts';
import type { Bill, Part } from './cost-check.ts';
import { expectLines, expectThat } from './difference.ts';
import type { NightPlan } from './plan.ts';
import { instantText } from './plan.ts';
import type { Program } from './program.ts';
import type { Row } from './results.ts';
import { bucketsOf, type Store, type Stored } from './store.ts';

/** Holds whose the money is said to be against what the provider's own cut by user says. Throws Difference. */
export function checkShares(store: Store, bills: readonly Bill[], parts: readonly Part[]): void {
  const cuts = new Map(bucketsOf(store, 'costs_by_user', '1d').map((bucket) => [dayName(bucket), bucket]));
  const billOf = new Map(bills.map((bill) => [`${bill.organization} ${bill.day} ${bill.series}`, bill]));
  const bucketOf = new Map(bucketsOf(store, 'costs', '1d').map((bucket) => [dayName(bucket), bucket]));
  const used = usageByDay(store);
  for (const part of parts) {
    if (part.user === null) continue;
    const day = `${part.organization} ${part.day}`;
    if (part.method !== 'billed_user_share') {
      checkUsed(day, part, used.get(day) ?? []);
      continue;
    }
    const [bill, bucket, cut] = [billOf.get(`${day} ${part.series}`), bucketOf.get(day), cuts.get(day)];
    if (bill === undefined || bucket === undefined || cut === undefined) continue;
    const apart = filteredApart(bucket, cut).filter((name) => !tells(bucket, name) || !tells(cut, name));
    expectThat(
      apart.length === 0,
      () => `${day}: shares of costs_by_user, which were asked for with other filters by ${apart.join(', ')}`,
    );
    checkUser(day, bill, cut, part.user);
  }
}

/** Everything that is stored of usage, whatever its width, by organization and day. */
function usageByDay(store: Store): ReadonlyMap<string, readonly Row[]> {
  const buckets = endpoints
    .filter((endpoint) => !isMoney(endpoint))
    .flatMap(({ name, widths }) => widths.flatMap((width) => bucketsOf(store, name, width)));
  const byDay = Map.groupBy(buckets, dayName);
  return new Map([...byDay].map(([day, all]) => [day, all.flatMap(({ facts }) => facts.map(({ fields }) => fields))]));
}

/** Who has a part in a project's cost has used something in that project that day, where all usage says its project. */
function checkUsed(day: string, { project, user, series, method }: Part, used: readonly Row[]): void {
  if (project === null || used.some((row) => row['project_id'] === undefined || row['user_id'] === undefined)) return;
  expectThat(
    used.some((row) => row['project_id'] === project && row['user_id'] === user),
    () => `${day} (${series}): a part by ${method} is ${user}'s, who has used nothing in ${project}`,
  );
}

const dayName = ({ organization, position }: Stored) => `${organization} ${instantText(position).slice(0, 10)}`;

/** The dimensions that two readings were filtered by differently. */
function filteredApart({ entry: one }: Stored, { entry: other }: Stored): readonly string[] {
  const [a, b] = [one, other].map((entry): Readonly<Record<string, unknown>> => JSON.parse(entry?.filters ?? '{}'));
  const names = Object.keys({ ...a, ...b }).filter((name) => JSON.stringify(a?.[name]) !== JSON.stringify(b?.[name]));
  return names.map((name) => filterFields[name] ?? name);
}

function tells({ entry, facts }: Stored, name: string): boolean {
  return entry?.grain.includes(name) === true || facts.some(({ fields }) => fields[name] !== undefined);
}

const shared = ['project_id', 'line_item', 'api_key_id'] as const;

/** Who has a part in a cost has one in what the cut says of it, as far as both say what it is. */
function checkUser(day: string, { fields, series }: Bill, cut: Stored, user: string): void {
  const told = shared.filter(
    (name) => fields[name] !== undefined && cut.facts.some((fact) => fact.fields[name] !== undefined),
  );
  const same = cut.facts.filter((fact) => told.every((name) => fact.fields[name] === fields[name]));
  if (same.length === 0) return;
  expectThat(
    same.some((fact) => fact.fields['user_id'] === user),
    () =>
      `${day} ${told.map((name) => fields[name]).join(', ')} (${series}): a part is ${user}'s, of whom the cut by user knows nothing there`,
  );
}

/** Splits every day anew: a split depends on what is stored and set, not on what was before. Throws Difference. */
export async function checkSplitAnew(program: Program, plan: NightPlan, pool: pg.Pool): Promise<void> {
  const lines = async () => (await pool.query<{ line: string }>(partsSql)).rows.map(({ line }) => line);
  const before = await lines();
  await pool.query('delete from openai_etl.cost_split_days');
  for (const organization of new Set(plan.wanted.map((wanted) => wanted.organization))) {
    const { rows } = await pool.query<{ id: number }>(
      'select max(run_id)::int as id from openai_etl.runs where org_id = $1',
      [organization],
    );
    const { error } = await splitCosts(program.contextOf(plan), organization, rows[0]?.id ?? 0);
    expectThat(error === null, () => `costs of ${organization} cannot be split: ${error?.message}`);
  }
  expectLines(() => 'cost_parts, split anew of the same store', await lines(), before);
}

const partsSql = `select (to_jsonb(p) - '{run_id,updated_at,changed_xid}'::text[])::text as line from openai.cost_parts p`;
