import { storableText } from '../catalog/storable.ts';
import { redact } from '../log.ts';
import type { Quarantined } from '../parse/fault.ts';
import { jsonbText } from '../parse/jsonb.ts';
import type { SliceContext } from './loader.ts';

/** Keeps what could not be typed, as received but for e-mail addresses and keys. The same thing again is counted. */
export async function recordQuarantine(context: SliceContext, quarantined: readonly Quarantined[]): Promise<void> {
  if (quarantined.length === 0) return;
  const { client, options, reading } = context;
  await client.query(
    `insert into openai_etl.quarantine as q
       (org_id, dataset, bucket_width, bucket_start, reason, detail, raw, first_seen_at, last_seen_at, seen_count, run_id)
     select $1, $2, $3, bucket_start, reason, min(detail), raw, $4, $4, count(*), $5
     from unnest($6::timestamptz[], $7::text[], $8::text[], $9::jsonb[]) as item(bucket_start, reason, detail, raw)
     group by bucket_start, reason, raw
     on conflict (org_id, dataset, bucket_width, bucket_start, reason, md5(raw::text)) do update set
       last_seen_at = excluded.last_seen_at, seen_count = q.seen_count + excluded.seen_count, run_id = excluded.run_id`,
    [
      options.organization,
      options.dataset.name,
      options.width,
      reading.observedAt,
      reading.runId,
      quarantined.map(({ bucketStart }) => (bucketStart === null ? null : new Date(bucketStart * 1000))),
      quarantined.map(({ reason }) => reason),
      quarantined.map(({ detail }) => storableText(redact(detail))),
      quarantined.map(({ raw }) => jsonbText(raw, redact)),
    ],
  );
}
