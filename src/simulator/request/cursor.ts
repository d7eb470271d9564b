/** Where a page starts, and which request it belongs to. */
export interface Cursor {
  /** Hash of all parameters but the cursor: a cursor is good for the request it came from only. */
  readonly fingerprint: number;
  /** Unix seconds. */
  readonly start: number;
  /** The number of the page, from 1. */
  readonly number: number;
}

const bytes = 20;

/** The opaque text of a cursor, minted at the instant `now` (Unix seconds): 20 bytes, as long as real ones. */
export function cursorText({ fingerprint, start, number }: Cursor, now: number): string {
  const buffer = Buffer.alloc(bytes);
  buffer.writeBigUInt64BE(BigInt(now), 0);
  buffer.writeUInt32BE(fingerprint, 8);
  buffer.writeUInt16BE(number % 65_536, 12);
  buffer.writeUIntBE(start, 14, 6);
  return `page_${buffer.toString('base64')}`;
}

/** The cursor in a text, or null when it is none. */
export function parseCursor(text: string): Cursor | null {
  const buffer = Buffer.from(text.replace(/^page_/, ''), 'base64');
  if (!text.startsWith('page_') || buffer.length !== bytes) return null;
  return { fingerprint: buffer.readUInt32BE(8), number: buffer.readUInt16BE(12), start: buffer.readUIntBE(14, 6) };
}
