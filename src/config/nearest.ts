import { distance } from 'fastest-levenshtein';

/** Shorter beginnings fit too many names to mean one of them. */
const shortestBeginning = 3;

/** The accepted name that a mistyped or shortened one most likely meant, or null when none is close. */
export function nearestName(received: string, accepted: readonly string[]): string | null {
  const meant = folded(received);
  const ranked = accepted
    .map((name) => ({ name, edits: editsBetween(meant, folded(name)) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.ceil(meant.length / 3) ? best.name : null;
}

function editsBetween(meant: string, name: string): number {
  const edits = distance(meant, name);
  return meant.length >= shortestBeginning && name.startsWith(meant) ? Math.min(edits, 1) : edits;
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}
