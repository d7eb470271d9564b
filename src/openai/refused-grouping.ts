import type { Dataset } from '../catalog/dataset.ts';

/**
 * Which dimension to give up after a refused grouping: of those the message refuses, the first in the dataset's drop
 * order; where it refuses none that may go, the first of the order. Null when nothing that may go is left in the grain.
 */
export function dropDimension(dataset: Dataset, grain: readonly string[], message: string): string | null {
  const droppable = dataset.dropOrder.filter((name) => grain.includes(name));
  const refused = refusedDimensions(message, grain);
  return droppable.find((name) => refused.includes(name)) ?? droppable[0] ?? null;
}

/**
 * The dimensions of the asked grain that an API message refuses: those it names as whole words, outside any list of
 * values that it says are accepted.
 */
export function refusedDimensions(message: string, grain: readonly string[]): readonly string[] {
  const outside = withoutAcceptedLists(message, grain);
  return grain.filter((name) => wholeWord(name).test(outside));
}

/**
 * True when a message that does not speak of grouping still refuses a dimension. Names that are also plain English
 * words (model, batch, size, source) count only in quotes.
 */
export function namesRefusedDimension(message: string, grain: readonly string[]): boolean {
  const outside = withoutAcceptedLists(message, grain);
  return refusedDimensions(message, grain).some(
    (name) => name.includes('_') || new RegExp(`(['"\`])${name}\\1`).test(outside),
  );
}

function wholeWord(name: string): RegExp {
  return new RegExp(`(?<!\\w)${name}(?!\\w)`);
}

const accepted =
  '(?:supported|allowed|valid|accepted|permitted|available|acceptable|possible|recognized|expected|known)';

/** Words after which a list of accepted values may stand. */
const introducer = new RegExp(
  `\\b(?:${accepted}|(?:must|should|can|may|has to) be|one of|any of|supports|accepts|allows|only|permits|limited to|restricted to|choose|choices|options|use|try|did you mean)\\b`,
  'gi',
);

/** Before an introducer: what turns it into its opposite. To be "not in" a list of accepted values does not. */
const negated =
  /(?:\b(?:not|cannot|never|no longer|neither|nor)|n't)\s+(?!(?:in|among|one|any|part|within|from)\b)(?:\w+\s+){0,2}$/i;

/** A negation with two words after it is shorter; all that stands before each introducer would be read again and again. */
const longestNegation = 200;

/** What may stand between an introducer and its list. */
const filler =
  /^(?:[\s:=([{-]|(?:the|a|an|any|all|one|of|only|following|these|those|is|are|be|by|to|with|from|in|on|for|at|and|also|values?|options?|choices?|dimensions?|group_by(?:\[\])?|group|grouped|groupings?|fields?|keys?|columns?|parameters?|params?|arguments?|enum|members?|names?|list|set|include[sd]?|including|combinations?|exactly|either|this|that|your|endpoint|organization|request|costs?|usage|supported|allowed|valid|accepted|permitted|available|currently|here)\b)/i;

const separator = /^\s*(?:[,|/]\s*(?:and\b|or\b|&)?|and\b|or\b|&|(?<=\n\s*)[-*•])\s*/i;

/** After a name: it is the subject of a refusal of its own, not the end of the list before it. */
const refusal =
  /^\s*(?:(?:is|are|was|were)(?:n't|\s+(?:not|un\w+|in\w+|given|provided|refused|rejected|received|disabled))\b|cannot\b|can ?not\b|can't\b|do(?:es)?(?:n't| not)\b|may not\b|must not\b|requires?\b)/i;

/** After a list: it was one of accepted values all along. Not "is only available", "is supported when". */
const acceptance = new RegExp(
  `^\\s*(?:(?:is|are)\\s+(?:the\\s+(?:only\\s+)?)?(?:currently\\s+)?${accepted}\\b(?!\\s+(?:only|when|if|unless|with|from|since|until|after|before|together)\\b)|(?:can|may)\\s+be\\s+used\\b(?!\\s+(?:only|when|if|unless|with|from|together)\\b))`,
  'i',
);

interface Span {
  readonly from: number;
  readonly to: number;
}

function withoutAcceptedLists(message: string, grain: readonly string[]): string {
  const spans = [...listsAfterIntroducers(message, grain), ...listsBeforeAcceptance(message, grain)];
  return spans.reduce((text, { from, to }) => text.slice(0, from) + ' '.repeat(to - from) + text.slice(to), message);
}

function listsAfterIntroducers(message: string, grain: readonly string[]): readonly Span[] {
  return [...message.matchAll(introducer)].flatMap(({ index, 0: words }) => {
    // "Not one of": the list is of accepted values all the same.
    if (!/ of$/i.test(words) && negated.test(message.slice(Math.max(0, index - longestNegation), index))) return [];
    const from = skipFiller(message, index + words.length);
    return [{ from, to: endOfList(message, from, grain) }];
  });
}

function listsBeforeAcceptance(message: string, grain: readonly string[]): readonly Span[] {
  const lists: Span[] = [];
  for (let from = 0; from < message.length; from += 1) {
    if (/\w/.test(message[from - 1] ?? ' ')) continue;
    const to = endOfList(message, from, grain);
    if (to === from) continue;
    if (acceptance.test(message.slice(to))) lists.push({ from, to });
    from = to;
  }
  return lists;
}

function skipFiller(message: string, start: number): number {
  let at = start;
  for (let match = filler.exec(message.slice(at)); match !== null; match = filler.exec(message.slice(at)))
    at += match[0].length;
  return at;
}

/** Where the list that starts at `from` ends; `from` itself when none starts there. */
function endOfList(message: string, from: number, grain: readonly string[]): number {
  let end = from;
  for (let at = from; ; ) {
    const item = itemAt(message, at, grain);
    if (item === null) return end;
    if (end !== from && refusal.test(message.slice(at + item.length))) return end;
    end = at + item.length;
    const between = separator.exec(message.slice(end));
    if (between === null) return end;
    at = end + between[0].length;
  }
}

/** A quoted word, or a bare one that can only be a dimension: asked for, or with an underscore. */
function itemAt(message: string, at: number, grain: readonly string[]): string | null {
  const rest = message.slice(at, at + 80);
  const quoted = /^(['"`])\w+\1/.exec(rest);
  if (quoted !== null) return quoted[0];
  const bare = /^\w+/.exec(rest)?.[0];
  return bare !== undefined && (grain.includes(bare) || bare.includes('_')) ? bare : null;
}
