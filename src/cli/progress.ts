import type { Clock } from '../clock.ts';
import { type Progress, silentProgress } from '../run/report.ts';
import type { Footer } from './logging.ts';
import { count } from './numbers.ts';
import type { Output } from './terminal.ts';

/** Work shorter than this shows nothing. */
const patienceMs = 2000;
const redrawMs = 120;
const barCharacters = 24;
const clearLine = '\r\x1b[K';

/** A progress bar on a terminal's last line, which steps aside for log lines. */
export interface ProgressBar extends Progress, Footer {}

/** Nothing to see. */
export const noProgress: ProgressBar = {
  ...silentProgress,
  hide: () => undefined,
  show: () => undefined,
};

interface Task {
  readonly slices: number;
  done: number;
}

/** A bar that appears once the work has taken two seconds. `finished` takes it away and makes it ready for more. */
export function createProgressBar(err: Output, clock: Clock): ProgressBar {
  const tasks = new Map<string, Task>();
  let rows = 0;
  let startedMs: number | null = null;
  let stop: (() => void) | null = null;
  let visible = false;

  const hide = () => {
    if (visible) err.push(clearLine);
    visible = false;
  };
  const show = () => {
    if (startedMs === null || clock.monotonicMs() - startedMs < patienceMs) return;
    err.push(clearLine + barLine([...tasks], rows, err));
    visible = true;
  };
  return {
    hide,
    show,
    planned: (label, slices) => {
      tasks.set(label, { slices, done: 0 });
      startedMs ??= clock.monotonicMs();
      stop ??= clock.every(redrawMs, show);
    },
    advanced: (label, added) => {
      const task = tasks.get(label);
      if (task !== undefined) task.done += 1;
      rows += added;
    },
    finished: () => {
      stop?.();
      stop = null;
      startedMs = null;
      tasks.clear();
      rows = 0;
      hide();
    },
  };
}

function barLine(tasks: readonly (readonly [string, Task])[], rows: number, { style }: Output): string {
  const slices = tasks.reduce((sum, [, task]) => sum + task.slices, 0);
  const done = tasks.reduce((sum, [, task]) => sum + Math.min(task.done, task.slices), 0);
  const filled = slices === 0 ? 0 : Math.round((done / slices) * barCharacters);
  const bar = '█'.repeat(filled) + '░'.repeat(barCharacters - filled);
  const running = tasks.filter(([, task]) => task.done < task.slices).map(([label]) => label);
  const line = `${bar} ${count(done)}/${count(slices)} requests · ${count(rows)} rows · ${running.join(', ')}`;
  return [...line].slice(0, style.columns - 1).join('');
}
