import { all } from './sql.ts';

/** What a person has chosen: the values of each variable. */
export type Choice = Readonly<Record<string, readonly string[]>>;

/** What every dashboard shows before anybody has chosen anything, in dollars. */
export const everything: Choice = {
  org: [all],
  currency: ['usd'],
  project: [all],
  team: [all],
  family: [all],
  user: [all],
  zone: ['America/New_York'],
};

/**
 * A query as Grafana sends it: the bounds of the time range and the chosen values put in, quotes doubled as its
 * `sqlstring` does. Throws Error when anything of Grafana's is left in it.
 */
export function asGrafanaSends(
  sql: string,
  { from, to, choice = everything }: { readonly from: string; readonly to: string; readonly choice?: Choice },
): string {
  const sent = sql
    .replaceAll('$__timeFrom()', `'${from}'`)
    .replaceAll('$__timeTo()', `'${to}'`)
    .replaceAll(/\$\{(\w+):sqlstring\}/g, (_, name: string) =>
      (choice[name] ?? []).map((value) => `'${value.replaceAll("'", "''")}'`).join(','),
    );
  if (/\$__|\$\{/.test(sent)) throw new Error(`a macro is left in: ${sent}`);
  return sent;
}
