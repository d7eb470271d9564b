import { expectThat } from './difference.ts';
import type { Memory } from './memory.ts';
import { type NightPlan, placeName, placesOf } from './plan.ts';

/** Exit codes that tell the truth of what was answered on a night. */
function honestExits(plan: NightPlan, memory: Memory): readonly number[] {
  const notes = placesOf(plan.wanted).map((place) => memory.note(placeName(place)));
  const loud = notes.filter((note) => note.loud || note.denied);
  if (loud.length > 0) return loud.length === notes.length ? [1, 3] : [3];
  const maySay = notes.some((note) => note.soft || note.perhapsLoud);
  return maySay ? [0, 3] : [0];
}

/** Holds the exit code of a run against what it was answered. Throws Difference. */
export function checkExit(plan: NightPlan, memory: Memory, exit: number, said: string): void {
  const honest = honestExits(plan, memory);
  expectThat(honest.includes(exit), () => `exit code ${exit} where ${honest.join(' or ')} is true: ${said}`);
}
