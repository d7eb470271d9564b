import type { Modality, TokenClass } from '../catalog/driver.ts';
import { fitsKey } from '../catalog/storable.ts';

/** Raised whenever a text comes to be read as something else: what is stored is then read again. */
export const lineItemParserVersion = 2;

/** What the text of a line item was read as. */
export interface LineItem {
  /** What stands before the model, such as `priority`; several joined by ` | `. */
  readonly surface: string | null;
  readonly model: string | null;
  readonly modality: Modality | null;
  /** Null also for a line of a model that names no class. */
  readonly tokenClass: TokenClass | null;
  /** What stands behind the class, such as `long context`; several joined by `, `. */
  readonly qualifier: string | null;
  /** What is billed other than tokens of a class. */
  readonly service: string | null;
  /** `model`: tokens of a model · `service`: something else that is known · `unparsed`: not understood. */
  readonly parseStatus: 'model' | 'service' | 'unparsed';
  readonly chargeCategory: 'Usage' | 'Credit';
}

/**
 * Reads the text of a line item: `[surface | ] model [modality], kind [, qualifier]`, a kind or model alone, or the name
 * of a service. The texts are not documented, so anything else is `unparsed`; nothing is refused.
 */
export function parseLineItem(text: string): LineItem {
  // It has no row of its own, from which views could tell what it was read as.
  if (!fitsKey(text)) return { ...nothing, surface: null, qualifier: null, parseStatus: 'unparsed' };
  const parts = partsOf(text, '|');
  const surface = parts.slice(0, -1).join(' | ') || null;
  const [head = '', kind = null, ...rest] = partsOf(parts.at(-1) ?? '', ',');
  const { duration, others } = withoutDuration(kind);
  const found = (kind === null ? readAlone(head) : readPair(head, others)) ?? readWebSearch(head, kind);
  const qualifier = [...(duration === null ? [] : [duration]), ...rest].join(', ') || null;
  return { ...nothing, surface, qualifier, ...(found ?? unparsed(rest)) };
}

/** An expression with white space around the mark would look at a long run of it from each of its characters. */
function partsOf(text: string, mark: string): readonly string[] {
  return text.split(mark).map((part) => part.trim());
}

const nothing = {
  model: null,
  modality: null,
  tokenClass: null,
  service: null,
  chargeCategory: 'Usage',
} as const;

function unparsed(rest: readonly string[]): Reading & Pick<LineItem, 'qualifier'> {
  return { parseStatus: 'unparsed', qualifier: rest.join(', ') || null };
}

/** What is written to the cache is kept for a while, which may stand in the kind: `cache writes 30m`. */
function withoutDuration(kind: string | null): { readonly duration: string | null; readonly others: string } {
  const words = kind === null ? [] : wordsOf(kind);
  const duration = words.find((word) => /^\d{1,3}[mh]$/.test(word)) ?? null;
  if (duration === null || !words.includes('cache')) return { duration: null, others: kind ?? '' };
  return { duration, others: words.filter((word) => word !== duration).join(' ') };
}

/** Whatever is said of a web search, it is one: of which kind, on bills of which model, nobody has seen. */
function readWebSearch(head: string, kind: string | null): Reading | null {
  const isOne = (text: string) => /\bweb search\b/.test(wordsOf(text).join(' '));
  if (isOne(head)) return { service: 'web search', parseStatus: 'service' };
  const subject = kind !== null && isOne(kind) ? readModel(head) : null;
  return subject === null ? null : { ...subject, service: 'web search', parseStatus: 'service' };
}

type Reading = Partial<LineItem> & Pick<LineItem, 'parseStatus'>;

/** `model [modality], kind`. */
function readPair(head: string, kind: string): Reading | null {
  const subject = readModel(head);
  if (subject === null) return null;
  const tokens = readKind(kind);
  if (tokens === null) {
    const service = serviceOf(subject.model, wordsOf(kind).join(' '));
    return service === undefined ? null : { ...subject, service, parseStatus: 'service' };
  }
  if (subject.modality !== null && tokens.modality !== null && subject.modality !== tokens.modality) return null;
  return {
    model: subject.model,
    modality: tokens.modality ?? subject.modality,
    tokenClass: tokens.tokenClass,
    parseStatus: 'model',
  };
}

/** A text without a comma. */
function readAlone(text: string): Reading | null {
  const tokens = readKind(text);
  if (tokens !== null) return { ...tokens, parseStatus: 'model' };
  const words = wordsOf(text).join(' ');
  if (/\bcredits?\b/.test(words)) return { service: 'credit', chargeCategory: 'Credit', parseStatus: 'service' };
  const service = services.find(({ pattern }) => pattern.test(words))?.name;
  if (service !== undefined) return { service, parseStatus: 'service' };
  if (/\straining$/i.test(text)) {
    const subject = readModel(text.slice(0, -'training'.length).trim());
    return subject === null ? null : { ...subject, service: 'training', parseStatus: 'service' };
  }
  const subject = readModel(text);
  return subject !== null && looksLikeModel.test(subject.model) ? { ...subject, parseStatus: 'model' } : null;
}

/**
 * Without a kind beside it, a single word is taken for a model when it looks like the ones there are: `gpt-4o`, `o3`,
 * `gpt-realtime-translate`.
 */
const looksLikeModel = /^(?:o\d|gpt-|(?=\S*\d)[a-z][a-z\d]*[-:.])[a-z\d.:-]*$/i;

function readModel(text: string): { readonly model: string; readonly modality: Modality | null } | null {
  const [, model, modality] = /^(\S+)(?: (text|audio|image|video))?$/i.exec(text) ?? [];
  if (model === undefined) return null;
  return { model, modality: modality === undefined ? null : (modalities.get(modality.toLowerCase()) ?? null) };
}

const modalities: ReadonlyMap<string, Modality> = new Map([
  ['text', 'text'],
  ['audio', 'audio'],
  ['image', 'image'],
  ['video', 'video'],
]);

/**
 * A class of tokens, whatever the order of its words: both `cached input` and `input_cached_tokens` are on bills or in
 * their documentation. Null when a word does not belong to one, or two contradict each other.
 */
function readKind(kind: string): { readonly tokenClass: TokenClass; readonly modality: Modality | null } | null {
  const words = wordsOf(kind).filter((word) => word !== 'tokens' && word !== 'token');
  const named = words.flatMap((word) => modalities.get(word) ?? []);
  const tokenClass = classes.get(
    words
      .filter((word) => !modalities.has(word))
      .toSorted()
      .join(' '),
  );
  if (tokenClass === undefined || named.length > 1) return null;
  return { tokenClass, modality: named[0] ?? null };
}

/** By the words that name a class, sorted. */
const classes: ReadonlyMap<string, TokenClass> = new Map([
  ['input', 'input_uncached'],
  ['input uncached', 'input_uncached'],
  ['cached input', 'input_cached'],
  ['cache write', 'input_cache_write'],
  ['cache writes', 'input_cache_write'],
  ['cache input write', 'input_cache_write'],
  ['cache input writes', 'input_cache_write'],
  ['output', 'output'],
]);

/** What a model is billed for other than by class of token. */
const servicesOfModels: ReadonlyMap<string, string> = new Map([
  ['audio', 'transcription'],
  ['transcription', 'transcription'],
  ['seconds', 'transcription'],
  ['minutes', 'transcription'],
  ['characters', 'speech'],
  ['images', 'images'],
  ['training', 'training'],
  ['voice session', 'voice session'],
  ['voice sessions', 'voice session'],
]);

/** Seconds of what is a guess, but for models that do nothing but listen; of models that make videos, so is all else. */
function serviceOf(model: string, kind: string): string | undefined {
  if (/^sora\b/i.test(model)) return undefined;
  const isOfTime = kind === 'seconds' || kind === 'minutes';
  return isOfTime && !/whisper|transcribe/i.test(model) ? undefined : servicesOfModels.get(kind);
}

/** What is billed without a model. The first that fits counts. */
const services: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: 'vector storage', pattern: /^(?:vector (?:store )?|file search )storage$/ },
  { name: 'web search', pattern: /^web search(?: (?:tool )?calls?)?$/ },
  { name: 'file search', pattern: /^file search(?: (?:tool )?calls?)?$/ },
  { name: 'code interpreter', pattern: /^code interpreter(?: sessions?)?$/ },
  { name: 'images', pattern: /^(?:image models?|images)$/ },
  { name: 'embeddings', pattern: /^(?:embedding models?|embeddings)$/ },
  { name: 'transcription', pattern: /^(?:audio )?transcriptions?$/ },
  { name: 'speech', pattern: /^(?:text to speech|(?:audio )?speech(?:es)?)$/ },
  { name: 'moderations', pattern: /^moderations?$/ },
  { name: 'decisions', pattern: /^decisions?$/ },
  { name: 'training', pattern: /^(?:fine tuning )?training$/ },
  { name: 'text tokens', pattern: /^text tokens$/ },
];

/** Underscores, dashes and case do not tell kinds and services apart. */
function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter((word) => word !== '');
}
