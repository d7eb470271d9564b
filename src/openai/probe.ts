import { type Width, widthSeconds } from '../catalog/width.ts';
import type { Client } from './client.ts';
import { type DecodedPage, readPages } from './pages.ts';
import type { SessionSettings } from './session.ts';
import { GroupingRefused, HorizonMoved } from './signals.ts';

/**
 * What the API says to one bucket asked for alone. `answered`: the bucket comes · `empty`: nothing comes · `later`: only
 * later buckets come · `unplaced`: something else comes · the rest are refusals.
 */
export type Probed =
  | { readonly kind: 'answered' | 'empty' | 'later' | 'unplaced' }
  | { readonly kind: 'before_horizon'; readonly refusal: HorizonMoved }
  | { readonly kind: 'grouping_refused'; readonly refusal: GroupingRefused };

/** Asks for one bucket, to find out whether it is answered at a grain. Throws what a request throws besides. */
export type Probe = (bucket: Date, grain: readonly string[]) => Promise<Probed>;

interface ProbeOptions {
  readonly client: Client;
  readonly settings: SessionSettings;
  readonly decode: (text: string) => DecodedPage;
  readonly signal: AbortSignal;
  /** Sends a request that ends at an instant, or as near to it as the API lets it. */
  readonly endingBy: <T>(end: Date, send: (end: Date) => Promise<T>) => Promise<T>;
}

/** A way to ask for single buckets. */
export function createProbe({ client, settings, decode, signal, endingBy }: ProbeOptions): Probe {
  const { dataset, width, filters } = settings;
  return async (bucket, grain) => {
    const request = { dataset, width, start: bucket, limit: 1, groupBy: grain, filters, softMaxBytes: null };
    try {
      // To the end of the chain: a refusal may come on a later page.
      const pages = await endingBy(bucketEnd(bucket, width), (end) =>
        Array.fromAsync(readPages(client, { ...request, end }, decode, signal)),
      );
      return { kind: placeOf(pages, bucket.getTime() / 1000) };
    } catch (thrown) {
      if (thrown instanceof HorizonMoved) return { kind: 'before_horizon', refusal: thrown };
      if (thrown instanceof GroupingRefused) return { kind: 'grouping_refused', refusal: thrown };
      throw thrown;
    }
  };
}

function placeOf(pages: readonly DecodedPage[], asked: number) {
  const starts = pages.flatMap(({ bucketStarts }) => bucketStarts);
  if (starts.includes(asked)) return 'answered';
  if (pages.some(({ quarantined = [] }) => quarantined.length > 0)) return 'unplaced';
  if (starts.length === 0) return 'empty';
  return starts.every((start) => start > asked) ? 'later' : 'unplaced';
}

function bucketEnd(bucket: Date, width: Width): Date {
  return new Date(bucket.getTime() + widthSeconds[width] * 1000);
}
