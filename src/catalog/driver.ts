/** The classes of tokens that are billed apart. */
export type TokenClass = 'input_uncached' | 'input_cached' | 'input_cache_write' | 'output';

/** What tokens stand for. */
export type Modality = 'text' | 'audio' | 'image' | 'video';

/** Measures that count what one kind of line item bills. */
export interface Counter {
  /** Null: tokens of every class, or no tokens. */
  readonly tokenClass: TokenClass | null;
  /** Null: every modality. */
  readonly modality: Modality | null;
  /** Added up; all of one unit. */
  readonly measures: readonly string[];
  /** Where a result does not report the measure: a total, and the parts of it that are counted elsewhere. */
  readonly instead?: { readonly total: string; readonly without: readonly string[] };
}

/** How a dataset's usage is found again on the bill. */
export interface Driver {
  /** Services, by the names that line items are read as. */
  readonly services: readonly string[];
  /** The surface its line items have; absent for those without one of their own. */
  readonly surface?: string;
  readonly counters: readonly Counter[];
  /** How many of what is counted one billed unit is, by quantity_unit. Null: a quantity without a unit. */
  readonly units: readonly { readonly unit: string | null; readonly counted: number }[];
}

/** Billed in calls, for which there is no unit. */
export function callsDriver(service: string, measure: string): Driver {
  return {
    services: [service],
    counters: [{ tokenClass: null, modality: null, measures: [measure] }],
    units: [{ unit: null, counted: 1 }],
  };
}

/** Billed in units that have a name. */
export function unitsDriver(service: string, measure: string, units: Readonly<Record<string, number>>): Driver {
  return {
    services: [service],
    counters: [{ tokenClass: null, modality: null, measures: [measure] }],
    units: Object.entries(units).map(([unit, counted]) => ({ unit, counted })),
  };
}

/** Bills name tokens with or without their unit. */
const tokenUnits: Driver['units'] = [
  { unit: 'tokens', counted: 1 },
  { unit: '1000_tokens', counted: 1000 },
  { unit: null, counted: 1 },
];

/** Only input is billed, and there is but one kind of it. */
export function inputTokensDriver(service: string): Driver {
  return {
    services: [service],
    counters: [
      { tokenClass: 'input_uncached', modality: null, measures: ['input_tokens'] },
      { tokenClass: null, modality: null, measures: ['input_tokens'] },
    ],
    units: tokenUnits,
  };
}

const counter = (tokenClass: TokenClass, modality: Modality | null, measure: string): Counter => ({
  tokenClass,
  modality,
  measures: [measure],
});

/** The counters of generated text, audio and images. `input_audio_tokens` and its kin count uncached tokens only. */
const tokenCounters: readonly Counter[] = [
  {
    ...counter('input_uncached', null, 'input_uncached_tokens'),
    instead: { total: 'input_tokens', without: ['input_cached_tokens', 'input_cache_write_tokens'] },
  },
  counter('input_uncached', 'text', 'input_text_tokens'),
  counter('input_uncached', 'audio', 'input_audio_tokens'),
  counter('input_uncached', 'image', 'input_image_tokens'),
  counter('input_cached', null, 'input_cached_tokens'),
  counter('input_cached', 'text', 'input_cached_text_tokens'),
  counter('input_cached', 'audio', 'input_cached_audio_tokens'),
  counter('input_cached', 'image', 'input_cached_image_tokens'),
  counter('input_cache_write', null, 'input_cache_write_tokens'),
  counter('output', null, 'output_tokens'),
  counter('output', 'text', 'output_text_tokens'),
  counter('output', 'audio', 'output_audio_tokens'),
  counter('output', 'image', 'output_image_tokens'),
  { tokenClass: null, modality: null, measures: ['input_tokens', 'output_tokens'] },
];

/** Billed by class of token, on a surface of its own or on none. */
export function tokensDriver(surface?: string): Driver {
  const own = surface === undefined ? { services: [] } : { services: [surface], surface };
  return { ...own, counters: tokenCounters, units: tokenUnits };
}
