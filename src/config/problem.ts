import { type ErrorCode, EtlError } from '../errors.ts';
import { redact } from '../log.ts';
import { nearestName } from './nearest.ts';

/** One thing that is wrong with what the program was told. */
export interface Problem {
  /** Name of the environment variable, or file, line and path in the YAML document. */
  readonly where: string;
  /** What is wrong there: what was received, never a secret. */
  readonly received: string;
  /** What would be right. */
  readonly accepted: string;
  /** The accepted name that was most likely meant. */
  readonly suggestion: string | null;
}

/** A problem, with the name that was most likely meant looked up among `names`. */
export function problem(
  where: string,
  received: string,
  accepted: string,
  meant: { name: string; names: readonly string[] } | null = null,
): Problem {
  return {
    where: redact(where),
    received: redact(received),
    accepted,
    suggestion: meant && nearestName(meant.name, meant.names),
  };
}

const longestReceivedCharacters = 80;

/** A received value as a problem shows it: quoted, short, and redacted. */
export function quoted(value: unknown): string {
  const text = redact(JSON.stringify(value) ?? String(value));
  return text.length <= longestReceivedCharacters ? text : `${text.slice(0, longestReceivedCharacters)}…`;
}

/** One problem in one line. */
function problemLine({ where, received, accepted, suggestion }: Problem): string {
  const meant = suggestion === null ? '' : `; did you mean ${suggestion}?`;
  return `${where}: ${received}; accepted: ${accepted}${meant}`;
}

const subjects = {
  config_invalid: 'the configuration',
  arguments_invalid: 'the arguments',
  mapping_invalid: 'the mapping',
  budgets_invalid: 'the budgets',
  key_missing: 'the configuration',
} as const satisfies Partial<Record<ErrorCode, string>>;

/** Every problem of a configuration, of arguments, of a mapping or of budgets at once, a line each. */
export class ConfigError extends EtlError {
  readonly problems: readonly Problem[];

  constructor(code: keyof typeof subjects, problems: readonly Problem[]) {
    const subject = subjects[code];
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(code, [`${count} in ${subject}`, ...problems.map(problemLine)].join('\n'));
    this.problems = problems;
  }
}
