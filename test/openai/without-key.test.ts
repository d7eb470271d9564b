import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { textWithoutKey } from '../../src/openai/without-key.ts';
import { adminKey, plain, testClient } from './support/client.ts';
import { serveInOrder, text } from './support/server.ts';

/** JSON of a value with the characters of every string escaped as told, one choice a character. */
function spelled(value: unknown, choose: () => number): string {
  return JSON.stringify(value).replace(/"(?:[^"\\]|\\.)*"|[^"]+/g, (part) => {
    if (!part.startsWith('"')) return part;
    return part.replace(/\\(?:u[\da-f]{4}|.)|[!#-[\]-~]/g, (written) => {
      if (written.startsWith('\\')) return written;
      const hex = written.charCodeAt(0).toString(16).padStart(4, '0');
      return [written, `\\u${hex}`, `\\u${hex.toUpperCase()}`][choose() % 3] ?? written;
    });
  });
}

/** As the client makes a value of a body. */
function read(json: string, key: string): unknown {
  return JSON.parse(textWithoutKey(Buffer.from(json), key));
}

describe('the key in an answer', () => {
  const escaped = [...adminKey].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('');

  it.each([
    ['as it is', adminKey],
    ['with its first letter escaped', adminKey.replace('s', '\\u0073')],
    ['escaped whole', escaped],
    ['escaped in capitals', escaped.toUpperCase().replaceAll('\\U', '\\u')],
    ['behind an escaped backslash', `\\\\${escaped}`],
    ['twice, once escaped', `${adminKey} ${escaped}`],
  ])('is cut out %s, as a value and as a name, before anything else sees it', async (_, written) => {
    const { baseUrl } = await serveInOrder(text(`{"seen_by":"${written}","${written}":[{"deep":"x${written}y"}]}`));
    const { client, lines } = testClient(baseUrl);
    const value = JSON.stringify(await client.request('/organization/costs', '', plain()));
    expect(value).not.toContain(adminKey);
    expect(value.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(3);
    expect(lines.join()).not.toContain(adminKey);
  });

  it('is cut out of an error message and of the header that names the organization', async () => {
    const body = `{"error":{"message":"${escaped} is refused","code":"${escaped}"}}`;
    const { baseUrl } = await serveInOrder(text(body, 401, { 'openai-organization': adminKey }));
    const { client } = testClient(baseUrl);
    const failure = await client.request('/organization/costs', '', plain()).catch((thrown: Error) => thrown.message);
    expect(failure).toContain('[redacted] is refused');
    expect([...client.organizations].join()).not.toContain(adminKey);
  });

  it.each(['sk-admin-a/b+c=', 'no"ordinary\\key', 'k\\u0041y-of-nobody'])('is found when it is %s', (key) => {
    const value = { a: key, [key]: [`x${key}`] };
    const escapes = JSON.stringify(value).replaceAll('/', '\\/');
    expect(JSON.stringify(read(escapes, key))).not.toContain(JSON.stringify(key).slice(1, -1));
    expect(read(escapes, key)).toEqual({ a: '[redacted]', '[redacted]': ['x[redacted]'] });
  });

  test('goes, however it is spelled, and no other value changes', () => {
    const part = fc.oneof(
      fc.constant(adminKey),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\\', '"', '\\u0073'),
    );
    const strings = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
    const values = fc.object({ key: strings, values: [strings, fc.integer(), fc.constant(null), fc.boolean()] });
    const plainly = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(adminKey, '[redacted]'));
    fc.assert(
      fc.property(values, fc.array(fc.nat(2), { minLength: 1 }), (value, choices) => {
        let at = 0;
        const json = spelled(value, () => choices[at++ % choices.length] ?? 0);
        expect(read(json, adminKey)).toEqual(plainly(value));
      }),
      { numRuns: 300 },
    );
  });
});

it('a page without the key is looked through in no time, whatever escapes it holds', () => {
  for (const part of ['\\u0020', '\\\\', '\\u00', '\\/', '\\', 'sk-admin-', '"']) {
    const body = Buffer.from(part.repeat(4_000_000 / part.length));
    const startedMs = systemClock.monotonicMs();
    textWithoutKey(body, adminKey);
    expect({ part, slow: systemClock.monotonicMs() - startedMs > 5_000 }).toEqual({ part, slow: false });
  }
});
