import { daySeconds, widthSeconds } from './contract.ts';
import { Difference, expectThat } from './difference.ts';
import type { Given, Memory } from './memory.ts';
import {
  filtersText,
  instantText,
  type NightPlan,
  placeName,
  settleSeconds,
  type Wanted,
  wantedPositions,
} from './plan.ts';
import type { Store } from './store.ts';

/** After so long the API is asked again whether it goes further back. */
const cutTrustedSeconds = 7 * daySeconds;

/**
 * What was wanted and was not read, though the API would have answered: that is a difference where nothing was said to be
 * missing. `exit` is null where a run was stopped. Throws Difference.
 */
export function checkDue(plan: NightPlan, store: Store, memory: Memory, exit: number): void {
  for (const wanted of plan.wanted) {
    for (const width of wanted.widths) {
      const place = placeName({ ...wanted, width });
      const note = memory.note(place);
      const isCalm = !note.loud && !note.perhapsLoud && !note.denied;
      if (!isCalm && exit !== 0) continue;
      const since = earliestDue(plan, memory, place);
      for (const position of wantedPositions(wanted, width, plan.at)) {
        if (position < since) continue;
        const end = position + widthSeconds[width];
        if (note.futureRefused && end > plan.at) continue;
        const given = memory.given(place).get(position) ?? [];
        checkPosition(plan, wanted, { place, position, end }, given, exit);
        if (exit === 0) expectHeld(store, place, position, given);
      }
    }
  }
}

/** The first instant of a place that the API answers, as far as its client can know. */
function earliestDue(plan: NightPlan, memory: Memory, place: string): number {
  const cut = memory.cut(place);
  if (cut === null) return Number.NEGATIVE_INFINITY;
  const isTrusted = cut.night === plan.night || (plan.backfillFrom === null && plan.at - cut.at < cutTrustedSeconds);
  return isTrusted ? cut.from : Number.NEGATIVE_INFINITY;
}

interface At {
  readonly place: string;
  readonly position: number;
  readonly end: number;
}

function checkPosition(plan: NightPlan, wanted: Wanted, at: At, given: readonly Given[], exit: number): void {
  const isSettled = given.some(
    (one) =>
      one.at >= at.end + settleSeconds &&
      one.filters === filtersText(wanted.filters) &&
      [one.wantedGroupBy, one.groupBy].some((groupBy) => groupBy.join() === wanted.groupBy.join()),
  );
  if (isSettled || given.some(({ night }) => night === plan.night)) return;
  const before = given.at(-1)?.night;
  const known = before === undefined ? 'never answered' : `last answered on night ${before}`;
  throw new Difference(
    `${at.place} ${instantText(at.position)}: not read, though the API answers (${known}), exit ${exit}`,
  );
}

/** Exit code 0 says that nothing is missing. */
function expectHeld(store: Store, place: string, position: number, given: readonly Given[]): void {
  const entry = store.get(place)?.get(position)?.entry ?? null;
  expectThat(entry !== null || given.length === 0, () => `${place} ${instantText(position)}: not stored, exit 0`);
}
