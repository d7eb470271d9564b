import type { Endpoint } from '../endpoint.ts';
import type { Atom, DimensionValue } from './atom.ts';
import { one } from './decimal.ts';
import { freeWhenShared, type TokenPrices, tokenPricesOf, unitPrices } from './prices.ts';

/** What a piece of usage costs, as one line of the bill. */
export interface Charge {
  readonly lineItem: string;
  /** Dollars, exact. */
  readonly amount: bigint;
  /** Exact; null where the bill names none. */
  readonly quantity: bigint | null;
  readonly unit: string | null;
}

/** An atom's values by column name. */
interface Usage {
  readonly dimension: (name: string) => DimensionValue;
  readonly measure: (name: string) => bigint;
  /** The project whose use of some models is free. */
  readonly sharingProjectId: string | null;
}

const million = 1_000_000n;

/** Requests of more input tokens than this are billed at long-context prices. */
const longContextTokens = 128_000n;

/** How many times the list price (over 2) each way of asking costs. */
const priceHalves: Readonly<Record<string, bigint>> = {
  batch: 1n,
  flex: 1n,
  priority: 4n,
  ultrafast: 12n,
  scale: 2n,
};

/** Models whose tiers are billed on one line without a prefix; those of other models have lines of their own. */
const billedTogether = /^gpt-(?:4|5\.4)/;

const chargesByDataset: Readonly<Record<string, (usage: Usage) => readonly Charge[]>> = {
  completions: (usage) => tokenCharges(usage, ''),
  decisions: (usage) => tokenCharges(usage, 'decisions | '),
  embeddings: (usage) => inputCharge(usage),
  moderations: (usage) => inputCharge(usage),
  images: (usage) => [unitCharge(`${model(usage)} image, output`, unitPrices.image, usage.measure('images'), 'images')],
  audio_speeches: (usage) => [
    unitCharge(`${model(usage)}, characters`, unitPrices.speechCharacter, usage.measure('characters'), 'characters'),
  ],
  audio_transcriptions: (usage) => [
    unitCharge(`${model(usage)}, audio`, unitPrices.transcribedSecond, usage.measure('seconds'), 'duration_seconds'),
  ],
  web_search_calls: (usage) => [
    unitCharge('web search tool calls', unitPrices.webSearchCall, usage.measure('num_requests'), null),
  ],
  file_search_calls: (usage) => [
    unitCharge('file search tool calls', unitPrices.fileSearchCall, usage.measure('num_requests'), null),
  ],
  code_interpreter_sessions: (usage) => [
    unitCharge('code interpreter sessions', unitPrices.codeInterpreterSession, usage.measure('num_sessions'), null),
  ],
  vector_stores: (usage) => [storageCharge(usage.measure('usage_bytes'))],
};

/** Names of the datasets whose usage is billed. */
export const chargedDatasets: readonly string[] = Object.keys(chargesByDataset);

/** Reads the charges of an endpoint's atoms. What is not billed gives none. */
export function chargesOf(endpoint: Endpoint, sharingProjectId: string | null): (atom: Atom) => readonly Charge[] {
  const charge = chargesByDataset[endpoint.datasets[0]?.name ?? ''];
  const dimensions = new Map(endpoint.dimensions.map(({ name }, index) => [name, index]));
  const measures = new Map(endpoint.measures.map(({ name }, index) => [name, index]));
  return (atom) =>
    charge?.({
      dimension: (name) => atom.dimensions[dimensions.get(name) ?? -1] ?? null,
      measure: (name) => BigInt(atom.measures[measures.get(name) ?? -1] ?? 0),
      sharingProjectId,
    }) ?? [];
}

function model(usage: Usage): string {
  return String(usage.dimension('model') ?? 'unknown model');
}

type Kind = 'input' | 'cachedInput' | 'cacheWrites' | 'output';

const kindText: Readonly<Record<Kind, string>> = {
  input: 'input',
  cachedInput: 'cached input',
  cacheWrites: 'cache writes',
  output: 'output',
};

/** The token measures that are billed; together they are every token once. */
const billedTokens: readonly (readonly [measure: string, modality: 'text' | 'audio' | 'image', kind: Kind])[] = [
  ['input_text_tokens', 'text', 'input'],
  ['input_audio_tokens', 'audio', 'input'],
  ['input_image_tokens', 'image', 'input'],
  ['input_cached_text_tokens', 'text', 'cachedInput'],
  ['input_cached_audio_tokens', 'audio', 'cachedInput'],
  ['input_cached_image_tokens', 'image', 'cachedInput'],
  ['input_cache_write_tokens', 'text', 'cacheWrites'],
  ['output_text_tokens', 'text', 'output'],
  ['output_audio_tokens', 'audio', 'output'],
  ['output_image_tokens', 'image', 'output'],
];

function tokenCharges(usage: Usage, surface: string): readonly Charge[] {
  const name = model(usage);
  const prices = tokenPricesOf(name);
  const requests = usage.measure('num_model_requests');
  const isLong = requests > 0n && usage.measure('input_tokens') / requests > longContextTokens;
  const tier = tierOf(usage);
  const isFree = freeWhenShared.has(name) && usage.dimension('project_id') === usage.sharingProjectId;
  const halves = isFree ? 0n : (priceHalves[tier] ?? 2n) * (isLong ? 2n : 1n);
  return billedTokens.flatMap(([measure, modality, kind]) => {
    const tokens = usage.measure(measure);
    if (tokens === 0n) return [];
    const what = `${prices.namesModality ? `${name} ${modality}` : name}, ${kindText[kind]}`;
    const lineItem = `${surface}${tier === '' || billedTogether.test(name) ? '' : `${tier} | `}${what}${isLong ? ', long context' : ''}`;
    const amount = (tokens * dollarsPerToken(prices, modality, kind) * halves) / 2n;
    return [{ lineItem, amount, quantity: tokens * one, unit: 'tokens' }];
  });
}

function tierOf(usage: Usage): string {
  if (usage.dimension('batch') === true) return 'batch';
  const tier = String(usage.dimension('service_tier'));
  // One tier under two names: bills know the older.
  const billed = tier === 'fast' ? 'priority' : tier;
  return Object.hasOwn(priceHalves, billed) ? billed : '';
}

function dollarsPerToken(prices: TokenPrices, modality: string, kind: Kind): bigint {
  return prices[kind] * (modality === 'text' ? 1n : prices.otherModality);
}

function inputCharge(usage: Usage): readonly Charge[] {
  const name = model(usage);
  const tokens = usage.measure('input_tokens');
  const amount = tokens * dollarsPerToken(tokenPricesOf(name), 'text', 'input');
  return [{ lineItem: `${name}, input`, amount, quantity: tokens * one, unit: 'tokens' }];
}

function unitCharge(lineItem: string, price: bigint, units: bigint, unit: string | null): Charge {
  return { lineItem, amount: units * price, quantity: units * one, unit };
}

/** A day of storage. The money keeps every digit of the division by 2^30; the quantity is rounded as the API does. */
function storageCharge(bytes: bigint): Charge {
  const gibibyteHours = (bytes * 24n * one) / 2n ** 30n;
  const shown = gibibyteHours - (gibibyteHours % (one / million));
  const amount = (gibibyteHours * unitPrices.storedGibibyteHour) / one;
  return { lineItem: 'assistants api | file search', amount, quantity: shown, unit: 'gibibyte_hours' };
}
