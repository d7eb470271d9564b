import { integerOf, isObject, parseJsonExact } from './json.ts';

/**
 * What the texts of a slice's pages say of the bucket of a start, digit for digit: the bucket, or all of them where it
 * came on several pages. Read again from the text, because rows no longer say what they were made of.
 * @param start Unix seconds
 */
export function receivedBucket(texts: readonly string[], start: number): unknown {
  const found = texts.flatMap((text) => bucketsOf(text).filter((bucket) => startOf(bucket) === start));
  return found.length === 1 ? found[0] : found;
}

function bucketsOf(text: string): readonly unknown[] {
  const page = parseJsonExact(text);
  const data = isObject(page) ? page['data'] : null;
  return Array.isArray(data) ? data : [];
}

function startOf(bucket: unknown): number | null {
  return isObject(bucket) ? integerOf(bucket['start_time']) : null;
}
