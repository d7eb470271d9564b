import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { parseApiError, quote } from '../../src/openai/error-envelope.ts';
import { namedInstants } from '../../src/openai/horizon.ts';
import { identifying } from '../../src/openai/identifying.ts';
import { namesRefusedDimension, refusedDimensions } from '../../src/openai/refused-grouping.ts';
import { retryAfterMs } from '../../src/openai/retry.ts';
import { verdictOnFailure, verdictOnStatus } from '../../src/openai/verdict.ts';
import { parseDecimal } from '../../src/parse/decimal.ts';
import { mayRound } from '../../src/parse/json.ts';
import { parseLineItem } from '../../src/parse/line-item.ts';

const grain = ['project_id', 'model', 'a_b'];
const asked = { path: '/organization/costs', optional: false, groupBy: grain };

/** What the client makes of an error message: read from an envelope, which bounds it, and judged. */
function judged(status: number, message: string, code: string | null = null): void {
  const error = parseApiError(JSON.stringify({ error: { message, type: null, param: null, code } }));
  if (error === null) throw new Error('the envelope was not read');
  verdictOnStatus(status, error, asked);
  quote(error.message);
  namedInstants(error.message);
  refusedDimensions(error.message, grain);
  namesRefusedDimension(error.message, grain);
}

/** Everything that reads text from outside by expressions. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'a line item': parseLineItem,
  'the last of a line item that fits an index': (text) => parseLineItem(text.slice(0, 990)),
  'a decimal': parseDecimal,
  'a page': mayRound,
  'an error message': (text) => judged(400, text),
  'a message about permissions': (text) => judged(403, text),
  'a message about the horizon': (text) => judged(400, text, 'reporting_lookback_exceeded'),
  'a failure of the network': (message) => verdictOnFailure({ code: 'ECONNRESET', message }, asked),
  'a time to wait': (text) => retryAfterMs({ 'retry-after': text }, new Date('2026-11-23T00:00:00Z')),
  'the name of an organization': identifying,
  'a log line': (text) => silentLog.info({ text }),
};

// biome-ignore format: a list of texts
const parts = [
  ' ', '\t', '\n', '\u00a0', '|', ' |', ' | ', ',', ' , ', 'a', 'a ', '-', '_', ' _', '0', '1', '1-', '1.', '1e', '.', ':', '[', '`',
  'gpt-', 'gpt-4o ', 'training', ' training', 'tokens ', 'web search', 'credit', 'jan ', '1 jan ', '2025-11-23 ', '11/23/',
  'not ', 'not one ', 'not only ', 'only ', "n't ", 'supported values are ', 'may be ', 'is ', 'a_b, ', 'a_b or ', "'a_b', ",
  'earliest ', 'earliest is ', 'group ', 'end time ', 'IP ', 'allow', 'country ', 'Proxy response (',
];
const around = [
  (text: string) => text,
  (text: string) => `a${text}a`,
  (text: string) => `a_b${text}`,
  (text: string) => `not${text}x`,
  (text: string) => `a |${text}, b${text}`,
];

describe('text from outside is read in the time that its length takes:', () => {
  it.each(Object.keys(readers))(
    '%s',
    (name) => {
      for (const part of parts) {
        for (const [index, wrapped] of around.entries()) {
          const text = wrapped(part.repeat(Math.ceil(40_000 / part.length)));
          const startedMs = systemClock.monotonicMs();
          readers[name]?.(text);
          const ms = systemClock.monotonicMs() - startedMs;
          expect({ part, index, slow: ms > 1_000 }).toEqual({ part, index, slow: false });
        }
      }
    },
    120_000,
  );
});
