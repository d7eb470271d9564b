import { parseArgs } from 'node:util';
import { createDatabase, openServer } from '../database.ts';
import { deck } from './deck.ts';
import { shortened } from './difference.ts';
import { type FuzzOutcome, fuzz } from './fuzz.ts';

/**
 * Lives through nights on which the API misbehaves and the settings change, and holds everything that can be read of the
 * store against what was answered.
 *
 *   npm run -s fuzz -- [--seed 1] [--seeds 5] [--nights 12] [--only null-start,settings]
 */

const { values } = parseArgs({
  options: {
    /** The first seed. */
    seed: { type: 'string' },
    /** How many, one after the other. Default: 1 where --seed is given. */
    seeds: { type: 'string' },
    nights: { type: 'string', default: '12' },
    /** What happens, by name or by what it is about; everything by default. */
    only: { type: 'string' },
  },
});

const first = wholeNumber('seed', values.seed ?? '1');
const count = wholeNumber('seeds', values.seeds ?? (values.seed === undefined ? '5' : '1'));
const nights = wholeNumber('nights', values.nights);
const only = values.only?.split(',').map(known) ?? null;

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new RangeError(`--${name} ${text}: a whole number from 1 on`);
}

function known(name: string): string {
  const names = [...new Set(deck.flatMap((card) => [card.name, card.about]))];
  if (names.includes(name)) return name;
  throw new RangeError(`--only ${name}: one of ${names.join(', ')}`);
}

function line({ seed, nights: lived, requests, struck, exits, difference }: FuzzOutcome): string {
  const faults = [...struck.values()].reduce((sum, times) => sum + times, 0);
  const ends = [...exits].toSorted(([a], [b]) => a - b).map(([exit, times]) => `${times} × ${exit}`);
  return [
    `seed ${seed}: ${lived} nights, ${requests} requests`,
    `${faults} faults of ${struck.size} kinds, exit codes ${ends.join(', ') || 'none'}`,
    `${difference === null ? 0 : 1} differences`,
  ].join(', ');
}

function again(seed: number): string {
  const chosen = only === null ? '' : ` --only ${only.join(',')}`;
  return `npm run -s fuzz -- --seed ${seed} --nights ${nights}${chosen}`;
}

const server = await openServer();
try {
  for (let seed = first; seed < first + count; seed += 1) {
    const database = await createDatabase(server);
    try {
      const outcome = await fuzz(database, { seed, nights, only });
      console.log(line(outcome));
      if (outcome.difference === null) continue;
      console.log(outcome.difference.split('\n').map(shortened).join('\n'));
      console.log(`  again: ${again(seed)}`);
      process.exitCode = 1;
    } finally {
      await database.close();
    }
  }
} finally {
  await server.close();
}
