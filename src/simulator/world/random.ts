/** Numbers that look random and follow from their seed alone. */
export interface Random {
  /** From 0 (inclusive) to 1 (exclusive). */
  unit(): number;
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** A factor between `1 - spread` and `1 + spread`. */
  about(spread: number): number;
  /** One element. The list must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** An identifier of `length` characters out of `alphabet`. */
  text(length: number, alphabet?: string): string;
}

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** FNV-1a, 32 bits, over the UTF-16 units of a text. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** A generator that depends on nothing but the given parts: any day can be drawn without drawing the days before it. */
export function randomFrom(...parts: readonly (string | number)[]): Random {
  let state = hash32(parts.join('\u0000'));
  // mulberry32
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number) => Math.floor(unit() * bound);
  return {
    unit,
    below,
    chance: (probability) => unit() < probability,
    about: (spread) => 1 - spread + 2 * spread * unit(),
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    text: (length, alphabet = alphanumeric) =>
      Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join(''),
  };
}
