/**
 * The first bucket of `(lo, hi]` of which `test` is true, where it is false of `lo` and true of `hi` and changes once
 * between them. Asks about as often as the number of buckets has binary digits; the one after `lo` first where
 * `nearFirst` says that it is the likely one.
 */
export async function firstWhere(
  { lo, hi, stepMs, nearFirst = false }: { lo: Date; hi: Date; stepMs: number; nearFirst?: boolean },
  test: (bucket: Date) => Promise<boolean>,
): Promise<Date> {
  let [before, found] = [lo.getTime(), hi.getTime()];
  let middle = nearFirst ? before + stepMs : between(before, found, stepMs);
  while (found - before > stepMs) {
    if (await test(new Date(middle))) found = middle;
    else before = middle;
    middle = between(before, found, stepMs);
  }
  return new Date(found);
}

function between(before: number, found: number, stepMs: number): number {
  return before + Math.max(1, Math.floor((found - before) / stepMs / 2)) * stepMs;
}
