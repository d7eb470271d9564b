/** ISO dates and date-times (UTC unless they say otherwise), Unix seconds, Unix milliseconds. */
const instantPattern =
  /\b(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)\d*\s?(?<zone>Z\b|[+-]\d{2}:?\d{2})?)?|\b(?<unix>\d{10}(?:\d{3})?)\b/gi;

interface Named {
  readonly instant: Date;
  readonly index: number;
  readonly end: number;
}

/** Days as people write them: 11/23/2025, 2025/11/23, November 23, 2025, 23 Nov 2025. */
const writtenPattern =
  /\b(?<first>\d{1,2})\/(?<second>\d{1,2})\/(?<shortYear>\d{4})\b|\b(?<year>\d{4})\/(?<monthNumber>\d{1,2})\/(?<dayNumber>\d{1,2})\b|\b(?<month>[a-z]{3,9})\.?\s+(?<dayAfter>\d{1,2})(?:st|nd|rd|th)?,?\s+(?<yearAfter>\d{4})\b|\b(?<dayBefore>\d{1,2})(?:st|nd|rd|th)?\s+(?<monthAfter>[a-z]{3,9})\.?,?\s+(?<yearLast>\d{4})\b/gi;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * The instants that the API's refusal of a longer lookback names, the likeliest horizon first. The message may also name
 * the requested start, so what is called "earliest" comes first; without that word the latest instant does, because a
 * refused start lies before the horizon. Any of them may be about something else: who uses one proves it.
 */
export function namedInstants(message: string): readonly Date[] {
  const named = instantsIn(message);
  const latestFirst = named.map(({ instant }) => instant).toSorted((a, b) => b.getTime() - a.getTime());
  const called = calledEarliest(message, named);
  const ordered = called === null ? latestFirst : [called, ...latestFirst];
  return [...new Set(ordered.map(Number))].map((instant) => new Date(instant));
}

function calledEarliest(message: string, named: readonly Named[]): Date | null {
  const word = /\bearliest\b/i.exec(message);
  if (word === null) return null;
  const before = named.find(({ end }) => /^[^.;\d]{0,12}\b(?:is|was) (?:the )?$/i.test(message.slice(end, word.index)));
  return (before ?? named.find(({ index }) => index > word.index))?.instant ?? null;
}

function instantsIn(message: string): readonly Named[] {
  const at = (match: RegExpExecArray) => ({ index: match.index, end: match.index + match[0].length });
  const dated = [...message.matchAll(instantPattern)].flatMap((match) => {
    const instant = toInstant(match.groups ?? {});
    return instant === null ? [] : [{ instant, ...at(match) }];
  });
  const written = [...message.matchAll(writtenPattern)].flatMap((match) =>
    writtenDays(match.groups ?? {}).map((instant) => ({ instant, ...at(match) })),
  );
  return [...dated, ...written].toSorted((a, b) => a.index - b.index);
}

/** 11/12/2025 is a day of November or of December: both are named. */
function writtenDays(groups: Readonly<Record<string, string | undefined>>): readonly Date[] {
  const { first, second, shortYear, year, monthNumber, dayNumber } = groups;
  if (shortYear !== undefined) return [dayOf(shortYear, first, second), dayOf(shortYear, second, first)].filter(isDate);
  if (year !== undefined) return [dayOf(year, monthNumber, dayNumber)].filter(isDate);
  const name = (groups['month'] ?? groups['monthAfter'] ?? '').slice(0, 3).toLowerCase();
  const month = String(months.indexOf(name) + 1);
  return [dayOf(groups['yearAfter'] ?? groups['yearLast'], month, groups['dayAfter'] ?? groups['dayBefore'])].filter(
    isDate,
  );
}

function dayOf(year: string | undefined, month = '', day = ''): Date | null {
  return toInstant({ date: `${year ?? ''}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` });
}

function isDate(value: Date | null): value is Date {
  return value !== null;
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
