import { daySeconds, type Width } from './contract.ts';
import type { Fault } from './fault.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { Random } from './random.ts';

/** The datasets of one organization that cards are played on, one after the other. */
export interface Lane {
  readonly organization: string;
  readonly kind: 'usage' | 'money';
  readonly datasets: readonly string[];
}

/** What a card may look at on one of its nights. */
export interface CardNight {
  readonly lane: Lane;
  /** From 0. */
  readonly index: number;
  /** UTC midnight of the night, in Unix seconds. */
  readonly today: number;
  readonly random: Random;
  /** The first day wanted before the card began, and since: days that were never read lie between. */
  readonly startBefore: number;
  readonly start: number;
}

/** What a card changes on one of its nights. */
export interface Played {
  readonly faults?: readonly Omit<Fault, 'organization' | 'salt'>[];
  readonly widths?: readonly Width[];
  /** By dataset, or for all of them. */
  readonly filters?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Dimensions that are not asked for. */
  readonly leftOut?: readonly string[];
  /** Datasets that are not read. */
  readonly off?: readonly string[];
  /** Days on which many groups appear. */
  readonly crowded?: readonly number[];
  /** Wants days only from this one on. */
  readonly startLater?: number;
  /** Reads everything wanted again by name, after the sync. */
  readonly backfills?: boolean;
}

/** Something that goes on for some nights. */
export interface Card {
  readonly name: string;
  /** The section of the promises it is about. */
  readonly about: 'absence' | 'refusals' | 'door' | 'settings' | 'meaning';
  readonly lanes: readonly Lane['kind'][];
  readonly nights: number;
  /** So many days before the first one wanted are wanted as well, from the card's first night on. */
  readonly deeper: number;
  /**
   * `extra`: it strikes some days only, and may happen beside another card. `minor`: one of these is among the first on a
   * lane, so that twelve nights come to most of the others.
   */
  readonly rank?: 'extra' | 'minor';
  play(night: CardNight): Played;
}

type FaultOf = Omit<Fault, 'organization' | 'salt'>;

/** A fault of all datasets of a lane. */
export function faultOf(night: CardNight, kind: FaultKind, more: Partial<FaultOf> = {}): FaultOf {
  return { kind, datasets: night.lane.datasets, widths: null, days: [], instant: 0, ...more };
}

/** Some days: yesterday, a settled one and one never read. */
export function someDays({ today, start, startBefore }: CardNight): readonly number[] {
  return [today - daySeconds, today - 4 * daySeconds, ...(start < startBefore ? [start + daySeconds] : [])];
}

/** In the middle of the days that were never read. */
export function midway({ start, startBefore }: CardNight): number {
  return start + Math.floor((startBefore - start) / 2 / daySeconds) * daySeconds;
}
