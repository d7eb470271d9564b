import { describe, expect, test } from 'vitest';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { readPages, type SliceRequest } from '../../src/openai/pages.ts';
import { testClient } from './support/client.ts';
import { day, decode, page, type TestPage } from './support/page.ts';
import { json, type Received, type ScriptedServer, serve } from './support/server.ts';

const request: SliceRequest = {
  dataset: costs,
  width: '1d',
  start: new Date(day(1) * 1000),
  end: new Date(day(4) * 1000),
  limit: 3,
  groupBy: ['project_id'],
  filters: { project_ids: ['proj_1'] },
  softMaxBytes: null,
};
const signal = new AbortController().signal;

/** A server that answers request N with what the function says. */
function servePages(pageOf: (number: number, request: Received) => object): Promise<ScriptedServer> {
  return serve((received) => json(pageOf(received.number, received)));
}

async function read(server: ScriptedServer, asked: SliceRequest = request): Promise<TestPage[]> {
  return Array.fromAsync(readPages(testClient(server.baseUrl).client, asked, decode, signal));
}

describe('the pages of a slice', () => {
  test('are one where the API says so', async () => {
    const server = await servePages(() => page([day(1), day(2), day(3)], null));
    expect(await read(server)).toHaveLength(1);
  });

  test('follow the cursor, with every parameter sent again', async () => {
    const server = await servePages((number) =>
      number < 3 ? page([day(number)], `page_${number}=+/`) : page([day(3)], null),
    );
    expect((await read(server)).map(({ bucketStarts }) => bucketStarts)).toEqual([[day(1)], [day(2)], [day(3)]]);

    const [first, ...others] = server.received.map(({ query }) => Object.fromEntries(query));
    expect(first).toEqual({
      start_time: String(day(1)),
      end_time: String(day(4)),
      bucket_width: '1d',
      limit: '3',
      'group_by[]': 'project_id',
      'project_ids[]': 'proj_1',
    });
    expect(others).toEqual([
      { ...first, page: 'page_1=+/' },
      { ...first, page: 'page_2=+/' },
    ]);
  });

  test('end where has_more is false even with a cursor present', async () => {
    const server = await servePages(() => page([day(1)], 'left_over', { has_more: false }));
    expect(await read(server)).toHaveLength(1);
  });

  test('end at the last bucket under empty pages with ever new cursors', async () => {
    const server = await servePages((number) => page(number === 1 ? [day(1), day(2), day(3)] : [], `page_${number}`));
    expect(await read(server)).toHaveLength(2);
    expect(server.received).toHaveLength(2);
  });

  test('end at the last bucket under pages that only repeat it, empty', async () => {
    const empty = { object: 'bucket', start_time: day(3), results: [] };
    const server = await servePages((number) =>
      number === 1 ? page([day(1), day(2), day(3)], 'page_1') : { ...page([], `page_${number}`), data: [empty] },
    );
    expect(await read(server)).toHaveLength(2);
  });

  test('end at the last bucket where the API goes on beyond the end', async () => {
    const server = await servePages((number) => page([day(number)], `page_${number}`));
    expect(await read(server)).toHaveLength(4);
  });

  test('go on over empty ones before the last bucket', async () => {
    const server = await servePages((number) => page(number === 6 ? [day(3)] : [], number === 6 ? null : `p${number}`));
    expect(await read(server)).toHaveLength(6);
  });

  test('go on over an empty one where the newest come first', async () => {
    const pages = [[day(3)], [], [day(2)], [day(1)]];
    const server = await servePages((number) => page(pages[number - 1] ?? [], number < 4 ? `p${number}` : null));
    expect(await read(server)).toHaveLength(4);
  });

  test('go on as long as they bring results not seen before, in however few buckets', async () => {
    const server = await servePages((number) => page([day(1)], number < 60 ? `p${number}` : null));
    const numbered = (text: string) => {
      const one = decode(text);
      return { ...one, resultKeys: [[day(1), one.nextPage ?? 'last'] as const] };
    };
    const { client } = testClient(server.baseUrl);
    expect(await Array.fromAsync(readPages(client, request, numbered, signal))).toHaveLength(60);
  });

  test('go on while they continue the last bucket with results', async () => {
    const server = await servePages((number) =>
      number === 1 ? page([day(1), day(2), day(3)], 'p1') : page([day(3)], number < 5 ? `p${number}` : null),
    );
    expect(await read(server)).toHaveLength(5);
  });

  test('are asked for one at a time, so that who stops asking stops the requests', async () => {
    const server = await servePages((number) => page([day(number)], `p${number}`));
    const pages = readPages(testClient(server.baseUrl).client, request, decode, signal);
    await pages.next();
    await pages.return();
    expect(server.received).toHaveLength(1);
  });

  test('are given up when one grows past the soft limit', async () => {
    const server = await servePages(() => page([day(1), day(2), day(3)], null));
    await expect(read(server, { ...request, softMaxBytes: 100 })).rejects.toMatchObject({ name: 'PageTooLarge' });
  });
});

describe('a chain of pages is broken', () => {
  test('by has_more without a cursor', async () => {
    for (const next of [null, '']) {
      const server = await servePages(() => page([day(1)], next, { has_more: true }));
      await expect(read(server)).rejects.toMatchObject({
        code: 'contract_broken',
        message: expect.stringContaining('has_more without next_page (page 1)'),
      });
    }
  });

  test('by a cursor seen before', async () => {
    const server = await servePages((number) => page([day(number)], number === 2 ? 'b' : 'a'));
    await expect(read(server)).rejects.toMatchObject({
      code: 'contract_broken',
      message: expect.stringContaining('next_page repeats a cursor (page 3)'),
    });
  });

  test('by empty pages without an end that never reach the last bucket', async () => {
    const server = await servePages((number) => page(number === 1 ? [day(1)] : [], `page_${number}`));
    await expect(read(server)).rejects.toMatchObject({ code: 'contract_broken' });
    expect(server.received).toHaveLength(17);
  });

  test('by pages without an end that repeat the last bucket with results', async () => {
    const server = await servePages((number) => page([day(3)], `page_${number}`));
    await expect(read(server)).rejects.toMatchObject({ code: 'contract_broken' });
    expect(server.received).toHaveLength(17);
  });

  test('by pages without an end whose results have all been seen, or stand outside of what was asked for', async () => {
    for (const where of [day(3), day(9)]) {
      const server = await servePages((number) => page([day(3), where], `page_${number}`));
      const numbered = (text: string) => {
        const one = decode(text);
        return { ...one, resultKeys: [[where, where === day(9) ? (one.nextPage ?? '') : 'same'] as const] };
      };
      const { client } = testClient(server.baseUrl);
      await expect(Array.fromAsync(readPages(client, request, numbered, signal))).rejects.toMatchObject({
        code: 'contract_broken',
      });
      expect(server.received).toHaveLength(17);
    }
  });

  test('by more pages than its buckets could explain', async () => {
    // Fifteen idle pages before each bucket: never sixteen in a row.
    const server = await servePages((number) => page(number % 16 === 0 ? [day(number / 16)] : [], `page_${number}`));
    await expect(read(server)).rejects.toMatchObject({
      code: 'contract_broken',
      message: expect.stringContaining('more pages than buckets could explain'),
    });
    expect(server.received).toHaveLength(4 * 3 + 16);
  });
});
