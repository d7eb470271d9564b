import type OpenAI from 'openai';
import type { UsageCompletionsParams } from 'openai/resources/admin/organization/usage';
import { describe, expect, test } from 'vitest';
import { type Dataset, dimensionsOf, widthsOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import { officialClient, seconds, simulatorWith, type WireBucket, type WirePage } from './client.ts';
import { bucketsOf, parseExactly } from './rows.ts';

type Read = (client: OpenAI, query: UsageCompletionsParams) => { asResponse(): Promise<Response> };

/** The client's method for each dataset. */
const methods: Readonly<Record<string, Read>> = {
  completions: ({ admin }, query) => admin.organization.usage.completions(query),
  embeddings: ({ admin }, query) => admin.organization.usage.embeddings(query as object as { start_time: number }),
  moderations: ({ admin }, query) => admin.organization.usage.moderations(query as object as { start_time: number }),
  images: ({ admin }, query) => admin.organization.usage.images(query as object as { start_time: number }),
  audio_speeches: ({ admin }, query) =>
    admin.organization.usage.audioSpeeches(query as object as { start_time: number }),
  audio_transcriptions: ({ admin }, query) =>
    admin.organization.usage.audioTranscriptions(query as object as { start_time: number }),
  vector_stores: ({ admin }, query) => admin.organization.usage.vectorStores(query as object as { start_time: number }),
  code_interpreter_sessions: ({ admin }, query) =>
    admin.organization.usage.codeInterpreterSessions(query as object as { start_time: number }),
  file_search_calls: ({ admin }, query) =>
    admin.organization.usage.fileSearchCalls(query as object as { start_time: number }),
  web_search_calls: ({ admin }, query) =>
    admin.organization.usage.webSearchCalls(query as object as { start_time: number }),
  decisions: ({ admin }, query) => admin.organization.usage.decisions(query as object as { start_time: number }),
  costs: ({ admin }, query) => admin.organization.usage.costs(query as object as { start_time: number }),
  costs_by_user: ({ admin }, query) => admin.organization.usage.costs(query as object as { start_time: number }),
};

/** All buckets, a page of five at a time. */
async function readAll(client: OpenAI, dataset: Dataset, query: object): Promise<readonly WireBucket[]> {
  const read = methods[dataset.name];
  if (read === undefined) throw new Error(`no method for ${dataset.name}`);
  const buckets: WireBucket[] = [];
  let page: string | null = null;
  do {
    const parameters: object = { ...query, limit: 5, ...(page === null ? {} : { page }) };
    const response = await read(client, parameters as UsageCompletionsParams).asResponse();
    const answer = parseExactly(await response.text()) as WirePage;
    expect(answer.object).toBe('page');
    expect(answer.has_more).toBe(answer.next_page !== null);
    buckets.push(...answer.data);
    page = answer.next_page;
  } while (page !== null);
  return buckets;
}

const cases = datasets.flatMap((dataset) => widthsOf(dataset).map((width) => ({ name: dataset.name, width, dataset })));

describe.each(cases)('$name at $width', ({ dataset, width }) => {
  const grain = dimensionsOf(dataset).map(({ name }) => name);
  test.each([
    ['ungrouped', []],
    ['grouped by its first dimension', grain.slice(0, 1)],
    ['grouped by everything', grain],
  ])('is read by the official client as it truly is, %s', async (_, groupBy) => {
    const simulator = await simulatorWith();
    const { from, to } = windowOf(width);
    const query = { start_time: seconds(from), end_time: seconds(to), bucket_width: width, group_by: groupBy };
    const buckets = await readAll(officialClient(simulator), dataset, query);
    const truth = simulator.truth({ dataset: dataset.name, width, from: new Date(from), to: new Date(to), groupBy });
    expect(bucketsOf(dataset, buckets)).toEqual(truth);
    expect(truth).toHaveLength((seconds(to) - seconds(from)) / widthSeconds[width]);
    expect(truth.some(({ rows }) => rows.length > 0)).toBe(true);
  });
});

/** A fortnight, a day or three hours in it. */
function windowOf(width: Width): { readonly from: string; readonly to: string } {
  if (width === '1d') return { from: '2026-11-02T00:00:00Z', to: '2026-11-16T00:00:00Z' };
  if (width === '1h') return { from: '2026-11-10T00:00:00Z', to: '2026-11-11T00:00:00Z' };
  return { from: '2026-11-10T12:00:00Z', to: '2026-11-10T15:00:00Z' };
}

test('results of every endpoint carry its tag, and dimensions not grouped by as null', async () => {
  const simulator = await simulatorWith();
  for (const dataset of datasets) {
    const query = { start_time: seconds('2026-11-10T00:00:00Z') };
    const [bucket] = await readAll(officialClient(simulator), dataset, query);
    for (const result of bucket?.results ?? []) {
      expect(result['object']).toBe(dataset.object);
      for (const { name } of dimensionsOf(dataset)) expect(result[name]).toBeNull();
    }
  }
});
