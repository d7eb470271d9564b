import { describe, expect, it } from 'vitest';
import { escaped } from '../../src/alert/message.ts';
import { systemClock } from '../../src/clock.ts';

/** What chats make links of, wherever it stands. */
const linked = /:\/\/|www\.|mailto:|\w\.(?:com|io|dev|app|ru)\b|\w\.\w+\/\w/i;

describe('a name in an alert', () => {
  it.each([
    'https://evil.example/login',
    'HTTP://EVIL.example',
    'slack://open?x=1',
    'www.evil.example',
    'see evil.com',
    'evil.com/login?x',
    'Pay at pay.evil.io now',
    'evil.example/path',
    'mailto:jane@evil.example',
    'a.dev:80/x',
  ])('is no link: %s', (name) => {
    expect(name).toMatch(linked);
    expect(escaped(name)).not.toMatch(linked);
    expect(escaped(name).replaceAll('\u200b', '')).toBe(name);
  });

  it.each(['openai_etl.quarantine', 'gpt-4.1', '12.50 usd', 'usage-etl check', 'o3.', 'a: b', 'a/b'])(
    'stays as it is where it is none: %s',
    (text) => {
      expect(escaped(text)).toBe(text);
    },
  );

  it('is made safe in the time that it takes to read it', () => {
    for (const part of ['://', 'a.', 'www.', '.com', 'a.b/', '.', 'a', ']', '@']) {
      const startedMs = systemClock.monotonicMs();
      escaped(part.repeat(1_000_000 / part.length));
      expect({ part, slow: systemClock.monotonicMs() - startedMs > 5_000 }).toEqual({ part, slow: false });
    }
  });
});
