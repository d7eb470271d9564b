/**
 * The questions behind the facts. Sizes are bounded: runs and names that the API makes up must not grow an evaluation
 * without end.
 */

/** $1 organizations. The newest runs of each. */
export const runsSql = `
  select r.run_id, r.org_id, r.command, r.status, r.started_at, left(r.error, 4000) as error,
    r.responses ? '200' as answered,
    (select min(started_at) from openai_etl.runs f where f.org_id = o.org_id) as first_started_at
  from unnest($1::text[]) as o(org_id)
  cross join lateral (
    select * from openai_etl.runs r
    where r.org_id = o.org_id and r.status <> 'running' order by r.run_id desc limit 200
  ) r
  order by r.run_id desc`;

/**
 * $1, $2 organization and dataset of what is configured. An entry holds while its bucket is refused, or waits to be read
 * again; else until a later run has read the dataset.
 */
export const quarantineSql = `
  with entry as (
    select q.* from openai_etl.quarantine q
    join unnest($1::text[], $2::text[]) as wanted(org_id, dataset) using (org_id, dataset)
  ),
  last_read as (
    select b.org_id, b.dataset, b.bucket_width, max(b.run_id) as run_id
    from openai_etl.buckets b join openai_etl.runs r on r.run_id = b.run_id and r.status <> 'running'
    where (b.org_id, b.dataset, b.bucket_width) in (select org_id, dataset, bucket_width from entry)
    group by b.org_id, b.dataset, b.bucket_width
  )
  select entry.org_id, entry.dataset, entry.reason, count(*) as entries, min(entry.bucket_start) as "from",
    (array_agg(entry.detail order by entry.last_seen_at desc, entry.quarantine_id desc))[1] as detail
  from entry
  left join last_read using (org_id, dataset, bucket_width)
  left join openai_etl.buckets b using (org_id, dataset, bucket_width, bucket_start)
  where case
    when b.run_id <= entry.run_id and (b.status = 'refused' or not b.settled) then true
    else coalesce(last_read.run_id <= entry.run_id, true)
  end
  group by entry.org_id, entry.dataset, entry.reason order by entry.org_id, entry.dataset, entry.reason`;

/** $1 organizations. A name that is too long or not plain is told apart by its hash. */
export const driftSql = `
  select org_id, dataset, kind, name, seen_count, subject
  from openai_etl.drift d
  cross join lateral (
    select concat_ws(' ', d.dataset, d.kind, case when d.name ~ '^[!-~]{1,120}$' then d.name else md5(d.name) end) as subject
  ) s
  where org_id = any($1) and not exists (
    select from openai_etl.alerts a
    where a.kind = 'drift_appeared' and a.org_id = d.org_id and a.subject = s.subject
  )
  order by first_seen_at, subject limit 50`;

/** $1, $2 organization and dataset of what is configured. */
export const tieOutsSql = `
  select t.org_id, t.dataset, count(distinct (t.bucket_width, t.bucket_start)) as buckets,
    min(t.bucket_start) as "from", max(t.bucket_start) as "to", max(t.checked_at) as checked_at,
    (array_agg(t.measure || ' ' || trim_scale(t.difference)::text order by t.bucket_start desc, t.measure))[1] as example
  from openai_etl.tie_outs t
  where not t.agrees
    and (t.org_id, t.dataset) in (select * from unnest($1::text[], $2::text[]))
    and not exists (
      select from openai_etl.tie_outs n
      where n.org_id = t.org_id and n.dataset = t.dataset and n.bucket_width = t.bucket_width
        and n.bucket_start = t.bucket_start and n.run_id > t.run_id
    )
  group by t.org_id, t.dataset order by t.org_id, t.dataset`;

/**
 * $1, $2 organization and dataset of what counts money, $3, $4 the fields of its amount and currency, $5 threshold,
 * $6 now. Two datasets that cut the same money are not added: the one that moved more speaks for both.
 */
export const restatementsSql = `
  select distinct on (run_id, currency) org_id, run_id, dataset, currency, rows, days,
    trim_scale(net)::text as net, trim_scale(gross)::text as gross
  from (
    select r.org_id, r.run_id, r.dataset, s.currency, count(*) as rows,
      array_agg(distinct to_char(r.bucket_start at time zone 'UTC', 'YYYY-MM-DD')) as days,
      sum(s.moved) as net, sum(abs(s.moved)) as gross
    from openai_etl.restatements r
    join unnest($1::text[], $2::text[], $3::text[], $4::text[]) as money(org_id, dataset, amount, currency)
      using (org_id, dataset)
    join openai_etl.runs run on run.run_id = r.run_id and run.status <> 'running'
      and run.started_at > $6::timestamptz - interval '7 days'
    cross join lateral (
      select lower(coalesce(r.new_row, r.old_row) ->> money.currency) as currency,
        coalesce((r.new_row ->> money.amount)::numeric, 0) - coalesce((r.old_row ->> money.amount)::numeric, 0) as moved
    ) s
    where r.settled and s.currency is not null
    group by r.org_id, r.run_id, r.dataset, s.currency
    having sum(abs(s.moved)) > $5::numeric
  ) moved
  order by run_id, currency, gross desc, dataset limit 50`;

/**
 * $1, $2 organization and dataset of what is configured, $3 now. The guard names the first bucket it saved; it has an
 * older reading as long as nobody has read it again.
 */
export const massRemovalsSql = `
  select distinct on (r.org_id, found.m[1], found.m[2])
    r.org_id, found.m[1] as dataset, found.m[2] as bucket_width, r.run_id, found.m[3] as detail
  from openai_etl.runs r
  cross join lateral regexp_matches(
    r.error, '^mass_removal: ([a-z_]+) (1[mhd]): ([^\\n]*\\(first (\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z), [^\\n]*)$', 'gn'
  ) as found(m)
  join openai_etl.buckets b on b.org_id = r.org_id and b.dataset = found.m[1] and b.bucket_width = found.m[2]
    and b.bucket_start = found.m[4]::timestamptz and b.run_id < r.run_id
  where r.started_at > $3::timestamptz - interval '60 days' and r.error like '%mass_removal: %'
    and (r.org_id, found.m[1]) in (select * from unnest($1::text[], $2::text[]))
  order by r.org_id, found.m[1], found.m[2], r.run_id desc`;

/** $1, $2, $3 organization, dataset and whether it is optional, of what is configured. */
export const capabilitiesSql = `
  select c.org_id, c.dataset, c.status, coalesce(c.detail, '') as detail, wanted.optional,
    array(
      select name from unnest(c.refused) as name
      where c.status = 'reduced' and exists (
        select from openai_etl.buckets b
        where b.org_id = c.org_id and b.dataset = c.dataset and name = any(b.grain)
      ) and coalesce((
        -- Refused of old buckets alone, it is still there in the newest.
        select bool_or(r.range_end = 'infinity') from openai_etl.refusals r
        where r.org_id = c.org_id and r.dataset = c.dataset and r.kind = 'grouping' and r.dimension = name
      ), true)
    ) as lost,
    exists (
      select from openai_etl.buckets b where b.org_id = c.org_id and b.dataset = c.dataset and b.row_count > 0
    ) as stored
  from openai_etl.capabilities c
  join unnest($1::text[], $2::text[], $3::boolean[]) as wanted(org_id, dataset, optional)
    using (org_id, dataset)
  where c.status <> 'available' order by c.org_id, c.dataset`;

/** $1 organizations, $2 now. Of the period before, only as long as its days may still change. */
export const budgetsSql = `
  select budget_name, org_id, period, period_start, period_end, round(amount, 2)::text as amount, currency,
    round(spent, 2)::text as spent, spent_percent, round(forecast, 2)::text as forecast, forecast_percent,
    forecast_method, state, thresholds_crossed, days_missing
  from openai_bi.budget_status_on(($2::timestamptz at time zone 'UTC')::date)
  where (org_id is null or org_id = any($1)) and (is_current or days_not_final > 0)
  order by budget_name, org_id, period_start limit 500`;

/** $1 organizations, $2 now. */
export const anomaliesSql = `
  select org_id, cost_date, scope, scope_value, scope_label, currency, kind, round(amount, 2)::text as amount,
    round(median, 2)::text as median, z
  from (select ($2::timestamptz at time zone 'UTC')::date as today) as clock
  cross join lateral openai_bi.anomalies_between(clock.today - 14, clock.today + 1)
  where org_id = any($1)
  order by excess desc, cost_date, scope, scope_value limit 500`;
