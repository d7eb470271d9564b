import { daySeconds, endpointNamed, type Width, widthSeconds } from './contract.ts';
import { Difference, expectThat } from './difference.ts';
import { confirms, type Given, keepsDetail, type Memory } from './memory.ts';
import {
  filtersText,
  instantText,
  type NightPlan,
  placeName,
  settleSeconds,
  type Wanted,
  wantedPositions,
} from './plan.ts';
import { rowLine } from './results.ts';
import type { Store } from './store.ts';

/** After so long the API is asked again whether it goes further back. */
const cutTrustedSeconds = 7 * daySeconds;

/**
 * What was wanted and was not read, though the API would have answered: that is a difference where nothing was said to be
 * missing. Throws Difference.
 */
export function checkDue(plan: NightPlan, store: Store, memory: Memory, exit: number): void {
  for (const wanted of plan.wanted) {
    for (const width of wanted.widths) {
      const note = memory.note(placeName({ ...wanted, width }));
      const isCalm = !note.loud && !note.perhapsLoud && !note.denied;
      if (isCalm || exit === 0) checkPlace({ plan, wanted, width, store, memory, exit });
    }
  }
}

interface Due {
  readonly plan: NightPlan;
  readonly wanted: Wanted;
  readonly width: Width;
  readonly store: Store;
  readonly memory: Memory;
  readonly exit: number;
}

function checkPlace({ plan, wanted, width, store, memory, exit }: Due): void {
  const place = placeName({ ...wanted, width });
  const since = earliestDue(plan, memory, place);
  const until = memory.note(place).futureRefused ? plan.at : Number.POSITIVE_INFINITY;
  const granted = memory.grantedSince(place) ?? Number.POSITIVE_INFINITY;
  for (const position of wantedPositions(wanted, width, plan.at)) {
    const end = position + widthSeconds[width];
    if (position < since || end > until) continue;
    const given = memory.given(place).get(position) ?? [];
    checkPosition(plan, wanted, { place, position, end }, given, exit);
    if (position >= granted && end + settleSeconds > plan.at) expectDetail(plan, wanted, place, position, given);
    if (exit === 0) expectHeld(store, place, position, given, wanted.dataset);
  }
}

/** The first instant of a place that the API answers, as far as its client can know. */
function earliestDue(plan: NightPlan, memory: Memory, place: string): number {
  const cut = memory.cut(place);
  if (cut === null) return Number.NEGATIVE_INFINITY;
  const isTrusted = cut.night === plan.night || (!isBackfilled(plan, place) && plan.at - cut.at < cutTrustedSeconds);
  return isTrusted ? cut.from : Number.NEGATIVE_INFINITY;
}

function isBackfilled({ backfills }: NightPlan, place: string): boolean {
  return backfills.some(({ organization, dataset }) => place.startsWith(`${organization} ${dataset} `));
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

/** What is recent is asked for with every dimension that it is granted with. */
function expectDetail(
  { night }: NightPlan,
  wanted: Wanted,
  place: string,
  position: number,
  given: readonly Given[],
): void {
  const tonight = given.filter((one) => one.night === night);
  expectThat(
    tonight.length === 0 || tonight.some(({ groupBy }) => groupBy.join() === wanted.groupBy.join()),
    () =>
      `${place} ${instantText(position)}: read by ${tonight[0]?.groupBy.join(', ')} only, though just older days are refused more`,
  );
}

/** Exit code 0 says that nothing is missing. */
function expectHeld(store: Store, place: string, position: number, given: readonly Given[], dataset: string): void {
  const stored = store.get(place)?.get(position);
  const newest = given.findLastIndex(({ isReading }) => isReading);
  if (newest < 0) return;
  const lines = stored?.facts.map(({ fields }) => rowLine(fields)).toSorted() ?? [];
  const isSame = (one: Given) => one.lines.join('\n') === lines.join('\n');
  // Where the newest reading may be unholdable, a finer one it has not replaced is as good, and so is one that is confirmed.
  const isGood = (one: Given, index: number) =>
    (index === newest && one.kind === 'rows') ||
    isSame(one) ||
    given.some((older) => isSame(older) && older.kind === 'rows' && keepsDetail(one, older)) ||
    given.some((older) => isSame(older) && confirms(endpointNamed(dataset), one, older));
  const isHeld = (stored?.entry ?? null) !== null && given.some((one, index) => index >= newest && isGood(one, index));
  expectThat(isHeld, () => `${place} ${instantText(position)}: not stored, exit 0`);
}
