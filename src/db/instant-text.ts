/**
 * How an instant is written in a text file, in UTC: with microseconds, which is all that PostgreSQL holds; or in whole
 * seconds, the only form of a DateTime that FOCUS has.
 */
export type InstantForm = 'microseconds' | 'seconds';

const patterns: Readonly<Record<InstantForm, string>> = {
  microseconds: 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"',
  seconds: 'YYYY-MM-DD"T"HH24:MI:SS"Z"',
};

/** The SQL of an instant as text. */
export function instantText(sql: string, form: InstantForm): string {
  return `to_char(${sql} at time zone 'UTC', '${patterns[form]}')`;
}
