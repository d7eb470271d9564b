import { distance } from 'fastest-levenshtein';

/** The accepted name that a mistyped one most likely meant, or null when none is close. */
export function nearestName(received: string, accepted: readonly string[]): string | null {
  const folded = received.toLowerCase().replaceAll('-', '_');
  const ranked = accepted
    .map((name) => ({ name, edits: distance(folded, name.toLowerCase().replaceAll('-', '_')) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.ceil(folded.length / 3) ? best.name : null;
}
