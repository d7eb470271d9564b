import { html } from 'hono/html';

/** A piece of the page, escaped. */
export type Html = ReturnType<typeof html>;

const grouped = new Intl.NumberFormat('en-US');

/** A whole number with its digits grouped. */
export function count(value: number): string {
  return grouped.format(value);
}

/** A number of things: `1 bucket`, `2 buckets`. */
export function things(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Decimal text rounded to two decimals, from its digits and not by way of a double. */
export function money(decimal: string): string {
  return cents.format(decimal as Intl.StringNumericLiteral);
}

/** An instant to the minute, in UTC. */
export function instant(value: Date | string): Html {
  const iso = new Date(value).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)}</time>`;
}

/** An instant to the minute, or a dash. */
export function instantOr(value: Date | string | null): Html {
  return value === null ? none : instant(value);
}

/** What stands where there is nothing. */
export const none = html`<span class="none" aria-label="none">–</span>`;

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** A length of time in its two largest units. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = units.findIndex(([, size]) => whole >= size);
  if (first === -1) return '0 s';
  let rest = whole;
  const parts = units.slice(first, first + 2).map(([unit, size]) => {
    const number = Math.floor(rest / size);
    rest -= number * size;
    return { unit, number };
  });
  return parts
    .filter(({ number }) => number > 0)
    .map(({ unit, number }) => `${number} ${unit}`)
    .join(' ');
}

/** Seconds between two instants. */
export function secondsBetween(from: Date | string, to: Date | string): number {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}
