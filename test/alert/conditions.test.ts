import { describe, expect, it } from 'vitest';
import { conditionsOf } from '../../src/alert/conditions.ts';
import type { Facts, FreshnessFact, RunFact } from '../../src/alert/facts.ts';
import { escaped, messageOf } from '../../src/alert/message.ts';
import type { Claimed } from '../../src/alert/outbox.ts';
import { errorKinds } from '../../src/errors.ts';

const now = new Date('2026-11-23T03:20:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

const fresh: FreshnessFact = {
  org_id: 'acme',
  dataset: 'costs',
  bucket_width: '1d',
  through: hoursAgo(1),
  last_read_at: hoursAgo(1),
  available: true,
};

const nothing: Facts = {
  now,
  freshnessHours: 30,
  runs: [],
  firstRuns: new Map([['acme', hoursAgo(1000)]]),
  freshness: [],
  quarantine: [],
  drift: [],
  tieOuts: [],
  restatements: [],
  massRemovals: [],
  capabilities: [],
  budgets: [],
  anomalies: [],
};

/** Runs, newest first. */
const runs = (...ends: readonly Partial<RunFact>[]): readonly RunFact[] =>
  ends.map((end, index) => ({
    run_id: 100 - index,
    org_id: 'acme',
    command: 'sync',
    status: 'ok',
    started_at: hoursAgo(index + 2),
    error: null,
    answered: true,
    ...end,
  }));

const found = (facts: Partial<Facts>) => conditionsOf({ ...nothing, ...facts });
const kinds = (facts: Partial<Facts>) =>
  found(facts).map(({ kind, subject }) => (subject === '' ? kind : `${kind} ${subject}`));

const failed = {
  status: 'failed',
  error: 'api_unavailable: /organization/costs answered 503',
  answered: false,
} as const;
const partial = { status: 'partial', error: 'contract_broken: the page has no end' } as const;
const rejected = { status: 'failed', error: 'key_rejected: answered 401', answered: false } as const;
const interrupted = { status: 'failed', error: 'interrupted: interrupted by SIGTERM', answered: false } as const;
const ok = {};

describe('the last runs', () => {
  it.each([
    ['none at all', runs(), []],
    ['a good one', runs(ok, failed), []],
    ['a failed one', runs(failed, ok), ['run_failed']],
    ['a partial one', runs(partial, ok), ['run_partial']],
    ['a partial one after a failed one', runs(partial, failed), ['run_partial']],
    ['a failed one after a partial one', runs(failed, partial), ['run_failed', 'run_partial']],
    ['an interrupted one after a good one', runs(interrupted, ok), []],
    ['an interrupted one after a failed one', runs(interrupted, failed), ['run_failed']],
    ['one that was killed', runs({ status: 'failed', error: 'killed: the process ended' }), ['run_failed']],
    ['one that failed without a word', runs({ status: 'failed' }), ['run_failed']],
    ['one with quarantine only', runs({ status: 'partial' }), []],
    ['one with a rejected key', runs(rejected), ['key_rejected']],
    ['a failed one after one with a rejected key', runs(failed, rejected), ['key_rejected', 'run_failed']],
    ['a failed one that got answers after one with a rejected key', runs(partial, rejected), ['run_partial']],
    ['a missing permission and nothing else', runs({ status: 'partial', error: 'scope_missing: 403' }), []],
    [
      'a missing permission and something else',
      runs({ status: 'partial', error: 'scope_missing: 403\napi_unavailable: 503' }),
      ['run_partial'],
    ],
    ['an optional dataset that is away', runs({ status: 'partial', error: 'dataset_unavailable: 404' }), []],
    [
      'a verify that found differences',
      runs({ command: 'verify', status: 'partial', error: "3 stored sums differ from the API's" }),
      [],
    ],
    ['a verify that failed', runs({ ...failed, command: 'verify' }, ok), ['run_failed verify']],
    ['a good verify after a failed sync', runs({ command: 'verify' }, failed), ['run_failed']],
  ])('%s', (_, ended, expected) => {
    expect(kinds({ runs: ended, freshness: [fresh] })).toEqual(expected);
  });

  it('a good one does not end a bad one before every dataset has been read since', () => {
    const since = runs(ok, failed);
    const unread = { ...fresh, dataset: 'images', last_read_at: hoursAgo(5), through: hoursAgo(5) };
    expect(kinds({ runs: since, freshness: [fresh, unread] })).toEqual(['run_failed']);
    expect(kinds({ runs: since, freshness: [fresh, { ...unread, available: false }] })).toEqual([]);
  });

  it('are told with the remedy of the first error, and a few lines of many', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `api_unavailable: ${'x'.repeat(500)} ${index}`);
    const [one] = found({ runs: runs({ status: 'failed', error: lines.join('\n') }) });
    expect(one?.remedy).toBe(errorKinds.api_unavailable.remedy);
    expect(one?.detail).toContain('run 100 of 2026-11-23T01:20:00.000Z');
    expect(one?.detail.length).toBeLessThanOrEqual(600);
    expect(one?.detail).toContain('and 37 more');
  });

  it('of organizations are told apart', () => {
    const both = [...runs(failed), ...runs(ok).map((run) => ({ ...run, org_id: 'other' }))];
    expect(found({ runs: both }).map(({ org_id }) => org_id)).toEqual(['acme']);
  });
});

describe('freshness', () => {
  const stale = { ...fresh, through: hoursAgo(30.1), last_read_at: hoursAgo(30.1) };

  it('is missed after the hours that are configured, and not before', () => {
    expect(kinds({ freshness: [{ ...stale, through: hoursAgo(30) }] })).toEqual([]);
    expect(kinds({ freshness: [stale] })).toEqual(['freshness_missed costs 1d']);
    expect(kinds({ freshness: [stale], freshnessHours: 48 })).toEqual([]);
  });

  it('of what was never loaded is missed once the organization has run for so long', () => {
    const never = { ...fresh, through: null, last_read_at: null };
    expect(kinds({ freshness: [never] })).toEqual(['freshness_missed costs 1d']);
    expect(kinds({ freshness: [never], firstRuns: new Map([['acme', hoursAgo(2)]]) })).toEqual([]);
    expect(kinds({ freshness: [never], firstRuns: new Map() })).toEqual([]);
  });

  it('tells a gap from silence', () => {
    expect(found({ freshness: [stale] })[0]?.detail).not.toContain('missing or refused');
    expect(found({ freshness: [{ ...stale, last_read_at: hoursAgo(1) }] })[0]?.detail).toContain('missing or refused');
  });
});

describe('what the API grants', () => {
  const reduced = {
    org_id: 'acme',
    dataset: 'completions',
    status: 'reduced',
    detail: 'the API refuses to group by user_id',
    optional: false,
    lost: ['user_id'],
    stored: true,
  } as const;

  it('is reduced when something is lost that was there, and not when it never was', () => {
    expect(kinds({ capabilities: [reduced] })).toEqual(['capability_reduced completions']);
    expect(kinds({ capabilities: [{ ...reduced, lost: [] }] })).toEqual([]);
  });

  it('of an optional dataset is missed only where it was there', () => {
    const gone = { ...reduced, status: 'unavailable', detail: 'dataset_unavailable: 404', optional: true } as const;
    expect(kinds({ capabilities: [gone] })).toEqual(['capability_reduced completions']);
    expect(kinds({ capabilities: [{ ...gone, stored: false }] })).toEqual([]);
    expect(kinds({ capabilities: [{ ...gone, optional: false }] })).toEqual([]);
  });
});

describe('text', () => {
  it('of an alert holds no key, no e-mail address, no line break and nothing that turns writing around', () => {
    const detail = 'sk-admin-abcdefghijkl of eve@example.com\n\u202edesrever\u0007\u200b';
    const [one] = found({
      quarantine: [{ org_id: 'acme', dataset: 'costs', reason: 'bad_text', entries: 1, detail, from: null }],
    });
    expect(one?.detail).toBe('1 results; the last: sk-[redacted] of [e-mail redacted] desrever');
  });

  it('of a message is no markup anywhere', () => {
    expect(escaped('<!here> & <script>')).toBe('&lt;!here&gt; &amp; &lt;script&gt;');
    expect(escaped('@all *b* `c` ~s~ [l](u)')).not.toMatch(/@all|\*b|`c|~s|\]\(/);
    expect(escaped('usage_completions 2026-11-23')).toBe('usage_completions 2026-11-23');
  });
});

describe('the text of a message', () => {
  const claimed: Claimed = {
    notification_id: 1,
    event: 'opened',
    times: 1,
    alert_id: 1,
    kind: 'run_failed',
    org_id: 'acme',
    subject: 'costs',
    severity: 'critical',
    summary: '<'.repeat(200),
    detail: '&💥'.repeat(300),
    remedy: 'Run sync again later.',
    opened_at: new Date(0),
    last_seen_at: new Date(0),
    closed_at: null,
  };

  it('fits the smallest receiver, cut where it is long, with what to do about it at its end', () => {
    const { text } = messageOf([claimed]);
    // Discord refuses a message of more, whole.
    expect(text.length).toBeLessThanOrEqual(2000);
    expect(text.endsWith('…\n→ Run sync again later.')).toBe(true);
    // No escape and no pair of surrogates is cut in two.
    expect(text.replaceAll(/&(?:amp|lt|gt);/g, '')).not.toContain('&');
    expect(text.isWellFormed()).toBe(true);
  });

  it('fits it for many at once, and when they recover', () => {
    const many = Array.from({ length: 40 }, (_, at) => ({ ...claimed, notification_id: at + 2 }));
    for (const event of ['opened', 'recovered'] as const) {
      const { text } = messageOf([{ ...claimed, event }, ...many.map((one) => ({ ...one, event }))]);
      expect(text.length).toBeLessThanOrEqual(2000);
      expect(text).toContain('41 at once');
    }
  });
});
