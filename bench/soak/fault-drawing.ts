import { type Dataset, measuresOf } from '../../src/catalog/dataset.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import type { Fault, FaultCondition } from '../../src/simulator/index.ts';
import type { Random } from '../../src/simulator/world/random.ts';

/** A fault and how many nights it lasts. */
export interface DrawnFault {
  readonly fault: Fault;
  readonly nights: number;
}

type Effect = Fault['then'];
type Draw = (random: Random, dataset: Dataset, now: Date) => Effect;

const dayMs = 86_400_000;

/** An unknown field, with more digits than a double holds. */
export const driftField = 'reasoning_score';
const driftJson = '0.12345678901234567890';

/** Seconds of a Retry-After that no run waits for. */
const tooLong = '100000';

const status = (code: number): Draw => {
  return () => ({ kind: 'status', status: code });
};

/** Failures that the same request may outlive. */
const passing: readonly Draw[] = [
  status(429),
  (random) => ({ kind: 'status', status: 429, retryAfter: String(1 + random.below(90)) }),
  (random, _, now) => {
    const at = new Date(now.getTime() + (1 + random.below(90)) * 1000);
    return { kind: 'status', status: 429, retryAfter: at.toUTCString() };
  },
  (random) => ({ kind: 'status', status: random.pick([408, 409, 500, 502, 503, 504]) }),
  (random) => ({ kind: 'delay', milliseconds: 1 + random.below(90_000) }),
  () => ({ kind: 'reset-before-headers' }),
  () => ({ kind: 'reset-mid-body' }),
  (random) => ({ kind: 'cut-short', contentLength: random.chance(0.5) }),
  () => ({ kind: 'invalid-json' }),
  () => ({ kind: 'html-200' }),
  () => ({ kind: 'gzip-garbage' }),
];

/** Refusals, and answers that never come. */
const lasting: readonly Draw[] = [
  (random) => ({ kind: 'status', status: random.pick([400, 401, 403, 404, 410, 422]) }),
  () => ({ kind: 'status', status: 429, retryAfter: tooLong }),
  () => ({ kind: 'stall-headers' }),
  () => ({ kind: 'stall-body' }),
  (random, _, now) => {
    const earliest = announced(random, now).toISOString().slice(0, 10);
    const message = `The requested 'start_time' is too far in the past. The earliest supported date is ${earliest}.`;
    return { kind: 'status', status: 400, message, param: 'start_time', code: 'reporting_lookback_exceeded' };
  },
];

/** Pages that are not what the contract says. Half a bucket late is off the grid at every width. */
const pages: readonly Draw[] = [
  () => ({ kind: 'endless-pages' }),
  () => ({ kind: 'cursor-loop' }),
  () => ({ kind: 'endless-repeats' }),
  () => ({ kind: 'more-without-cursor' }),
  () => ({ kind: 'split-bucket' }),
  (random) => ({ kind: 'repeat-bucket', values: random.pick(['same', 'other']) }),
  (random) => ({ kind: 'duplicate-bucket', bucket: random.below(8) - 4, values: random.pick(['same', 'other']) }),
  (random) => ({ kind: 'unaligned-bucket', bucket: random.below(8) - 4, seconds: 1800 }),
  (random) => ({ kind: 'outside-bucket', widths: random.pick([-2, -1, 1, 2]) }),
  (random) => ({ kind: 'missing-buckets', buckets: positions(random) }),
  (random) => ({ kind: 'split-results', buckets: positions(random) }),
  () => ({ kind: 'reorder-results' }),
  (random, dataset) => ({ kind: 'remove-field', field: measureField(random, dataset), buckets: positions(random) }),
  (random, dataset) => ({
    kind: 'set-field',
    field: measureField(random, dataset),
    json: random.pick(['-1', '1.5', '"12"', 'true', '{}', '9223372036854775808', '"NaN"']),
    buckets: positions(random),
  }),
  (random) => ({ kind: 'set-field', field: driftField, json: driftJson, buckets: positions(random) }),
  (random) => ({ kind: 'set-field', field: driftField, json: driftJson, buckets: positions(random) }),
  (random) => ({
    kind: 'set-field',
    field: 'object',
    json: JSON.stringify(random.pick(['organization.usage.hologram.result', random.pick(catalog).object])),
    buckets: positions(random),
  }),
];

/** Draws a fault: what happens, to which requests, for how many nights. */
export function drawFault(random: Random, now: Date): DrawnFault {
  const dataset = random.pick(catalog);
  const of = { dataset: dataset.name };
  if (random.chance(0.06)) {
    const refused: Effect = { kind: 'refuse-grouping', dimension: random.pick(dataset.dropOrder) };
    return { fault: { when: of, then: refused }, nights: 1 + random.below(14) };
  }
  if (random.chance(0.03)) {
    return { fault: { when: of, then: { kind: 'refuse-start', earliest: announced(random, now) } }, nights: 3 };
  }
  const nights = random.chance(0.7) ? 1 : 2 + random.below(3);
  const group = random.unit();
  if (group < 0.45) {
    const then = random.pick(passing)(random, dataset, now);
    return { fault: { when: { ...(random.chance(0.3) ? {} : of), ...some(random) }, then }, nights };
  }
  if (group < 0.6) {
    const then = random.pick(lasting)(random, dataset, now);
    return { fault: { when: { ...of, ...some(random) }, then }, nights: 1 };
  }
  return { fault: { when: of, then: random.pick(pages)(random, dataset, now) }, nights };
}

/** A horizon a little closer than the one that is kept to, and further back than anything is restated. */
function announced(random: Random, now: Date): Date {
  return new Date((Math.floor(now.getTime() / dayMs) - 47 - random.below(12)) * dayMs);
}

/** Which of the requests: one, some, from one on, or all. */
function some(random: Random): FaultCondition {
  return random.pick<FaultCondition>([
    { nth: 1 + random.below(3) },
    { times: 1 + random.below(8) },
    { from: 1 + random.below(3), times: 1 + random.below(5) },
    {},
  ]);
}

/** A few buckets: more than half of a page emptied at once would rightly be refused. */
function positions(random: Random): readonly number[] {
  return Array.from({ length: 1 + random.below(3) }, () => random.below(30) - 6);
}

function measureField(random: Random, dataset: Dataset): string {
  return random.pick(measuresOf(dataset)).path[0];
}

/** True where what a page says of a bucket is another thing than the truth, or could be. */
export function changesContent({ then }: Fault): boolean {
  return pageKinds.has(then.kind);
}

const pageKinds: ReadonlySet<string> = new Set([
  'endless-pages',
  'cursor-loop',
  'endless-repeats',
  'more-without-cursor',
  'split-bucket',
  'repeat-bucket',
  'duplicate-bucket',
  'unaligned-bucket',
  'outside-bucket',
  'missing-buckets',
  'split-results',
  'reorder-results',
  'remove-field',
  'set-field',
]);

/** Faults that every run comes through without an error, however often they strike. */
export function isHarmless({ then }: Fault): boolean {
  if (then.kind === 'set-field') return then.field === driftField;
  if (then.kind === 'repeat-bucket' || then.kind === 'duplicate-bucket') return then.values === 'same';
  return harmless.has(then.kind);
}

const harmless: ReadonlySet<string> = new Set([
  'refuse-grouping',
  'refuse-start',
  'delay',
  'endless-pages',
  'split-bucket',
  'outside-bucket',
  'split-results',
  'reorder-results',
]);

/** Faults that a request outlives by being sent again. */
export function isPassing({ then }: Fault): boolean {
  if (then.kind !== 'status') return deliveries.has(then.kind);
  const again = then.status >= 500 || [408, 409, 429].includes(then.status);
  return again && then.retryAfter !== tooLong;
}

/** Faults that name an instant, which a clock that is behind takes for a long way off. */
export function isDated({ then }: Fault): boolean {
  return then.kind === 'status' && /[a-z]/i.test(then.retryAfter ?? '');
}

const deliveries: ReadonlySet<string> = new Set([
  'reset-before-headers',
  'reset-mid-body',
  'cut-short',
  'invalid-json',
  'html-200',
  'gzip-garbage',
]);

/** What a fault is called in the soak's block. */
export function nameOf({ then }: Fault): string {
  if (then.kind === 'status') {
    if (then.code === 'reporting_lookback_exceeded') return 'status 400 horizon';
    return then.retryAfter === undefined ? `status ${then.status}` : `status ${then.status} retry-after`;
  }
  if (then.kind === 'set-field') return then.field === driftField ? 'set-field unknown' : `set-field bad`;
  return 'values' in then ? `${then.kind} ${then.values}` : then.kind;
}
