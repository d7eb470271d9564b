import { type Width, widthSeconds } from '../catalog/width.ts';
import type { GrainRange } from '../plan/granted.ts';
import { type GroupingRefusal, grantedRanges, type Horizon, type Refusals, withRefusal } from './refusal.ts';
import type { SessionSettings } from './session.ts';

/** What a session knows of the API at present. What one slice finds out holds for the others. */
export interface Knowledge {
  readonly refusals: Refusals;
  /** What is granted, in ranges that follow each other. */
  readonly granted: readonly GrainRange[];
  /** The start of the first whole bucket the API answers; null while it has not refused any. */
  readonly horizon: Date | null;
  /** The earliest start that was answered in this session, be it with nothing; null before the first. */
  readonly answered: Date | null;
  /** The earliest bucket that came in this session; null before the first. */
  readonly came: Date | null;
  setHorizon(horizon: Horizon | null): void;
  refuse(refusal: GroupingRefusal): void;
  forget(refusal: GroupingRefusal): void;
  answeredAt(start: Date): void;
  cameAt(bucket: Date): void;
}

/** Knowledge that begins with what an earlier session found out. */
export function createKnowledge({ dataset, width, groupBy }: SessionSettings, known: Refusals): Knowledge {
  let { horizon, groupings } = known;
  let granted = grantedRanges(dataset, groupBy, groupings);
  let answered: Date | null = null;
  let came: Date | null = null;
  const setGroupings = (changed: readonly GroupingRefusal[]) => {
    groupings = changed;
    granted = grantedRanges(dataset, groupBy, groupings);
  };
  return {
    get refusals() {
      return { horizon, groupings };
    },
    get granted() {
      return granted;
    },
    get horizon() {
      return horizon === null ? null : alignUp(horizon.at, width);
    },
    get answered() {
      return answered;
    },
    get came() {
      return came;
    },
    setHorizon: (found) => {
      horizon = found;
    },
    refuse: (refusal) => setGroupings(withRefusal(groupings, refusal)),
    forget: (refusal) => setGroupings(groupings.filter((one) => one !== refusal)),
    answeredAt: (start) => {
      if (answered === null || start < answered) answered = start;
    },
    cameAt: (bucket) => {
      if (came === null || bucket < came) came = bucket;
    },
  };
}

/** The first bucket boundary at or after an instant. */
export function alignUp(instant: Date, width: Width): Date {
  const widthMs = widthSeconds[width] * 1000;
  return new Date(Math.ceil(instant.getTime() / widthMs) * widthMs);
}

/** The start of the bucket that holds an instant. */
export function alignDown(instant: Date, width: Width): Date {
  const widthMs = widthSeconds[width] * 1000;
  return new Date(Math.floor(instant.getTime() / widthMs) * widthMs);
}
