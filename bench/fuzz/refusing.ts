import { endpointNamed } from './contract.ts';
import type { Effect, Fault, Refusal } from './fault.ts';
import { randomOf } from './random.ts';

const dayOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);

/** Refuses a start before the instant of the fault, in words of `say`. */
function horizon(say: (fault: Fault, now: number, asked: number) => string): Effect {
  return {
    refuse: ({ start }, fault, now) =>
      start >= fault.instant
        ? null
        : {
            status: 400,
            message: say(fault, now, start),
            code: 'reporting_lookback_exceeded',
            param: 'start_time',
            about: { kind: 'horizon', from: fault.instant },
          },
  };
}

const misleading: readonly ((fault: Fault, now: number, asked: number) => string)[] = [
  ({ instant }, now) => `Usage is available from ${dayOf(instant)} through ${dayOf(now)}.`,
  ({ instant }, now) =>
    `start_time must be on or after ${dayOf(instant)} (${Math.floor((now - instant) / 86_400)} days before ${dayOf(now)}).`,
  (_fault, now, asked) => `${dayOf(asked)} is too far back, seen from ${dayOf(now)}.`,
  ({ instant }, now) => `Reports generated ${dayOf(now)} reach back to ${instant}.`,
];

export const plainHorizon = horizon(({ instant }) => `The earliest supported start_time is ${dayOf(instant)}.`);

export const misleadingHorizon = horizon((fault, now, asked) =>
  randomOf(fault.salt).pick(misleading)(fault, now, asked),
);

/** The dimension that a dataset's groupings are refused for. */
const refusedDimension: Readonly<Record<string, string>> = {
  completions: 'user_id',
  embeddings: 'user_id',
  costs: 'api_key_id',
  costs_by_user: 'project_id',
};

function groupingRefusal(dataset: string, before: number | null): Refusal {
  const dimension = refusedDimension[dataset] ?? '';
  return {
    status: 400,
    message: `Grouping by ${dimension} is not available${before === null ? '' : ' for this time range'}.`,
    code: null,
    param: 'group_by',
    about: { kind: 'grouping', dimension, before },
  };
}

/** Refuses to group whatever the range. */
export const refusedGrouping: Effect = {
  refuse: ({ endpoint, groupBy }) =>
    groupBy.includes(refusedDimension[endpoint.name] ?? '') ? groupingRefusal(endpoint.name, null) : null,
};

/** Refuses to group what begins before the instant of the fault. */
export const refusedOldGrouping: Effect = {
  refuse: ({ endpoint, groupBy, start }, fault) =>
    start < fault.instant && groupBy.includes(refusedDimension[endpoint.name] ?? '')
      ? groupingRefusal(endpoint.name, fault.instant)
      : null,
};

/** Refuses an end that lies ahead. */
export const refusedFuture: Effect = {
  refuse: ({ end }, _fault, now) =>
    end <= now
      ? null
      : {
          status: 400,
          message: "'end_time' must not be in the future.",
          code: 'invalid_value',
          param: 'end_time',
          about: { kind: 'future' },
        },
};

/** Refuses everything, in words that PostgreSQL cannot hold. */
export const unspeakableDenial: Effect = {
  refuse: (asked) => ({
    status: 403,
    message: `Missing scopes:\u0000 ${endpointNamed(asked.endpoint.name).path}`,
    code: null,
    param: null,
    about: { kind: 'denied' },
  }),
};
