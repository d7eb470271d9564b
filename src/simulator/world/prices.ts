import { decimal } from './decimal.ts';

/** Dollars for one token of each kind, exact. */
export interface TokenPrices {
  readonly input: bigint;
  readonly cachedInput: bigint;
  readonly cacheWrites: bigint;
  readonly output: bigint;
  /** Multiplies the prices of tokens that are not text. */
  readonly otherModality: bigint;
  /** True when the bill names the modality (`gpt-audio-mini audio, input`), as it does for models made for it. */
  readonly namesModality: boolean;
}

/** Prices from dollars for a million tokens. */
function prices(
  input: string,
  cachedInput: string,
  cacheWrites: string,
  output: string,
  otherModality = 1n,
): TokenPrices {
  const perToken = (perMillion: string) => decimal(perMillion) / 1_000_000n;
  return {
    input: perToken(input),
    cachedInput: perToken(cachedInput),
    cacheWrites: perToken(cacheWrites),
    output: perToken(output),
    otherModality,
    namesModality: otherModality !== 1n,
  };
}

/** Made-up prices in the range of real ones. */
const byModel: Readonly<Record<string, TokenPrices>> = {
  'gpt-5.6-sol': prices('2.5', '0.25', '3.125', '15'),
  'gpt-5.6-luna': prices('0.6', '0.06', '0.75', '4.5'),
  'gpt-5.4-2026-03-05': prices('1.75', '0.175', '2.1875', '14'),
  'gpt-5.4-mini-2026-03-17': prices('0.25', '0.025', '0.3125', '2'),
  'gpt-4.1-2025-04-14': prices('2', '0.5', '2', '8'),
  'gpt-4o-mini-2024-07-18': prices('0.15', '0.075', '0.15', '0.6'),
  'ft-gpt-4o-2024-08-06': prices('3.75', '1.875', '3.75', '15'),
  'gpt-audio-mini-2025-12-15': prices('0.6', '0.06', '0.6', '2.4', 16n),
  'gpt-image-2.5-flare': prices('5', '1.25', '5', '10', 3n),
  'text-embedding-3-small': prices('0.02', '0', '0', '0'),
  'text-embedding-3-large': prices('0.13', '0', '0', '0'),
  'text-embedding-ada-002-v2': prices('0.1', '0', '0', '0'),
  'omni-moderation-2024-09-26': prices('0', '0', '0', '0'),
  'text-moderation-007': prices('0', '0', '0', '0'),
};

const middling = prices('1', '0.1', '1.25', '6');

/** The token prices of a model; a model not in the table is billed like a middling one. */
export function tokenPricesOf(model: string): TokenPrices {
  return byModel[model] ?? middling;
}

/** Dollars for one unit of what is not sold by the token. */
export const unitPrices = {
  image: decimal('0.042'),
  speechCharacter: decimal('0.000015'),
  transcribedSecond: decimal('0.0001'),
  webSearchCall: decimal('0.01'),
  fileSearchCall: decimal('0.0025'),
  codeInterpreterSession: decimal('0.03'),
  storedGibibyteHour: decimal('0.0041666667'),
};

/** Small models that a project may use free of charge when it shares its data. */
export const freeWhenShared: ReadonlySet<string> = new Set(['gpt-5.4-mini-2026-03-17', 'gpt-4o-mini-2024-07-18']);
