import { decodeText } from './body.ts';

const placeholder = '[redacted]';

/**
 * The text of a body of JSON in which the key does not occur, however its characters are escaped: a parser would read
 * `\u0073k-…` as the key, and what it reads is stored. All other values stay what they were.
 */
export function textWithoutKey(body: Buffer, adminKey: string): string {
  const text = decodeText(body);
  const spelled = spelling(adminKey);
  // Looking through bytes takes a tenth of what looking through text does, and a page is megabytes.
  if (mayHide(body, adminKey)) return withPlainEscapes(text).replaceAll(spelled, placeholder);
  return body.includes(adminKey) ? text.replaceAll(adminKey, placeholder) : text;
}

/** Text that is not JSON, such as a header, without the key. */
export function withoutKey(text: string, adminKey: string): string {
  return text.replaceAll(adminKey, placeholder);
}

/** As JSON spells it with no more escapes than it needs. */
function spelling(adminKey: string): string {
  return JSON.stringify(adminKey).slice(1, -1);
}

function mayHide(body: Buffer, adminKey: string): boolean {
  return body.includes('\\u00') || (body.includes('\\/') && adminKey.includes('/')) || /["\\]/.test(adminKey);
}

/**
 * An escape and the character after it, from left to right, so that the backslash which another escapes begins none.
 * Outside of strings JSON has no backslash: there it is left to the parser to refuse.
 */
const anyEscape = /\\(?:u00([2-7][\da-f])|.)/gis;

/** The same JSON, with the escapes of ASCII that no string needs written out. */
function withPlainEscapes(text: string): string {
  return text.replace(anyEscape, (written, hex: string | undefined) => {
    if (written === '\\/') return '/';
    // A U is no escape, and stays the defect that it is.
    return hex === undefined || written[1] === 'U' ? written : spelling(String.fromCharCode(Number.parseInt(hex, 16)));
  });
}
