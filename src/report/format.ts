import { html } from 'hono/html';

/** A piece of the page, escaped. */
export type Html = ReturnType<typeof html>;

const isoCurrency = /^[A-Z]{3}$/;

/** Decimal text as Intl takes it: rounded from its digits and not by way of a double. */
function digits(decimal: string): Intl.StringNumericLiteral {
  return decimal as Intl.StringNumericLiteral;
}

/** Money to the cent. What is neither nothing nor half a cent says so; a code that is no currency stands as it is. */
export function money(decimal: string, currency: string): string {
  const value = Number(decimal);
  if (value !== 0 && Math.abs(value) < 0.005) return signed(`${value < 0 ? '-' : ''}< ${inCurrency('0.01', currency)}`);
  return inCurrency(decimal, currency);
}

function inCurrency(decimal: string, currency: string): string {
  if (!isoCurrency.test(currency)) return signed(`${cents.format(digits(decimal))} ${currency}`);
  return signed(formatterOf(currency, 'standard').format(digits(decimal)));
}

/** Money in as few characters as an axis needs. */
export function roughMoney(value: number, currency: string): string {
  if (!isoCurrency.test(currency)) return signed(`${rough.format(value)} ${currency.slice(0, 8)}`);
  return signed(formatterOf(currency, Math.abs(value) < 1000 ? 'standard' : 'compact').format(value)).replace(
    /\.00$/,
    '',
  );
}

/** A hyphen is shorter than a digit and may end a line; so may a space, which must not part a number from its sign. */
function signed(text: string): string {
  return text.replace('-', '−').replace(/^(−?<) /, '$1\u00a0');
}

const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const rough = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const formatters = new Map<string, Intl.NumberFormat>();

function formatterOf(currency: string, notation: 'standard' | 'compact'): Intl.NumberFormat {
  const key = `${currency} ${notation}`;
  const fractionDigits =
    notation === 'standard' ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: 1 };
  const formatter =
    formatters.get(key) ?? new Intl.NumberFormat('en-US', { style: 'currency', currency, notation, ...fractionDigits });
  formatters.set(key, formatter);
  return formatter;
}

/** Money to the cent, with every digit it has on pointing at it and for whoever copies it. */
export function amount(decimal: string, currency: string): Html {
  return html`<data class="money" value="${decimal}" title="${exactly(decimal, currency)}">${money(decimal, currency)}</data>`;
}

/** Money with every digit it has. */
export function exactly(decimal: string, currency: string): string {
  return `${decimal} ${currency}`;
}

/** A count with its digits grouped. */
export function count(value: number | string): string {
  return plain.format(typeof value === 'number' ? value : digits(value));
}

/** A large count in a few characters, with all of its digits on pointing at it. */
export function large(value: string): Html {
  return html`<data value="${value}" title="${count(value)}">${rough.format(digits(value))}</data>`;
}

/** A number for an axis. */
export function roughCount(value: number): string {
  return rough.format(value);
}

/** A number of things: `1 day`, `2 days`. */
export function things(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A price with four significant digits at least, and with every one it has where it has fewer. */
export function price(decimal: string, currency: string): string {
  if (!isoCurrency.test(currency)) return `${prices.format(digits(decimal))} ${currency}`;
  const formatter = new Intl.NumberFormat('en-US', { style: 'currency', currency, ...priceDigits });
  return signed(formatter.format(digits(decimal)));
}

const priceDigits = {
  minimumFractionDigits: 2,
  maximumFractionDigits: 6,
  maximumSignificantDigits: 4,
  roundingPriority: 'morePrecision',
} as const;
const prices = new Intl.NumberFormat('en-US', priceDigits);

/** A share of one, as `12.3 %`. */
export function percent(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–';
  const hundred = ratio * 100;
  const text = Math.abs(hundred) >= 99.95 || hundred === 0 ? hundred.toFixed(0) : hundred.toFixed(1);
  return signed(`${text}\u00a0%`);
}

/** One amount in another; 0 where there is nothing to divide by. */
export function ratioOf(part: string, whole: string): number {
  const divisor = Number(whole);
  return divisor === 0 ? 0 : Number(part) / divisor;
}

/** How an amount compares with the one before it. */
export function change(now: string, before: string | null): string {
  if (before === null) return '–';
  const [present, past] = [Number(now), Number(before)];
  if (past === 0) return present === 0 ? '–' : 'new';
  const ratio = (present - past) / Math.abs(past);
  if (Math.abs(ratio) < 0.0005) return '±\u00a00\u00a0%';
  if (ratio > 9.995) return `×\u00a0${count(Math.round(present / past))}`;
  return `${ratio > 0 ? '+' : '−'}${percent(Math.abs(ratio))}`;
}

const dayMs = 86_400_000;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `2026-11-03` as `3 Nov 2026`. */
export function longDay(date: string): string {
  return `${shortDay(date)} ${date.slice(0, 4)}`;
}

/** `2026-11-03` as `3 Nov`. */
export function shortDay(date: string): string {
  return `${Number(date.slice(8))} ${monthOf(date)}`;
}

/** `2026-11-03` as `Nov`. */
export function monthOf(date: string): string {
  return months[Number(date.slice(5, 7)) - 1] ?? '';
}

/** Half-open bounds as people name them, the last day included: `24 Oct – 22 Nov 2026`. */
export function daySpan(from: string, to: string): string {
  const last = new Date(new Date(to).getTime() - dayMs).toISOString().slice(0, 10);
  if (last <= from) return longDay(from);
  return `${from.slice(0, 4) === last.slice(0, 4) ? shortDay(from) : longDay(from)} – ${longDay(last)}`;
}

/** An instant to the minute, in UTC. */
export function instant(iso: string | null): Html {
  if (iso === null) return none;
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)}</time>`;
}

/** What stands where there is nothing. */
const none = html`<span class="quiet" aria-label="none">–</span>`;

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** The largest binary unit that a number of bytes has at least one of. */
export function binaryUnit(value: number): { readonly name: string; readonly bytes: number } {
  const power = value < 1 ? 0 : Math.min(binary.length - 1, Math.floor(Math.log2(value) / 10));
  return { name: binary[power] ?? 'B', bytes: 1024 ** power };
}

/** Bytes in the largest binary unit that leaves at least one. */
export function bytes(value: number): string {
  const unit = binaryUnit(value);
  const shown = value / unit.bytes;
  return `${shown >= 100 || unit.bytes === 1 ? shown.toFixed(0) : shown.toFixed(1)} ${unit.name}`;
}

/** What something is called, and of which organization it is where there are several. */
export function whose(
  what: string,
  organization: string | null,
  { organizations }: { readonly organizations: readonly string[] },
): string {
  return organization === null || organizations.length < 2 ? what : `${what} · ${organization}`;
}
