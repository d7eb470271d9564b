import { completions } from '../../src/catalog/datasets/completions.ts';
import type { DeliveryEffect, FaultPlan, PageEffect } from '../../src/simulator/index.ts';
import { toldBucket } from './buckets.ts';
import type { FaultCase } from './fault-case.ts';
import { lasting, passing, strikeWith } from './strikes.ts';
import { restatedDays, type World } from './world.ts';

const area = 'page';
const dataset = 'completions';
const dayMs = 86_400_000;
const bucket = restatedDays.unsettled;

/** A page of which everything can be understood. */
function harmless(fault: string, then: PageEffect, drift: readonly string[] = []): FaultCase {
  return { ...lasting({ area, fault, then, sees: null }), exit: 0, drift, recovery: 'in the same run' };
}

/** A page that refuses buckets: they keep what they held. */
function refusing(fault: string, then: PageEffect, quarantine: NonNullable<FaultCase['quarantine']>): FaultCase {
  return { ...lasting({ area, fault, then, sees: null }), quarantine };
}

/** A chain of pages that cannot be followed to its end. */
function unfollowable(fault: string, effects: readonly PageEffect[], says: string): FaultCase {
  const plan: FaultPlan = effects.map((then) => ({ when: { dataset }, then }));
  return {
    area,
    fault,
    dataset,
    exit: 3,
    sees: { code: 'contract_broken', says },
    recovery: 'at the next run',
    strike: strikeWith(plan),
  };
}

function unreadable(fault: string, then: DeliveryEffect): readonly FaultCase[] {
  const sees = { code: 'api_unavailable', says: 'not the JSON' } as const;
  return [
    passing({ area, fault: `${fault}, once`, then }),
    lasting({ area, fault: `${fault}, all night`, then, sees }),
  ];
}

const outside = ['value bucket_outside_slice'];

/** An answer that leaves something out and cannot be taken at its word: what was asked for and not answered stays. */
function unanswering(
  fault: string,
  effects: readonly PageEffect[],
  told: Pick<FaultCase, 'drift' | 'quarantine'> = {},
): FaultCase {
  const plan: FaultPlan = effects.map((then) => ({ when: { dataset }, then }));
  return { area, fault, dataset, exit: 3, sees: null, recovery: 'at the next run', ...told, strike: strikeWith(plan) };
}
const allBuckets = Array.from({ length: 31 }, (_, index) => index);
const startOf = ({ firstDay }: World, index: number) => firstDay.getTime() / 1000 + index * 86_400;

const removals: readonly FaultCase[] = [
  {
    area,
    fault: 'two closed buckets missing',
    dataset,
    exit: 0,
    sees: null,
    recovery: 'at the next run',
    strike: async (world) => {
      const missing = [3, bucket];
      world.setFaults([{ when: { dataset }, then: { kind: 'missing-buckets', buckets: missing } }]);
      const told = missing.map((index) => toldBucket(world, completions, startOf(world, index), () => null));
      return { ...(await world.night()), told };
    },
  },
  {
    ...lasting({
      area,
      fault: 'most closed buckets missing',
      then: { kind: 'missing-buckets', buckets: allBuckets.slice(1, 9) },
      sees: { code: 'mass_removal', says: 'now reports nothing for' },
    }),
  },
  {
    area,
    fault: 'the provider takes most of history back and means it',
    dataset,
    exit: 3,
    sees: { code: 'mass_removal', says: 'now reports nothing for' },
    recovery: 'when the operator runs sync --accept-restatement',
    strike: (world) => {
      world.nights.simulator.restate(
        allBuckets.slice(0, 8).map((index) => {
          const day = new Date(world.firstDay.getTime() + index * dayMs);
          return { kind: 'empty-day', dataset, day } as const;
        }),
      );
      return world.night();
    },
    recover: (world) => world.night({ acceptRestatement: true }),
  },
];

const large: readonly FaultCase[] = [
  passing({ area, fault: 'a page of 50 MB that holds several buckets', then: { kind: 'padded', bytes: 50_000_000 } }),
  passing({
    area,
    fault: 'pages of 50 MB, those of one bucket too',
    then: { kind: 'padded', bytes: 50_000_000 },
    times: 6,
  }),
];

/** Pages that are not what the contract says. */
export const pageFaults: readonly FaultCase[] = [
  ...unreadable('a body that is almost JSON', { kind: 'invalid-json' }),
  ...unreadable('a login page with status 200', { kind: 'html-200' }),
  unfollowable(
    'a chain of pages that never ends, each with the same buckets',
    [{ kind: 'endless-repeats' }],
    'more pages than buckets could explain',
  ),
  unfollowable(
    'empty pages for ever',
    [{ kind: 'endless-repeats' }, { kind: 'missing-buckets', buckets: allBuckets }],
    'more pages than buckets could explain',
  ),
  unfollowable('a cursor that leads to its own page', [{ kind: 'cursor-loop' }], 'next_page repeats a cursor'),
  unfollowable('has_more without a cursor', [{ kind: 'more-without-cursor' }], 'has_more without next_page'),
  harmless('empty pages for ever after the last bucket', { kind: 'endless-pages' }),
  harmless('a bucket split over two pages', { kind: 'split-bucket' }),
  harmless('a bucket repeated on the next page', { kind: 'repeat-bucket', values: 'same' }),
  refusing(
    'a bucket repeated on the next page with other values',
    { kind: 'repeat-bucket', values: 'other' },
    'conflicting_repeat',
  ),
  harmless('a bucket twice on its page', { kind: 'duplicate-bucket', bucket, values: 'same' }),
  refusing(
    'a bucket twice on its page with other values',
    { kind: 'duplicate-bucket', bucket, values: 'other' },
    'conflicting_repeat',
  ),
  refusing('a bucket off the grid', { kind: 'unaligned-bucket', bucket, seconds: 3600 }, 'unaligned_bucket'),
  harmless('a bucket before the slice', { kind: 'outside-bucket', widths: -3 }, outside),
  harmless('a bucket after the slice', { kind: 'outside-bucket', widths: 3 }, outside),
  unanswering('a bucket without a start', [{ kind: 'write-times', as: 'null', buckets: [bucket] }], {
    quarantine: 'not_a_bucket',
  }),
  unanswering('all times in milliseconds', [{ kind: 'write-times', as: 'milliseconds' }], {
    quarantine: 'not_a_bucket',
  }),
  unanswering(
    'a bucket missing while one comes that was not asked for',
    [
      { kind: 'missing-buckets', buckets: [bucket] },
      { kind: 'outside-bucket', widths: 3 },
    ],
    { drift: outside },
  ),
  unanswering(
    'a bucket three widths long in place of three',
    [
      { kind: 'wide-bucket', bucket, widths: 3 },
      { kind: 'missing-buckets', buckets: [bucket + 1, bucket + 2] },
    ],
    { quarantine: 'wrong_width' },
  ),
  unanswering('an answer that begins later than asked', [{ kind: 'missing-buckets', buckets: [0, 1, 2] }]),
  ...removals,
  ...large,
];
