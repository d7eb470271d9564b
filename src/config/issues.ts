import type { z } from 'zod';
import { type Problem, problem, quoted } from './problem.ts';

interface Place {
  /** Where a path stands; with `key`, the unknown key below it. */
  locate(path: readonly PropertyKey[], key?: string): string;
  /** What was received as a whole. */
  readonly input: unknown;
  /** True when what stands at the path is not to be shown. */
  isSecret(path: readonly PropertyKey[]): boolean;
}

/** What zod found, as problems. The schemas' own messages are what would be accepted. */
export function problemsOf(error: z.ZodError, place: Place): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const names = issue.message.split(', ');
      return issue.keys.map((key) =>
        problem(place.locate(issue.path, key), 'unknown name', acceptedNames(key, issue.message), { name: key, names }),
      );
    }
    const received = place.isSecret(issue.path)
      ? 'a value that is not shown here'
      : receivedAt(place.input, issue.path);
    const name = valueAt(place.input, issue.path);
    const meant =
      issue.code === 'invalid_value' && typeof name === 'string' ? { name, names: issue.values.map(String) } : null;
    return [problem(place.locate(issue.path), received, issue.message, meant)];
  });
}

/** Keys do not belong in a file that is shared and committed, so that mistake gets its own answer. */
function acceptedNames(key: string, names: string): string {
  if (!/key/i.test(key)) return names;
  return `${names}. Keys do not belong in this file: set OPENAI_ADMIN_KEY, or name a variable or a file under organizations`;
}

function receivedAt(input: unknown, path: readonly PropertyKey[]): string {
  const value = valueAt(input, path);
  return value === undefined || value === null ? 'nothing' : `received ${quoted(value)}`;
}

/** The value at a path, or the nearest one above it where the path leads into a text (a list written with commas). */
function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return value;
    value = Reflect.get(value, name);
  }
  return value;
}
