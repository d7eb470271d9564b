/** ISO dates and date-times (UTC unless they say otherwise), Unix seconds, Unix milliseconds. */
const instantPattern =
  /\b(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)\d*\s?(?<zone>Z\b|[+-]\d{2}:?\d{2})?)?|\b(?<unix>\d{10}(?:\d{3})?)\b/gi;

interface Named {
  readonly instant: Date;
  readonly index: number;
  readonly end: number;
}

/**
 * The earliest instant the API still answers, as its refusal of a longer lookback states it; null when it states none.
 * The message may also name the requested start, so what is called "earliest" wins; without that word the latest
 * instant does, because a refused start lies before the horizon.
 */
export function earliestInstant(message: string): Date | null {
  const named = instantsIn(message);
  const word = /\bearliest\b/i.exec(message);
  if (word !== null) {
    const before = named.find(({ end }) =>
      /^[^.;\d]{0,12}\b(?:is|was) (?:the )?$/i.test(message.slice(end, word.index)),
    );
    const called = before ?? named.find(({ index }) => index > word.index);
    if (called !== undefined) return called.instant;
  }
  return named.reduce<Date | null>(
    (latest, { instant }) => (latest === null || instant > latest ? instant : latest),
    null,
  );
}

function instantsIn(message: string): readonly Named[] {
  return [...message.matchAll(instantPattern)].flatMap((match) => {
    const instant = toInstant(match.groups ?? {});
    return instant === null ? [] : [{ instant, index: match.index, end: match.index + match[0].length }];
  });
}

function toInstant(groups: Readonly<Record<string, string | undefined>>): Date | null {
  const { date, time, zone, unix } = groups;
  if (unix !== undefined) return new Date(unix.length === 10 ? Number(unix) * 1000 : Number(unix));
  if (date === undefined) return null;
  const midnight = new Date(`${date}T00:00:00Z`);
  // Date rolls 31 February over to March instead of refusing it.
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== date) return null;
  if (time === undefined) return midnight;
  const instant = new Date(`${date}T${time}${withColon(zone?.toUpperCase() ?? 'Z')}`);
  return Number.isNaN(instant.getTime()) ? null : instant;
}

function withColon(zone: string): string {
  return zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
}
