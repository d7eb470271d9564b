import { widthSeconds } from '../src/catalog/width.ts';

/** The history that is loaded: so many hour buckets, each with the same groups, values that look random and are not. */
export const groupsPerBucket = 1500;

/** What the API answers: `base`, or the same with one row in a hundred changed in every bucket. */
export type Variant = 'base' | 'revised';

/** One changed row in so many. */
const revisedEvery = 100;

const bucketSeconds = widthSeconds['1h'];

/** Unix seconds. Long settled, so that nothing but what is asked for is read. */
const firstStart = Date.UTC(2026, 0, 1) / 1000;

const models = ['gpt-5.5-2026-04-23', 'gpt-5.4-mini-2026-03-05', 'o5-2026-02-11', 'gpt-4o-audio-preview-2025-06-03'];
const tiers = ['default', 'flex', 'priority', null];

/** The interval of a history of so many buckets, `end` exclusive. */
export function historyInterval(buckets: number): { readonly start: Date; readonly end: Date } {
  return { start: new Date(firstStart * 1000), end: new Date((firstStart + buckets * bucketSeconds) * 1000) };
}

/** The position in the history of the bucket that starts then; negative before its first. */
export function bucketAt(startSeconds: number): number {
  return Math.floor((startSeconds - firstStart) / bucketSeconds);
}

/** The JSON of one bucket as the API sends it. A bucket outside the history is empty. */
export function bucketJson(bucket: number, variant: Variant, buckets: number): string {
  const start = firstStart + bucket * bucketSeconds;
  const inside = bucket >= 0 && bucket < buckets;
  const results = inside ? Array.from({ length: groupsPerBucket }, (_, group) => result(bucket, group, variant)) : [];
  return JSON.stringify({ object: 'bucket', start_time: start, end_time: start + bucketSeconds, results });
}

/** All 17 measures, consistent with each other, and the seven dimensions. */
function result(bucket: number, group: number, variant: Variant) {
  const revised = variant === 'revised' && (bucket * 37 + group) % revisedEvery === 0;
  const count = (measure: number, below: number) => noise(bucket, group, measure) % below;
  const text = count(1, 900_000) + (revised ? 1 : 0);
  const [audio, image] = [count(2, 9000), count(3, 40_000)];
  const [cachedText, cachedAudio, cachedImage] = [count(4, 2_000_000), count(5, 900), count(6, 9000)];
  const [write30m, write12h] = [count(7, 60_000), count(8, 20_000)];
  const [outputText, outputAudio, outputImage] = [count(9, 300_000), count(10, 3000), count(11, 7000)];
  const uncached = text + audio + image;
  const cached = cachedText + cachedAudio + cachedImage;
  return {
    object: 'organization.usage.completions.result',
    input_tokens: uncached + cached + write30m + write12h,
    output_tokens: outputText + outputAudio + outputImage,
    num_model_requests: 1 + count(12, 5000),
    input_cached_tokens: cached,
    input_uncached_tokens: uncached,
    input_cache_write_tokens: write30m + write12h,
    input_cache_write_30m_tokens: write30m,
    input_cache_write_12h_tokens: write12h,
    input_text_tokens: text,
    input_cached_text_tokens: cachedText,
    input_audio_tokens: audio,
    input_cached_audio_tokens: cachedAudio,
    input_image_tokens: image,
    input_cached_image_tokens: cachedImage,
    output_text_tokens: outputText,
    output_audio_tokens: outputAudio,
    output_image_tokens: outputImage,
    ...dimensions(group),
  };
}

function dimensions(group: number) {
  return {
    project_id: `proj_${String(group % 40).padStart(24, '0')}`,
    user_id: group % 11 === 0 ? null : `user-${String(group % 300).padStart(24, '0')}`,
    api_key_id: `key_${String(group).padStart(16, '0')}`,
    model: models[group % models.length] ?? null,
    batch: group % 5 === 0,
    service_tier: tiers[group % tiers.length] ?? null,
    api_source: group % 3 === 0 ? 'agents_api' : 'unlabeled',
  };
}

/** A 32-bit mix of its arguments (the finalizer of MurmurHash3). */
function noise(bucket: number, group: number, measure: number): number {
  let mixed = Math.imul(bucket * 31 + measure, 0x9e3779b1) ^ Math.imul(group + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
