import type { Width } from '../catalog/width.ts';
import type { StoredRefusal } from '../load/refusals.ts';
import type { AskAgain } from '../openai/learning.ts';
import { type Refusals, rangeAt } from '../openai/refusal.ts';
import { ceilToBucket } from '../plan/bucket.ts';
import type { GrainRange } from '../plan/granted.ts';
import type { SyncOptions } from './context.ts';
import type { RefusalReport } from './report.ts';

const weekMs = 7 * 86_400_000;

/** What is stored of refusals, as a session takes it. */
export function knownRefusals(stored: readonly StoredRefusal[]): Refusals {
  const horizon = stored.find(({ kind }) => kind === 'horizon');
  const groupings = stored.filter(({ kind }) => kind === 'grouping');
  const { until: at, proof } = horizon ?? {};
  return {
    horizon:
      horizon === undefined || at === undefined || at === null || proof === undefined || proof === 'probed'
        ? null
        : { at, proof, askedFrom: horizon.askedFrom ?? at, provedAt: horizon.provedAt, detail: horizon.detail },
    groupings,
  };
}

/** What a session knows of refusals, as it is stored. */
export function storedRefusals({ horizon, groupings }: Refusals): readonly StoredRefusal[] {
  const askAgainAt = (provedAt: Date) => new Date(provedAt.getTime() + weekMs);
  const refused = groupings.map(
    ({ dimension, since, until, detail, provedAt }): StoredRefusal => ({
      kind: 'grouping',
      dimension,
      since,
      until,
      proof: 'probed',
      detail,
      askedFrom: null,
      provedAt,
      askAgainAt: askAgainAt(provedAt),
    }),
  );
  if (horizon === null) return refused;
  const { at, ...rest } = horizon;
  return [
    { kind: 'horizon', dimension: '', since: null, until: at, ...rest, askAgainAt: askAgainAt(rest.provedAt) },
    ...refused,
  ];
}

/**
 * What of the known refusals is to be asked again: everything a week after it was proved, a horizon also when an
 * earlier date is named than the one it was proved for, and everything when a refetch was asked for.
 */
export function askAgainOf(
  { horizon, groupings }: Refusals,
  wantedStart: Date,
  { from, refetch }: Pick<SyncOptions, 'from' | 'refetch'>,
  now: Date,
): AskAgain {
  const named = from !== null || refetch || (horizon !== null && wantedStart < horizon.askedFrom);
  return {
    horizon: horizon !== null && wantedStart < horizon.at && (named || isDue(horizon.provedAt, now)),
    groupings: groupings.some(({ provedAt }) => refetch || isDue(provedAt, now)),
  };
}

/** A date to come was written by a clock that was wrong, and must not postpone anything. */
function isDue(provedAt: Date, now: Date): boolean {
  return Math.abs(now.getTime() - provedAt.getTime()) >= weekMs;
}

/** What is granted of one dataset at one width: as a session has found out, or as it is stored. */
export interface Granted {
  readonly horizon: Date | null;
  readonly granted: readonly GrainRange[];
  readonly refusals: Refusals;
}

/**
 * Instants no slice reaches over: where what is granted changes, and where the horizon will have come to if it moves with
 * time. Settled buckets before that are not read along: most likely they would only be refused.
 */
export function sliceBounds({ granted, refusals }: Granted, width: Width, now: Date): readonly Date[] {
  const bounds = granted.flatMap(({ since }) => (since === null ? [] : [since]));
  if (refusals.horizon === null) return bounds;
  const { at, provedAt } = refusals.horizon;
  const moved = new Date(at.getTime() + Math.max(0, now.getTime() - provedAt.getTime()));
  return [...bounds, ceilToBucket(moved, width)].toSorted((a, b) => a.getTime() - b.getTime());
}

/** The first bucket at or after a start that can be asked for. */
export function obtainableFrom(wantedStart: Date, { horizon, granted }: Omit<Granted, 'refusals'>, width: Width): Date {
  const reached = horizon === null ? wantedStart : ceilToBucket(horizon, width);
  const start = reached > wantedStart ? reached : wantedStart;
  const range = rangeAt(granted, start);
  return range !== undefined && range.grain === null && range.until !== null ? range.until : start;
}

/** Refusals as reports show them. */
export function refusalReports(refusals: readonly StoredRefusal[]): readonly RefusalReport[] {
  return refusals.map(({ kind, dimension, since, until, proof, detail, provedAt, askAgainAt }) => ({
    kind,
    dimension: kind === 'horizon' ? null : dimension,
    from: since?.toISOString() ?? null,
    to: until?.toISOString() ?? null,
    proof,
    proved_at: provedAt.toISOString(),
    ask_again_at: askAgainAt.toISOString(),
    detail,
  }));
}

/** What is refused of one range, in words. */
export interface RefusalText {
  readonly kind: RefusalReport['kind'];
  readonly text: string;
  readonly proved_at: string;
  readonly ask_again_at: string;
}

/** For a person: what is refused and of which range, a text for each range. */
export function refusalTexts(refusals: readonly RefusalReport[]): readonly RefusalText[] {
  return [...Map.groupBy(refusals, ({ kind, from, to }) => `${kind} ${from} ${to}`).values()].flatMap((alike) => {
    const dimensions = alike.flatMap(({ dimension }) => (dimension === null ? [] : [dimension]));
    return alike.slice(0, 1).map(({ kind, from, to, proved_at, ask_again_at }) => ({
      kind,
      text:
        dimensions.length === 0
          ? `the API answers nothing before ${day(to)}`
          : `the API refuses to group by ${dimensions.join(', ')}${rangeText(from, to)}`,
      proved_at,
      ask_again_at,
    }));
  });
}

function rangeText(from: string | null, to: string | null): string {
  if (from === null) return to === null ? '' : ` before ${day(to)}`;
  return to === null ? ` from ${day(from)} on` : ` from ${day(from)} to ${day(to)}`;
}

function day(instant: string | null): string {
  return (instant ?? '').replace(/T00:00:00\.000Z$/, '').replace(/\.000Z$/, 'Z');
}
