import { gzipSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { toEtlError } from '../../src/errors.ts';
import { createScanner } from '../../src/openai/structure.ts';
import { plain, testClient } from './support/client.ts';
import { serveInOrder, text } from './support/server.ts';

const megabyte = 1024 * 1024;

/** A page whose data is a part over and over, of so many megabytes. */
function pageOf(part: string, megabytes: number): Buffer {
  const parts = part.repeat(Math.ceil((megabytes * megabyte) / part.length));
  return Buffer.from(`{"object":"page","data":[${parts}0],"has_more":false}`);
}

/** The code a scanner ends in that is given the bytes in pieces; null where it refuses nothing. */
function verdictOn(bytes: Buffer, pieceBytes: number): string | null {
  const scan = createScanner();
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) scan(bytes.subarray(at, at + pieceBytes));
    return null;
  } catch (thrown) {
    return toEtlError(thrown).code;
  }
}

describe('an answer that is small on the way and gigabytes in memory', () => {
  test.each([
    ['empty lists', '[],'],
    ['empty objects', '{},'],
    ['objects of one field', '{"a":{}},'],
    ['nulls', 'null,'],
    ['numbers', '1,'],
    ['empty texts', '"",'],
    ['lists that never end', '['],
    ['objects that never end', '{"a":'],
    ['white space', '    '],
    ['one text', 'x'],
    ['line breaks', '\n'],
  ])(
    'made of %s is refused while it arrives, compressed or not, and leaves the memory as it was',
    async (what, part) => {
      const isText = what === 'one text';
      const body = isText ? Buffer.from(`["${part.repeat(80 * megabyte)}"]`) : pageOf(part, 80);
      const heldBytes = process.memoryUsage().rss;
      for (const answer of [
        text(gzipSync(body), 200, { 'content-encoding': 'gzip' }),
        // What is large on the way is not refused for its size.
        ...(/^(?:white|one|line)/.test(what) ? [] : [text(body)]),
      ]) {
        const { baseUrl, received } = await serveInOrder(answer);
        const { client } = testClient(baseUrl);
        let parsed = false;
        const decode = () => {
          parsed = true;
        };
        const request = client.request('/organization/costs', '', plain({ hardMaxBytes: 256 * megabyte, decode }));
        await expect(request).rejects.toMatchObject({ code: 'contract_broken' });
        expect({ parsed, requests: received.length }).toEqual({ parsed: false, requests: 1 });
      }
      expect((process.memoryUsage().rss - heldBytes) / megabyte).toBeLessThan(450);
    },
  );
});

describe('what an answer is made of', () => {
  const result = (at: number) =>
    JSON.stringify({ object: 'organization.costs.result', a_name: at, b: null, quoted: 'a "[{,]}" \\', c: [], d: {} });

  it('is nobody’s business in an honest one, however large', () => {
    const results = Array.from({ length: 400_000 }, (_, at) => result(at)).join(',');
    expect(verdictOn(Buffer.from(`{"data":[${results}]}`), 65_536)).toBeNull();
  });

  it('is told alike however it is cut, and what stands in texts is no structure', () => {
    const texts = Buffer.from(`["${'[{,\\"\\\\'.repeat(500_000)}"]`);
    const lists = Buffer.from(`["\\\\",${'[],'.repeat(800_000)}"]"]`);
    for (const pieceBytes of [1, 2, 3, 7, 1000, 65_536]) {
      expect([verdictOn(texts, pieceBytes), verdictOn(lists, pieceBytes)]).toEqual([null, 'contract_broken']);
    }
  });

  it('is too much at eight million values, which is one page of one bucket', () => {
    expect(verdictOn(pageOf('"a_dozen_bytes": 12345,', 200), 65_536)).toBe('page_too_large');
  });

  it('is found in the time that the bytes take, whatever they are', () => {
    for (const part of ['"', '\\', '"\\', '[', ']', '{"a":"b"},', '"\\"', ' ']) {
      const startedMs = systemClock.monotonicMs();
      verdictOn(Buffer.from(part.repeat((8 * megabyte) / part.length)), 65_536);
      expect({ part, slow: systemClock.monotonicMs() - startedMs > 2_000 }).toEqual({ part, slow: false });
    }
  });
});
