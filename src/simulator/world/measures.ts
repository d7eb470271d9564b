import type { Measure } from '../../catalog/column.ts';
import type { Identity } from '../../catalog/dataset.ts';
import { tokenIdentities } from '../../catalog/tokens.ts';
import type { Endpoint } from '../endpoint.ts';
import { plus, type Quantity } from './atom.ts';
import { one } from './decimal.ts';
import type { Random } from './random.ts';
import type { Series } from './series.ts';

/** An identity by positions in the endpoint's measures. */
interface Sum {
  readonly total: number;
  readonly parts: readonly number[];
}

/** The identities of an endpoint, those that others build on first. Identities with a missing measure do not apply. */
export function sumsOf({ measures, identities }: Pick<Endpoint, 'measures' | 'identities'>): readonly Sum[] {
  const position = (name: string) => measures.findIndex((measure) => measure.name === name);
  const sums = identities
    .map(({ total, parts }) => ({ total: position(total), parts: parts.map(position) }))
    .filter(({ total, parts }) => total >= 0 && !parts.includes(-1));
  return sums.toSorted((a, b) => height(a.total, sums) - height(b.total, sums));
}

function height(measure: number, sums: readonly Sum[]): number {
  const sum = sums.find(({ total }) => total === measure);
  return sum === undefined ? 0 : 1 + Math.max(...sum.parts.map((part) => height(part, sums)));
}

/** Measures with every total set to the sum of its parts. */
export function withTotals(measures: readonly Quantity[], sums: readonly Sum[]): readonly Quantity[] {
  const summed = [...measures];
  for (const { total, parts } of sums) {
    summed[total] = parts.map((part) => summed[part] ?? null).reduce(plus, null) ?? 0;
  }
  return summed;
}

/** Measures with every total that came without parts put into its first part, as an `add-group` may leave them. */
export function withParts(measures: readonly Quantity[], sums: readonly Sum[]): readonly Quantity[] {
  const spread = [...measures];
  for (const { total, parts } of sums.toReversed()) {
    const [first] = parts;
    if (first !== undefined && parts.every((part) => spread[part] === null)) spread[first] = spread[total] ?? null;
  }
  return spread;
}

const tokenParts = new Set(tokenIdentities.flatMap(({ parts }: Identity) => parts));

/** What one request comes to, for the measures that are not split into token kinds. */
const perRequest: Readonly<Record<string, number>> = {
  input_tokens: 450,
  images: 1.6,
  characters: 420,
  seconds: 37,
  num_model_requests: 1,
  num_requests: 1,
  num_sessions: 0.2,
};
const perRequestOfOthers = 3;

/** Bytes held for each daily request of a series. Not round, so that what storage costs has many decimals. */
const levelPerRequest = 8_388_617;

/** What `requests` requests of a series come to. Totals follow from their parts. */
export function measure(
  measures: readonly Measure[],
  sums: readonly Sum[],
  series: Series,
  requests: number,
  random: Random,
): readonly Quantity[] {
  const drawn = measures.map((column) => quantityOf(column, series, requests, random));
  return withTotals(drawn, sums);
}

function quantityOf({ name, type, additivity }: Measure, series: Series, requests: number, random: Random): Quantity {
  if (additivity.kind === 'level') return whole(requests * levelPerRequest, type);
  if (tokenParts.has(name)) {
    const share = series.shares[name] ?? 0;
    return share === 0 ? 0 : Math.round(requests * series.tokensPerRequest * share * random.about(0.3));
  }
  if (name.startsWith('num_') && name !== 'num_sessions') return whole(requests, type);
  const each = perRequest[name] ?? perRequestOfOthers;
  if (type === 'numeric') return (BigInt(Math.round(requests * each * random.about(0.3) * 1e6)) * one) / 1_000_000n;
  return Math.ceil(requests * each * random.about(0.3));
}

function whole(value: number, type: Measure['type']): Quantity {
  return type === 'numeric' ? BigInt(Math.round(value)) * one : Math.round(value);
}
