/** What names an organization is short and plain; anything else says nothing. */
const plain = /^[\x21-\x7e]{1,200}$/;

/** A value from outside as something that identifies an organization; null where it cannot be one. */
export function identifying(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return plain.test(text) ? text : null;
}
