/** What was answered and what is stored do not go together. The message is for a person. */
export class Difference extends Error {
  override readonly name = 'Difference';
}

/** Throws a Difference unless it holds; `what` is only asked then. */
export function expectThat(holds: boolean, what: () => string): void {
  if (!holds) throw new Difference(what());
}

/** How many lines of a list a difference shows. */
const shownLines = 4;

/** Throws a Difference that shows what is expected and missing, and what is stored and too much. */
export function expectLines(what: () => string, expected: readonly string[], stored: readonly string[]): void {
  const counted = new Map<string, number>();
  for (const line of stored) counted.set(line, (counted.get(line) ?? 0) + 1);
  const missing: string[] = [];
  for (const line of expected) {
    const left = counted.get(line) ?? 0;
    if (left === 0) missing.push(line);
    else counted.set(line, left - 1);
  }
  const surplus = [...counted].flatMap(([line, count]) => Array.from({ length: count }, () => line));
  if (missing.length === 0 && surplus.length === 0) return;
  throw new Difference([what(), ...shown('expected', missing), ...shown('stored', surplus)].join('\n'));
}

function shown(label: string, lines: readonly string[]): readonly string[] {
  const first = lines.slice(0, shownLines).map((line) => `  ${label}: ${shortened(line)}`);
  return lines.length > shownLines ? [...first, `  ${label}: and ${lines.length - shownLines} more`] : first;
}

/** Long texts and numbers in the middle left out. */
export function shortened(line: string): string {
  return line.length <= 300 ? line : `${line.slice(0, 200)} … ${line.slice(-60)} (${line.length} characters)`;
}
