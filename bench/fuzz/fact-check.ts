import { endpointNamed, widthSeconds } from './contract.ts';
import { Difference, expectLines, expectThat } from './difference.ts';
import { confirms, type Given, type Memory } from './memory.ts';
import { instantText, placeName } from './plan.ts';
import { rowLine } from './results.ts';
import type { Store, Stored } from './store.ts';

/** Holds facts and ledger against what was answered. Throws Difference. */
export function checkFacts(store: Store, memory: Memory, places: readonly string[]): void {
  for (const [place, buckets] of store) {
    for (const [position, stored] of buckets) checkBucket(stored, memory.given(place).get(position) ?? []);
  }
  for (const place of places) {
    const buckets = store.get(place);
    for (const [position, given] of memory.given(place)) {
      if (buckets?.get(position)?.entry !== undefined) continue;
      const told = given.findLast(({ kind, isReading }) => kind === 'rows' && isReading);
      expectThat(
        told === undefined,
        () => `${place} ${instantText(position)}: answered on night ${told?.night} and not stored`,
      );
    }
  }
}

function checkBucket(stored: Stored, given: readonly Given[]): void {
  const name = () => `${placeName(stored)} ${instantText(stored.position)}`;
  const { entry } = stored;
  if (entry === null) throw new Difference(`${name()}: ${stored.facts.length} rows that the ledger knows nothing of`);
  const lines = stored.facts.map(({ fields }) => rowLine(fields)).toSorted();
  expectThat(
    entry.rowCount === lines.length,
    () => `${name()}: the ledger has ${entry.rowCount} rows, the facts ${lines.length}`,
  );
  const same = given.filter((one) => sameLines(one.lines, lines));
  const newest = given.at(-1);
  if (newest === undefined) {
    throw new Difference(
      `${name()}: never answered, and stored as ${lines.length === 0 ? 'nothing used: unanswered is not zero' : `${lines.length} rows`}`,
    );
  }
  if (same.length === 0) {
    const what = () =>
      `${name()}: other than answered on night ${newest.night}, grouped by ${newest.groupBy.join(', ') || 'nothing'}`;
    expectLines(what, newest.lines, lines);
  }
  const isConfirmed = (later: Given, one: Given) => confirms(endpointNamed(stored.dataset), later, one);
  const isClosed = entry.observedAt >= stored.position + widthSeconds[stored.width];
  expectThat(
    !isClosed || same.some((one) => one.isClosed || given.some((later) => later.isClosed && isConfirmed(later, one))),
    () => `${name()}: said to have been read after its end, and never was`,
  );
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
