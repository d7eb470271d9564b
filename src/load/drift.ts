import { storableName } from '../catalog/storable.ts';
import { redact } from '../log.ts';
import type { Drift } from '../parse/fault.ts';
import { jsonbText } from '../parse/jsonb.ts';
import type { SliceContext } from './loader.ts';

/**
 * Keeps one entry for everything the API sends that the catalog does not know, without e-mail addresses and keys. Names
 * that differ in nothing else, or only behind what is shown of a long one, are one.
 */
export async function recordDrift(context: SliceContext, drift: readonly Drift[]): Promise<void> {
  if (drift.length === 0) return;
  const { client, options, reading } = context;
  await client.query(
    `insert into openai_etl.drift as d (org_id, dataset, kind, name, sample, first_seen_at, last_seen_at, seen_count)
     select $1, $2, kind, name, (array_agg(sample))[1], $3, $3, sum(seen_count)
     from unnest($4::text[], $5::text[], $6::jsonb[], $7::bigint[]) as item(kind, name, sample, seen_count)
     group by kind, name
     on conflict (org_id, dataset, kind, name) do update set
       last_seen_at = excluded.last_seen_at, seen_count = d.seen_count + excluded.seen_count`,
    [
      options.organization,
      options.dataset.name,
      reading.observedAt,
      drift.map(({ kind }) => kind),
      drift.map(({ name }) => storableName(redact(name))),
      drift.map(({ sample }) => jsonbText(sample, redact)),
      drift.map(({ count }) => count),
    ],
  );
}
