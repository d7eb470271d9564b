import { isUtf8 } from 'node:buffer';

/** Bytes as text, or what they are instead and in which line that shows. */
export type DecodedText = { readonly text: string } | { readonly received: string; readonly line: number | null };

/** What a text file may be, for whoever has to save it again. */
export const acceptedEncoding =
  'UTF-8 (a spreadsheet calls it CSV UTF-8), or UTF-16 that begins with a byte order mark';

/**
 * The text of a file that a person wrote: UTF-8, or UTF-16 with a byte order mark, which it loses. Bytes that are
 * neither are never replaced by U+FFFD, because the names they stand for would be overwritten by it.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decodeUtf16(bytes, 'utf-16be');
  if (!isUtf8(bytes))
    return { received: 'bytes that are not UTF-8 (Windows-1252 or Latin-1, perhaps)', line: badLine(bytes) };
  const text = new TextDecoder('utf-8').decode(bytes);
  return text.includes('\0')
    ? { received: 'NUL bytes (UTF-16 without a byte order mark, perhaps)', line: null }
    : { text };
}

function decodeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): DecodedText {
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    return { received: 'malformed UTF-16', line: null };
  }
}

const lineFeed = 0x0a;

/** A line feed is a byte of its own in UTF-8, so that each line stands alone. */
function badLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(lineFeed, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}
