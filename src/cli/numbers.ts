const counts = new Intl.NumberFormat('en-US');

/** A count with thousands separators. */
export function count(value: number): string {
  return counts.format(value);
}

/** A count and its noun: `1 bucket`, `2 buckets`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

const plainDecimal = /^-?\d+(?:\.\d+)?$/;

/**
 * An exact decimal amount for people: separators and two decimals, or two significant digits where two decimals would
 * show nothing. Rounded for display only; the exact digits are in `--json`.
 */
export function money(amount: string, currency: string): string {
  if (!isDecimal(amount)) return `${amount} ${currency.toUpperCase()}`;
  const magnitude = Math.abs(Number(amount));
  const digits =
    magnitude > 0 && magnitude < 0.005
      ? { maximumSignificantDigits: 2 }
      : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return format(amount, currency, digits);
}

/** An amount with its sign, for a change: `+1.00`, `−1.00`, `±0`. */
export function moneyChange(amount: string, currency: string): string {
  if (/^-?0(?:\.0+)?$/.test(amount)) return 'unchanged';
  return amount.startsWith('-') ? `−${money(amount.slice(1), currency)}` : `+${money(amount, currency)}`;
}

// Given the text, Intl formats its digits exactly; a number would be rounded to a double first.
function format(amount: `${number}`, currency: string, digits: Intl.NumberFormatOptions): string {
  return /^[a-z]{3}$/i.test(currency)
    ? new Intl.NumberFormat('en-US', { style: 'currency', currency, ...digits }).format(amount)
    : `${new Intl.NumberFormat('en-US', digits).format(amount)} ${currency}`;
}

function isDecimal(text: string): text is `${number}` {
  return plainDecimal.test(text);
}

/** An exact decimal with thousands separators and all its digits. */
export function exact(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** An instant for people: the date alone at midnight, else to the minute; always UTC. */
export function instant(iso: string | null): string {
  if (iso === null) return '–';
  const [date = iso, time = ''] = new Date(iso).toISOString().split('T');
  return time.startsWith('00:00:00') ? date : `${date} ${time.slice(0, 5)}Z`;
}

/** Where data of some width ends: the date for days, else month, day and minute, which leaves room for the rest. */
export function through(iso: string | null, width: string): string {
  if (iso === null) return '–';
  const text = new Date(iso).toISOString();
  return width === '1d' ? text.slice(0, 10) : `${text.slice(5, 10)} ${text.slice(11, 16)}Z`;
}

/** How long ago, in the largest unit that says it: `now`, `5m ago`, `3h ago`, `12d ago`. */
export function ago(iso: string, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - new Date(iso).getTime()) / 60_000));
  if (minutes < 1) return 'now';
  if (minutes < 120) return `${minutes}m ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours}h ago` : `${Math.round(hours / 24)}d ago`;
}
