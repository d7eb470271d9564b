import { texts } from '../panels.ts';

/** Colours of what becomes of a budget. */
export const budgetStates = texts({
  ok: { color: 'green' },
  warning: { color: 'orange' },
  forecast_exceeded: { color: 'orange' },
  exceeded: { color: 'red' },
});

/** Numbers for the states of a day, in the order of how much they matter, and how they look. */
export const coverageStates = texts({
  0: { color: 'transparent', text: 'empty' },
  1: { color: 'green', text: 'final' },
  2: { color: 'yellow', text: 'loaded, may still change' },
  3: { color: 'orange', text: 'incomplete: amounts not told' },
  4: { color: 'orange', text: 'missing' },
  5: { color: 'red', text: 'refused' },
});
