import { ask, type BiScope, type Reader } from './scope.ts';

/** Tokens of one day. Uncached, cached and written tokens add up to all input. */
export interface DayTokens {
  readonly day: string;
  readonly requests: string;
  readonly uncached: string;
  readonly cached: string;
  readonly written: string;
  readonly output: string;
}

/** Tokens by class and day, of every dataset that counts them. */
export function dayTokens(reader: Reader, scope: BiScope): Promise<readonly DayTokens[]> {
  return ask(
    reader,
    `select usage_date_utc::text as day, coalesce(sum(requests), 0)::text as requests,
       (coalesce(sum(input_tokens), 0) - coalesce(sum(input_cached_tokens), 0)
         - coalesce(sum(input_cache_write_tokens), 0))::text as uncached,
       coalesce(sum(input_cached_tokens), 0)::text as cached,
       coalesce(sum(input_cache_write_tokens), 0)::text as written,
       coalesce(sum(output_tokens), 0)::text as output
     from openai_bi.usage_daily
     where ($1::text[] is null or org_id = any($1)) and usage_date_utc >= $2::date and usage_date_utc < $3::date
     group by 1`,
    scope,
  );
}

/** How much of the input came from the cache. */
export interface CacheUse {
  readonly input: string;
  readonly cached: string;
}

/** Input from the cache by day. */
export function dayCache(reader: Reader, scope: BiScope): Promise<readonly (CacheUse & { readonly day: string })[]> {
  return ask(
    reader,
    `select usage_date_utc::text as day, sum(input_tokens)::text as input, sum(input_cached_tokens)::text as cached
     from openai_bi.cache_efficiency_daily
     where ($1::text[] is null or org_id = any($1)) and usage_date_utc >= $2::date and usage_date_utc < $3::date
     group by 1`,
    scope,
  );
}

/** Input from the cache by model, of the so many with the most input. */
export function modelCache(
  reader: Reader,
  scope: BiScope,
  most: number,
): Promise<readonly (CacheUse & { readonly model: string })[]> {
  return ask(
    reader,
    `select model, sum(input_tokens)::text as input, sum(input_cached_tokens)::text as cached
     from openai_bi.cache_efficiency_daily
     where ($1::text[] is null or org_id = any($1)) and usage_date_utc >= $2::date and usage_date_utc < $3::date
     group by 1 having sum(input_tokens) > 0 order by sum(input_tokens) desc, 1 limit $4`,
    scope,
    most,
  );
}

/** What vector stores held on one day, all of them together. */
export interface DayStorage {
  readonly day: string;
  readonly stored_bytes: string;
  readonly gib_hours: string;
}

/** Storage by day: a level in bytes, and GiB-hours. */
export function dayStorage(reader: Reader, scope: BiScope): Promise<readonly DayStorage[]> {
  return ask(
    reader,
    `select usage_date_utc::text as day, sum(stored_bytes)::text as stored_bytes,
       trim_scale(sum(gib_hours))::text as gib_hours
     from openai_bi.storage_daily
     where ($1::text[] is null or org_id = any($1)) and usage_date_utc >= $2::date and usage_date_utc < $3::date
     group by 1 order by 1`,
    scope,
  );
}

/** What the vector stores of one project held on the period's newest day with storage. */
export interface ProjectStorage {
  readonly organization: string;
  readonly label: string;
  readonly stored_bytes: string;
  readonly gib_hours: string;
}

/** Storage by project, the so many that cost most. */
export function projectStorage(reader: Reader, scope: BiScope, most: number): Promise<readonly ProjectStorage[]> {
  return ask(
    reader,
    `with stored as (
       select *, max(usage_date_utc) over () as newest from openai_bi.storage_daily
       where ($1::text[] is null or org_id = any($1)) and usage_date_utc >= $2::date and usage_date_utc < $3::date
     )
     select org_id as organization, coalesce(nullif(project_name, ''), '(empty)') as label, coalesce(sum(stored_bytes) filter (where usage_date_utc = newest), 0)::text as stored_bytes,
       trim_scale(sum(gib_hours))::text as gib_hours
     from stored group by org_id, project_id, project_name
     order by sum(gib_hours) desc, 2, 1 limit $4`,
    scope,
    most,
  );
}
