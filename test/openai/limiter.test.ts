import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createLimiter, type Limiter, type Slot } from '../../src/openai/limiter.ts';

const never = new AbortController().signal;

/** Takes so many places at once. */
function take(limiter: Limiter, count: number): Promise<Slot[]> {
  return Promise.all(Array.from({ length: count }, () => limiter.acquire(never)));
}

/** Notes in `order` when the place is given. */
function queue(limiter: Limiter, order: string[], name: string, urgent = false): Promise<Slot> {
  return limiter.acquire(never, urgent).then((slot) => {
    order.push(name);
    return slot;
  });
}

describe('a limiter', () => {
  test('gives places up to its limit and the next when one is given back', async () => {
    const limiter = createLimiter(2);
    const [first] = await take(limiter, 2);
    const order: string[] = [];
    const third = queue(limiter, order, 'third');
    await nextTurn();
    expect(order).toEqual([]);
    first?.release();
    await third;
  });

  test('serves first come first, repetitions before all', async () => {
    const limiter = createLimiter(1);
    const held = await limiter.acquire(never);
    const order: string[] = [];
    const all = [
      queue(limiter, order, 'a'),
      queue(limiter, order, 'b'),
      queue(limiter, order, 'again 1', true),
      queue(limiter, order, 'again 2', true),
    ];
    held.release();
    for (const slot of [all[2], all[3], all[0], all[1]]) (await slot)?.release();
    expect(order).toEqual(['again 1', 'again 2', 'a', 'b']);
  });

  test('halves down to one, once for each batch in flight', async () => {
    const limiter = createLimiter(5);
    const batch = await take(limiter, 5);
    expect(batch.map((slot) => slot.throttled())).toEqual([true, false, false, false, false]);
    expect(limiter.limit).toBe(2);
    for (const slot of batch) slot.release();

    const next = await take(limiter, 2);
    expect(next.map((slot) => slot.throttled())).toEqual([true, false]);
    expect(limiter.limit).toBe(1);
    for (const slot of next) slot.release();

    const last = await limiter.acquire(never);
    expect(last.throttled()).toBe(false);
    expect(limiter.limit).toBe(1);
  });

  test('admits nobody while more than the lowered limit are in flight', async () => {
    const limiter = createLimiter(4);
    const batch = await take(limiter, 4);
    batch[0]?.throttled();
    const order: string[] = [];
    const waiting = queue(limiter, order, 'waiting');
    batch[0]?.release();
    batch[1]?.release();
    await nextTurn();
    expect(order).toEqual([]);
    batch[2]?.release();
    await waiting;
  });

  test('recovers one by one after runs of successes, up to where it started', async () => {
    const limiter = createLimiter(4);
    const [slot] = await take(limiter, 4);
    slot?.throttled();
    const limits: number[] = [];
    for (let successes = 0; successes < 40; successes += 1) {
      slot?.succeeded();
      limits.push(limiter.limit);
    }
    expect(limits.indexOf(3)).toBe(7);
    expect(limits.indexOf(4)).toBe(15);
    expect(Math.max(...limits)).toBe(4);
  });

  test('starts the run of successes anew when throttled again', async () => {
    const limiter = createLimiter(4);
    const [slot] = await take(limiter, 4);
    slot?.throttled();
    for (let successes = 0; successes < 7; successes += 1) slot?.succeeded();
    slot?.throttled();
    slot?.succeeded();
    expect(limiter.limit).toBe(2);
  });

  test('lets one more in as soon as it recovers', async () => {
    const limiter = createLimiter(2);
    const [first, second] = await take(limiter, 2);
    first?.throttled();
    second?.release();
    const order: string[] = [];
    const waiting = queue(limiter, order, 'waiting');
    for (let successes = 0; successes < 8; successes += 1) first?.succeeded();
    await waiting;
  });

  test('forgets who stops waiting and gives the place to the next', async () => {
    const limiter = createLimiter(1);
    const held = await limiter.acquire(never);
    const abort = new AbortController();
    const leaving = limiter.acquire(abort.signal);
    const staying = limiter.acquire(never);
    abort.abort(new Error('enough'));
    await expect(leaving).rejects.toThrow('enough');
    held.release();
    await staying;
  });

  test('gives no place to who comes aborted', async () => {
    const limiter = createLimiter(1);
    await expect(limiter.acquire(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    await limiter.acquire(never);
  });

  test('counts a place given back twice once', async () => {
    const limiter = createLimiter(1);
    const held = await limiter.acquire(never);
    held.release();
    held.release();
    await limiter.acquire(never);
    const order: string[] = [];
    queue(limiter, order, 'second').catch(() => undefined);
    await nextTurn();
    expect(order).toEqual([]);
  });
});
