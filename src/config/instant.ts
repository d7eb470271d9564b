/** What `parseInstant` accepts, in words. */
export const instantForm = 'a date YYYY-MM-DD (UTC) or an ISO instant such as 2026-01-31T12:00:00Z';

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/;

/** Reads a UTC date or an ISO instant with its zone. Null when the text is neither, or names a day no calendar has. */
export function parseInstant(text: string): Date | null {
  const match = pattern.exec(text.trim());
  if (match === null) return null;
  const [whole, year, month, day] = match;
  const date = `${year}-${month}-${day}`;
  // Date accepts 30 February and calls it 2 March.
  const midnight = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== date) return null;
  return whole.length === date.length ? midnight : new Date(whole.replace(' ', 'T').toUpperCase());
}
