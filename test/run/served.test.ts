import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { decisions } from '../../src/catalog/datasets/decisions.ts';
import { EtlError } from '../../src/errors.ts';
import { silentProgress } from '../../src/run/report.ts';
import { isServed } from '../../src/run/served.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';

const all = { command: 'sync', organizations: null, datasets: null } as const;
const proof = { ...all, command: 'verify' } as const;

describe('a schedule counts as served', () => {
  let nights: Nights;
  beforeEach(async () => {
    nights = await liveThroughNights({ datasets: [completions, costs, decisions], days: 5 });
  });
  afterEach(async () => {
    await nights.close();
  });

  const served = (schedule: Parameters<typeof isServed>[2], since: Date) =>
    isServed(nights.store, nights.config, schedule, since);

  it('when everything it is for was read since it fell due, and not before', async () => {
    const due = nights.clock.now();
    expect(await served(all, due)).toBe(false);
    await nights.sync({ datasets: ['completions'] });
    expect(await served(all, due)).toBe(false);
    expect(await served({ ...all, datasets: ['completions'] }, due)).toBe(true);
    await nights.sync();
    expect(await served(all, due)).toBe(true);
    expect(await served(all, new Date(due.getTime() + 86_400_000))).toBe(false);
  });

  it('when the organization lacks a dataset and it was asked for', async () => {
    nights.simulator.setFaults([{ when: { dataset: 'decisions' }, then: { kind: 'status', status: 404 } }]);
    const due = nights.clock.now();
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    expect(await served(all, due)).toBe(true);
  });

  it('not by a night in which a dataset got no answer', async () => {
    const due = nights.clock.now();
    nights.simulator.setFaults([{ when: { dataset: 'costs' }, then: { kind: 'status', status: 503 } }]);
    expect(await nights.sync()).toMatchObject({ exit_code: 3 });
    expect(await served(all, due)).toBe(false);
  });

  it('not by a run that was stopped halfway, though the newest days are read first', async () => {
    const due = nights.clock.now();
    const range = { datasets: ['completions'], from: daysBack(nights, 200) };
    const stopped = new AbortController();
    const progress = { ...silentProgress, advanced: () => stopped.abort(new EtlError('interrupted', 'told to stop')) };
    const config = { ...nights.config, concurrency: 1 };
    const halfway = nights.sync(range, { config, signal: stopped.signal, progress });
    await expect(halfway).rejects.toMatchObject({ code: 'interrupted' });
    expect(await served({ ...all, datasets: ['completions'] }, due)).toBe(false);
    expect(await nights.sync(range)).toMatchObject({ exit_code: 0 });
    expect(await served({ ...all, datasets: ['completions'] }, due)).toBe(true);
  });

  it('when it proves, by a comparison that came to an end', async () => {
    await nights.sync();
    const due = nights.clock.now();
    expect(await served(proof, due)).toBe(false);
    await nights.verify();
    expect(await served(proof, due)).toBe(true);
  });
});
