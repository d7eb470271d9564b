import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { redact } from '../../src/log.ts';

it.each([
  ['a key', 'sk-admin-0123456789abcdef is not valid', 'sk-[redacted] is not valid'],
  ['a key with its middle left out', 'Incorrect API key: sk-admi…cdef', 'Incorrect API key: sk-[redacted]'],
  ['a bearer token', 'Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
  ['the password of a URL', '-postgres://etl:p%40ss@db/usage', '-postgres://etl:[redacted]@db/usage'],
  ['the password of a URL without a user', 'redis://:secret@db', 'redis://:[redacted]@db'],
  [
    'a password as a parameter',
    'host=db password=secret sslpassword=secret',
    'host=db password=[redacted] sslpassword=[redacted]',
  ],
  ['an e-mail address', 'ask <jane.doe+x@mail.example.com>.', 'ask <[e-mail redacted]>.'],
  ['an e-mail address in a URL', '/users?email=jane%40example.com&x=1', '/users?email=[e-mail redacted]&x=1'],
  ['an e-mail address beyond ASCII', 'zoë@exämple.de', '[e-mail redacted]'],
  ['two e-mail addresses', 'a@b.example,c@d.example', '[e-mail redacted],[e-mail redacted]'],
])('%s is redacted', (_what, text, expected) => {
  expect(redact(text)).toBe(expected);
});

it.each([
  '@mention',
  'a @ b',
  'model gpt-4@latest',
  'ask-me-anything',
  'task-0123456789',
  '40% of 1.5',
  'https://host:443/path',
])('%s stays as it is', (text) => {
  expect(redact(text)).toBe(text);
});

it('a megabyte of anything is redacted in no time, because the API may send it', () => {
  const million = 1_000_000;
  for (const part of [
    'a',
    'a.',
    'é',
    '://',
    'a://',
    'a://a:',
    '@a',
    'a@b',
    'a@b.',
    'a%40',
    'sk-',
    'Bearer ',
    ' ',
    'pwd=',
  ]) {
    const text = part.repeat(million / part.length);
    const startedMs = systemClock.monotonicMs();
    redact(text);
    expect({ part, slow: systemClock.monotonicMs() - startedMs > 5_000 }).toEqual({ part, slow: false });
  }
});
