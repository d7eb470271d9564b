const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Wall-clock time that a zone leaves out when its clocks are put forward. */
export interface Gap {
  /** The instant from which the clocks show `to`. */
  readonly at: Date;
  /** The first wall-clock time left out, and the first that is there again, each written as if it were UTC. */
  readonly from: Date;
  readonly to: Date;
}

/** The gaps of a zone in (after, until], in order. */
export function gapsOf(timezone: string, after: Date, until: Date): readonly Gap[] {
  const wallOf = wallClock(timezone);
  const offsetOf = (ms: number) => wallOf(ms) - ms;
  const gaps: Gap[] = [];
  for (let start = floorTo(after.getTime(), minuteMs); start < until.getTime(); start += hourMs) {
    const end = Math.min(start + hourMs, floorTo(until.getTime(), minuteMs));
    if (offsetOf(end) <= offsetOf(start)) continue;
    const at = firstMinute(start, end, (ms) => offsetOf(ms) > offsetOf(start));
    gaps.push({ at: new Date(at), from: new Date(at + offsetOf(start)), to: new Date(at + offsetOf(end)) });
  }
  return gaps;
}

function floorTo(ms: number, unitMs: number): number {
  return Math.floor(ms / unitMs) * unitMs;
}

/** The first minute in (start, end] of which something is true that stays true. */
function firstMinute(start: number, end: number, isTrue: (ms: number) => boolean): number {
  let [no, yes] = [start, end];
  while (yes - no > minuteMs) {
    const middle = floorTo((no + yes) / 2, minuteMs);
    if (isTrue(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** What the clocks of a zone show at an instant of a whole minute, written as if it were UTC. */
function wallClock(timezone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'));
  };
}
