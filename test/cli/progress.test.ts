import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createProgressBar } from '../../src/cli/progress.ts';
import { createStyle } from '../../src/cli/style.ts';
import type { Output } from '../../src/cli/terminal.ts';
import type { Clock } from '../../src/clock.ts';

/** A clock that is moved by hand; what waits for it is called as it passes. */
function handClock() {
  let ms = 0;
  const ticks = new Set<() => void>();
  const clock: Clock = {
    now: () => new Date(ms),
    monotonicMs: () => ms,
    sleep: () => Promise.reject(new Error('nobody sleeps here')),
    every: (_milliseconds, callback) => {
      ticks.add(callback);
      return () => ticks.delete(callback);
    },
  };
  const pass = (milliseconds: number) => {
    ms += milliseconds;
    for (const tick of ticks) tick();
  };
  return { clock, pass };
}

function screen(columns: number) {
  const written: string[] = [];
  const push = (text: string) => {
    written.push(text);
  };
  const output: Output = {
    isTerminal: true,
    style: createStyle(false, columns),
    push,
    write: (text) => {
      push(String(text));
      return Promise.resolve(true);
    },
  };
  return { output, written };
}

describe('the progress bar', () => {
  it('shows nothing of work that is done within two seconds', () => {
    const { clock, pass } = handClock();
    const { output, written } = screen(80);
    const bar = createProgressBar(output, clock);
    bar.planned('costs 1d', 3);
    pass(1900);
    bar.advanced('costs 1d', 10);
    bar.finished();
    expect(written).toEqual([]);
  });

  it('shows how far longer work is, and is gone when it is done', () => {
    const { clock, pass } = handClock();
    const { output, written } = screen(80);
    const bar = createProgressBar(output, clock);
    bar.planned('costs 1d', 4);
    bar.advanced('costs 1d', 1234);
    pass(2100);
    expect(stripVTControlCharacters(written.at(-1) ?? '')).toMatch(/█{6}░{18} 1\/4 requests · 1,234 rows · costs 1d$/);
    bar.finished();
    expect(written.at(-1)).toBe('\r\x1b[K');
    pass(5000);
    expect(written.at(-1)).toBe('\r\x1b[K');
  });

  it('never breaks the line of a narrow terminal', () => {
    const { clock, pass } = handClock();
    const { output, written } = screen(40);
    const bar = createProgressBar(output, clock);
    bar.planned('code_interpreter_sessions 1d', 1);
    pass(2100);
    const line = stripVTControlCharacters(written.at(-1) ?? '').replace('\r', '');
    expect([...line].length).toBeLessThan(40);
  });
});
