import { describe, expect, test } from 'vitest';
import { directoryLists } from '../../src/catalog/directory/index.ts';
import type { DirectoryList } from '../../src/catalog/directory/list.ts';
import { readList } from '../../src/openai/lists.ts';
import { createListDecoder } from '../../src/parse/directory.ts';
import { testClient } from './support/client.ts';
import { apiError, json, type Received, type ScriptedServer, serve } from './support/server.ts';

const signal = new AbortController().signal;

function listNamed(name: string): DirectoryList {
  const list = directoryLists.find((one) => one.name === name);
  if (list === undefined) throw new Error(`no list ${name}`);
  return list;
}

/** The ids of a list, as it is read from a server. */
async function read(server: ScriptedServer, name = 'projects', scopeId: string | null = null) {
  const list = listNamed(name);
  const decode = createListDecoder(list, scopeId, { personalData: true });
  const entries = await readList(testClient(server.baseUrl).client, { list, scopeId, signal }, decode);
  return entries.map(({ id }) => id);
}

/** A server that answers request N with what the function says. */
function servePages(pageOf: (number: number, request: Received) => object): Promise<ScriptedServer> {
  return serve((received) => json(pageOf(received.number, received)));
}

const page = (ids: readonly string[], more: object = {}) => ({
  object: 'list',
  data: ids.map((id) => ({ id, name: `name of ${id}` })),
  has_more: false,
  ...more,
});

describe('the pages of a list', () => {
  test.each([
    ['projects', { last_id: 'from last_id' }, 'from last_id'],
    ['admin_api_keys', { last_id: 'another' }, 'b'],
    ['groups', { next: 'from+next/=' }, 'from+next/='],
  ])('of %s follow its own kind of cursor, with every parameter sent again', async (name, cursor, after) => {
    const server = await servePages((number) =>
      number === 1 ? page(['a', 'b'], { ...cursor, has_more: true }) : page(['c']),
    );
    expect(await read(server, name)).toEqual(['a', 'b', 'c']);
    const [first, second] = server.received.map(({ query }) => Object.fromEntries(query));
    expect(first).toEqual({ ...listNamed(name).parameters, limit: String(listNamed(name).pageEntries) });
    expect(second).toEqual({ ...first, after });
  });

  test('of one project are asked for below that project, its id escaped', async () => {
    const server = await servePages(() => page(['key_1']));
    await read(server, 'project_api_keys', 'proj/..?x');
    expect(server.received[0]?.path).toBe('/v1/organization/projects/proj%2F..%3Fx/api_keys');
  });

  test('hold an entry once that was shifted from one page to the next meanwhile', async () => {
    const server = await servePages((number) =>
      number === 1 ? page(['a', 'b'], { has_more: true, last_id: 'b' }) : page(['b', 'c']),
    );
    expect(await read(server)).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['more is promised without a cursor', () => page(['a'], { has_more: true, last_id: null })],
    ['a cursor repeats', (number: number) => page([`entry ${number}`], { has_more: true, last_id: 'same' })],
    [
      'pages bring nothing new for ever',
      (number: number) => page(['a'], { has_more: true, last_id: `after ${number}` }),
    ],
    ['an entry has no id', () => ({ ...page([]), data: [{ name: 'nameless' }] })],
  ])('are refused as a whole where %s', async (_, pageOf) => {
    const server = await servePages(pageOf);
    await expect(read(server)).rejects.toMatchObject({ code: 'contract_broken' });
    expect(server.received.length).toBeLessThan(10);
  });

  test('are asked for again while they are no list', async () => {
    const server = await servePages((number) => (number === 1 ? { object: 'page' } : page(['a'])));
    expect(await read(server)).toEqual(['a']);
  });
});

describe('a list that is not given', () => {
  test.each([
    [400, 'dataset_unavailable'],
    [401, 'key_rejected'],
    [403, 'dataset_unavailable'],
    [404, 'dataset_unavailable'],
  ])('with status %i is given up at once', async (status, code) => {
    const server = await serve(() => apiError(status, 'Missing scopes: api.management.read'));
    await expect(read(server)).rejects.toMatchObject({ code });
    expect(server.received).toHaveLength(1);
  });

  test('is not waited for longer than two minutes, where numbers would be', async () => {
    const server = await serve(() => apiError(503, 'away', {}, { 'retry-after': '300' }));
    const { client, clock } = testClient(server.baseUrl, { retryTotalSeconds: 100_000 });
    const list = listNamed('projects');
    const decode = createListDecoder(list, null, { personalData: true });
    await expect(readList(client, { list, scopeId: null, signal }, decode)).rejects.toMatchObject({
      code: 'retry_after_too_long',
    });
    expect(clock.waits).toEqual([]);
  });
});
