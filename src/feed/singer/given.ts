import { z } from 'zod';
import { EtlError, messageOf } from '../../errors.ts';
import type { FeedColumn } from '../column.ts';
import { parseCursor } from '../cursor.ts';
import { type Stream, streams } from '../streams.ts';

/** A stream that was chosen, with the columns that were. */
export interface Chosen {
  readonly stream: Stream;
  readonly columns: readonly FeedColumn[];
}

const metadataSchema = z.array(
  z.object({
    breadcrumb: z.array(z.string()),
    metadata: z.looseObject({
      selected: z.boolean().nullish(),
      'selected-by-default': z.boolean().nullish(),
    }),
  }),
);

const catalogSchema = z.object({
  streams: z.array(
    z.looseObject({
      tap_stream_id: z.string(),
      /** The older way of choosing. */
      selected: z.boolean().nullish(),
      schema: z.looseObject({ selected: z.boolean().nullish() }).nullish(),
      metadata: metadataSchema.nullish(),
    }),
  ),
});

type Entry = z.output<typeof catalogSchema>['streams'][number];

/**
 * What a catalog chooses: streams and fields that it selects, and those about which it says nothing but that they are
 * selected by default. Without a catalog, everything. Throws EtlError `arguments_invalid`.
 */
export function chosenIn(catalog: string | null): readonly Chosen[] {
  if (catalog === null) return streams.map((stream) => ({ stream, columns: stream.columns }));
  const { streams: entries } = parsed('catalog', catalogSchema, catalog);
  const unknown = entries.find(({ tap_stream_id: id }) => !streams.some(({ table }) => table === id));
  if (unknown !== undefined) {
    throw new EtlError('arguments_invalid', `the catalog has a stream ${JSON.stringify(unknown.tap_stream_id)}`, {
      remedy: 'Write the catalog anew: usage-etl tap --discover.',
    });
  }
  return streams.flatMap((stream) => {
    const entry = entries.find(({ tap_stream_id: id }) => id === stream.table);
    if (entry === undefined || !isSelected(entry, [])) return [];
    const columns = stream.columns.filter(
      ({ name }) => stream.key.includes(name) || isSelected(entry, ['properties', name]),
    );
    return [{ stream, columns }];
  });
}

function isSelected({ metadata, selected, schema }: Entry, breadcrumb: readonly string[]): boolean {
  const said = metadata?.find((one) => one.breadcrumb.join('\n') === breadcrumb.join('\n'))?.metadata;
  const older = breadcrumb.length === 0 ? (selected ?? schema?.selected) : undefined;
  return said?.selected ?? older ?? said?.['selected-by-default'] ?? false;
}

const stateSchema = z.looseObject({
  bookmarks: z
    .record(z.string(), z.looseObject({ cursor: z.string().nullish(), version: z.number().int().nullish() }))
    .nullish(),
});

/** How far each stream has come, by its id. */
export type Bookmarks = Readonly<Record<string, Bookmark>>;

/** How far a stream has come. */
export interface Bookmark {
  readonly cursor?: string | null | undefined;
  /** Of all records since the last full read. */
  readonly version?: number | null | undefined;
}

/** The bookmarks of a state; none without one. Throws EtlError `arguments_invalid`, or `cursor_invalid` for one of them. */
export function bookmarksIn(state: string | null): Bookmarks {
  if (state === null || state.trim() === '') return {};
  const bookmarks = parsed('state', stateSchema, state).bookmarks ?? {};
  // Before there is any output, or a target would have half of it.
  for (const { cursor } of Object.values(bookmarks)) if (typeof cursor === 'string') parseCursor(cursor);
  return bookmarks;
}

function parsed<T>(what: string, schema: z.ZodType<T>, text: string): T {
  const remedy = `Give the ${what} as the tap has printed it.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (failure) {
    throw new EtlError('arguments_invalid', `the ${what} is no JSON: ${messageOf(failure)}`, { remedy });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new EtlError('arguments_invalid', `the ${what} is not one of Singer: ${where} ${issue?.message}`, { remedy });
}
