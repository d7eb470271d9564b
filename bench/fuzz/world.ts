import { type Amount, amountOf } from './amount.ts';
import { daySeconds } from './contract.ts';
import { type Random, randomOf } from './random.ts';

/** Dimensions by field. */
export type Dimensions = Readonly<Record<string, string | boolean | null>>;

/** Something used in one minute. */
export interface UsageEvent {
  /** Unix seconds. */
  readonly at: number;
  readonly dimensions: Dimensions;
  readonly counts: Readonly<Record<string, bigint>>;
}

/** Something billed; it shows from an instant of its day on. */
export interface CostEntry {
  readonly at: number;
  readonly dimensions: Dimensions;
  readonly currency: string;
  readonly amount: Amount;
  readonly quantity: Amount | null;
  readonly unit: string | null;
}

/** What is true of one organization; it is changed by restatements. */
export interface World {
  /** Of the organization. */
  readonly name: string;
  readonly usage: Map<string, UsageEvent[]>;
  costs: CostEntry[];
}

interface Member {
  readonly project: string | null;
  readonly user: string | null;
  readonly key: string | null;
  readonly model: string;
  readonly batch: boolean;
  readonly tier: string | null;
}

/** The ids are the same in every organization: only its name tells them apart. */
const members: readonly Member[] = [
  { project: 'proj_1', user: 'user_a', key: 'key_1', model: 'gpt-5.4', batch: false, tier: 'default' },
  { project: 'proj_1', user: 'user_b', key: 'key_2', model: 'gpt-5.4', batch: false, tier: null },
  { project: 'proj_2', user: 'user_b', key: 'key_3', model: 'gpt-5.4-mini', batch: true, tier: 'default' },
  { project: 'proj_2', user: 'user_c', key: 'key_4', model: 'gpt-5.4', batch: false, tier: 'default' },
  { project: null, user: null, key: null, model: 'gpt-5.4-mini', batch: false, tier: null },
];

const lineItems = ['gpt-5.4, input', 'gpt-5.4, output', 'web search tool calls'];

/** An organization's life from one instant to another. `keyless`: its bill names no keys. */
export function createWorld(seed: number, name: string, from: number, until: number, keyless: boolean): World {
  const world: World = {
    name,
    usage: new Map([
      ['completions', []],
      ['embeddings', []],
    ]),
    costs: [],
  };
  for (let day = from; day < until; day += daySeconds) {
    const random = randomOf(seed, name, day);
    for (const member of members) {
      if (random.chance(0.25)) continue;
      for (const dataset of world.usage.keys()) {
        for (let left = 1 + random.below(2); left > 0; left -= 1) addUsage(world, dataset, day, member, random);
      }
      const item = random.pick(lineItems);
      world.costs.push(costEntry(day, { ...member, key: keyless ? null : member.key }, item, random));
    }
  }
  return world;
}

function addUsage(world: World, dataset: string, day: number, member: Member, random: Random): void {
  const at = day + random.below(daySeconds / 60) * 60;
  const input = BigInt(1 + random.below(90_000));
  const all = { input_tokens: input, num_model_requests: BigInt(1 + random.below(40)) };
  const whole = { ...all, output_tokens: BigInt(random.below(5000)), input_cached_tokens: input / 3n };
  const who = { project_id: member.project, user_id: member.user, api_key_id: member.key, model: member.model };
  const event =
    dataset === 'completions'
      ? { at, counts: whole, dimensions: { ...who, batch: member.batch, service_tier: member.tier, api_source: null } }
      : { at, counts: all, dimensions: { ...who, model: 'text-embedding-3-small' } };
  world.usage.get(dataset)?.push(event);
}

function costEntry(day: number, member: Omit<Member, 'model'>, item: string, random: Random): CostEntry {
  const dimensions = {
    project_id: member.project,
    line_item: item,
    api_key_id: member.key,
    user_id: member.user,
    api_source: null,
  };
  const tokens = item.startsWith('gpt');
  return {
    at: day + random.below(20) * 3600,
    dimensions,
    currency: 'usd',
    amount: amountOf(
      `${random.below(60)}.${String(random.below(1_000_000_000)).padStart(9, '0')}${random.below(1000)}`,
    ),
    quantity: tokens ? amountOf(String(1 + random.below(1_000_000))) : null,
    unit: tokens ? 'tokens' : null,
  };
}

/** How the provider changes what it has said of a day. */
export type RestatementKind = 'scale' | 'remove' | 'add';

/** Changes one UTC day of a world's usage or costs. */
export function restate(world: World, dataset: string, day: number, kind: RestatementKind, random: Random): void {
  const within = ({ at }: { readonly at: number }) => at >= day && at < day + daySeconds;
  if (dataset === 'costs') {
    const entries = world.costs.filter(within);
    const chosen = entries.length > 1 ? random.pick(entries) : undefined;
    if (kind === 'add' || chosen === undefined) {
      world.costs.push(costEntry(day, random.pick(members), random.pick(lineItems), random));
    } else {
      const rest = world.costs.filter((entry) => entry !== chosen);
      const amount = { units: chosen.amount.units * 3n + 1n, scale: chosen.amount.scale };
      world.costs = kind === 'remove' ? rest : [...rest, { ...chosen, amount }];
    }
    return;
  }
  const events = world.usage.get(dataset) ?? [];
  const entries = events.filter(within);
  const chosen = entries.length > 1 ? random.pick(entries) : undefined;
  if (kind === 'add' || chosen === undefined) {
    addUsage(world, dataset, day, random.pick(members), random);
    return;
  }
  const rest = events.filter((event) => event !== chosen);
  const counts = Object.fromEntries(Object.entries(chosen.counts).map(([name, count]) => [name, count * 2n + 1n]));
  world.usage.set(dataset, kind === 'remove' ? rest : [...rest, { ...chosen, counts }]);
}

/** Adds so many groups to a day that their results fill many small pages. */
export function crowd(world: World, dataset: string, day: number, groups: number): void {
  const random = randomOf('crowd', dataset, day);
  for (let group = 0; group < groups; group += 1) {
    const member = { ...random.pick(members), user: `user_${group}`, model: `gpt-${group}` };
    if (dataset === 'costs') world.costs.push(costEntry(day, member, `gpt-${group}, input`, random));
    else addUsage(world, dataset, day, member, random);
  }
}
