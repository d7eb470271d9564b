import type { Asked } from './asked.ts';
import type { Chain } from './chain.ts';
import { type Endpoint, widthSeconds } from './contract.ts';
import type { Heard } from './double.ts';
import type { Refusal } from './fault.ts';
import { filtersText, type NightPlan, placeName, type Wanted } from './plan.ts';
import { coarsened, rowLine } from './results.ts';

/** What was answered for a bucket, once. */
export interface Given {
  readonly night: number;
  /** Unix seconds. */
  readonly at: number;
  readonly kind: 'rows' | 'either';
  /** Sorted. */
  readonly lines: readonly string[];
  readonly groupBy: readonly string[];
  /** What the settings asked for then. */
  readonly wantedGroupBy: readonly string[];
  readonly filters: string;
  /** True where the bucket had ended. */
  readonly isClosed: boolean;
  /** False for what may be a mere probe or comparison: it need not be stored. */
  readonly isReading: boolean;
}

/** How far back the API went, when it last refused or left out something. */
export interface Cut {
  readonly night: number;
  readonly at: number;
  readonly from: number;
}

/** What was heard of one dataset at one width on one night. */
export interface NightNote {
  loud: boolean;
  /** Loud in what may be a mere probe. */
  perhapsLoud: boolean;
  soft: boolean;
  denied: boolean;
  futureRefused: boolean;
  readings: number;
}

/** All that was answered and refused, as far as it still matters. */
export interface Memory extends Heard {
  /** To be called before a night's run. */
  begin(plan: NightPlan): void;
  /** What may be stored of each bucket of a place, oldest first. */
  given(place: string): ReadonlyMap<number, readonly Given[]>;
  cut(place: string): Cut | null;
  note(place: string): NightNote;
  /** From when on a place is granted every dimension, where a refusal of an earlier night was of older days only. */
  grantedSince(place: string): number | null;
  readonly tieOuts: number;
}

export function createMemory(now: () => number): Memory {
  const places = new Map<string, Map<number, Given[]>>();
  const cuts = new Map<string, Cut>();
  const refusals = new Map<string, { readonly first: number; readonly before: number }>();
  let notes = new Map<string, NightNote>();
  let plan: NightPlan | null = null;
  let tieOuts = 0;

  const noteOf = (place: string): NightNote => {
    const known = notes.get(place);
    if (known !== undefined) return known;
    const fresh = { loud: false, perhapsLoud: false, soft: false, denied: false, futureRefused: false, readings: 0 };
    notes.set(place, fresh);
    return fresh;
  };

  const cutAt = (place: string, from: number): void => {
    const night = plan?.night ?? 0;
    const known = cuts.get(place);
    // What is left out of a short answer tells less of the cut than what is left out of a long one.
    const furthest = known?.night === night ? Math.max(known.from, from) : from;
    cuts.set(place, { night, at: now(), from: furthest });
  };

  const answered = (asked: Asked, chain: Chain): void => {
    const wanted = wantedFor(plan, asked);
    if (plan === null || wanted === null) return;
    const place = placeName(placeOf(asked));
    const note = noteOf(place);
    const isTieOut = asked.groupBy.length === 0 && wanted.groupBy.length > 0;
    const meanings = [...chain.meanings];
    const isReading = asked.limit > 1 && !isTieOut;
    if (isTieOut) tieOuts += 1;
    if (isReading) note.readings += 1;
    listen(note, chain, isReading);
    const left = meanings.filter(([, { kind, loud }]) => kind === 'nothing' && !loud).map(([position]) => position);
    if (left.length > 0) cutAt(place, Math.max(...left) + widthSeconds[asked.width]);
    if (isTieOut) return;
    const known = places.get(place) ?? new Map<number, Given[]>();
    places.set(place, known);
    for (const [position, meaning] of meanings) {
      if (meaning.kind === 'nothing') continue;
      const given: Given = {
        night: plan.night,
        at: now(),
        kind: meaning.kind,
        lines: meaning.rows.map(rowLine).toSorted(),
        groupBy: asked.groupBy,
        wantedGroupBy: wanted.groupBy,
        filters: filtersText(asked.filters),
        isClosed: position + widthSeconds[asked.width] <= now(),
        isReading,
      };
      known.set(position, [
        ...(known.get(position) ?? []).filter((one) => !supersedes(asked.endpoint, given, one)),
        given,
      ]);
    }
  };

  const refused = (asked: Asked, { about }: Refusal): void => {
    const place = placeName(placeOf(asked));
    const note = noteOf(place);
    if (about.kind === 'horizon') cutAt(place, about.from);
    if (about.kind === 'grouping') {
      const night = plan?.night ?? 0;
      const known = refusals.get(place);
      const before = about.before ?? Number.POSITIVE_INFINITY;
      refusals.set(place, { first: known?.before === before ? known.first : night, before });
    }
    if (about.kind === 'denied') note.denied = true;
    if (about.kind === 'future') note.futureRefused = true;
    if (about.kind !== 'denied') note.soft ||= about.kind !== 'grouping';
  };

  return {
    begin: (next) => {
      plan = next;
      notes = new Map();
    },
    answered,
    refused,
    given: (place) => places.get(place) ?? new Map(),
    cut: (place) => cuts.get(place) ?? null,
    note: noteOf,
    grantedSince: (place) => {
      const known = refusals.get(place);
      return known !== undefined && known.first < (plan?.night ?? 0) ? known.before : null;
    },
    get tieOuts() {
      return tieOuts;
    },
  };
}

/** Notes how loudly an answer lacks something. */
function listen(note: NightNote, { meanings }: Chain, isReading: boolean): void {
  for (const { kind, loud } of meanings.values()) {
    if (loud) note[isReading ? 'loud' : 'perhapsLoud'] = true;
    else if (kind !== 'rows') note.soft = true;
  }
}

/**
 * True where the store may no longer hold the older answer once it has the newer: what counted may not be stale. An
 * answer of fewer dimensions need not take the place of a whole one of a bucket that had ended, or that it confirms.
 */
function supersedes(endpoint: Endpoint, newer: Given, older: Given): boolean {
  if (!newer.isReading || newer.kind === 'either') return false;
  return !keepsDetail(newer, older) && !confirms(endpoint, newer, older);
}

/** True where an answer has fewer dimensions, all of another's still being wanted, and narrows to the same. */
function losesDetail(newer: Given, older: Given): boolean {
  return (
    newer.filters === older.filters &&
    older.groupBy.length > newer.groupBy.length &&
    newer.groupBy.every((name) => older.groupBy.includes(name)) &&
    older.groupBy.every((name) => newer.wantedGroupBy.includes(name))
  );
}

/** True where the store may keep an older answer for its dimensions alone. */
export function keepsDetail(newer: Given, older: Given): boolean {
  return losesDetail(newer, older) && (older.isClosed || older.night === newer.night);
}

/** True where an answer of fewer dimensions says the same as an older one. */
export function confirms(endpoint: Endpoint, newer: Given, older: Given): boolean {
  if (newer.kind !== 'rows' || !losesDetail(newer, older)) return false;
  const dropped = older.groupBy.filter((name) => !newer.groupBy.includes(name));
  return coarsened(endpoint, older.lines, dropped).join('\n') === newer.lines.join('\n');
}

function placeOf({ organization, endpoint, width }: Asked) {
  return { organization, dataset: endpoint.name, width };
}

function wantedFor(plan: NightPlan | null, { organization, endpoint }: Asked): Wanted | null {
  return plan?.wanted.find((one) => one.organization === organization && one.dataset === endpoint.name) ?? null;
}
