-- What the API refuses, by width and range: a horizon of one width must not cut another, and a grouping refused of old
-- buckets must not cost recent ones a dimension. What openai_etl.capabilities knew had neither scope nor proof, so that
-- nothing is taken over from it: the next sync asks.
create table openai_etl.refusals (
  org_id text not null,
  dataset text not null,
  bucket_width text not null check (bucket_width in ('1m', '1h', '1d')),
  kind text not null check (kind in ('horizon', 'grouping')),
  dimension text not null,
  range_start timestamptz not null,
  range_end timestamptz not null,
  proof text not null check (proof in ('named', 'bisected', 'clamped', 'probed')),
  detail text not null,
  asked_from timestamptz,
  first_seen_at timestamptz not null,
  proved_at timestamptz not null,
  ask_again_at timestamptz not null,
  primary key (org_id, dataset, bucket_width, kind, dimension, range_start),
  check (range_start < range_end),
  check (kind = 'horizon' or dimension <> '')
);
comment on table openai_etl.refusals is 'What the API has been seen to refuse, each with the range it was proved for and when it is asked again. A row goes when the API no longer refuses.';
comment on column openai_etl.refusals.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.refusals.dataset is 'Name of the dataset.';
comment on column openai_etl.refusals.bucket_width is '1m, 1h or 1d: what is refused of one width says nothing of another.';
comment on column openai_etl.refusals.kind is 'horizon: no bucket of the range is answered; grouping: it is not answered by that dimension.';
comment on column openai_etl.refusals.dimension is 'The refused dimension; empty for a horizon.';
comment on column openai_etl.refusals.range_start is 'Start of the first bucket refused, UTC; -infinity from the beginning.';
comment on column openai_etl.refusals.range_end is 'End of the last bucket refused, UTC; infinity without end. Of a horizon: the first instant answered.';
comment on column openai_etl.refusals.proof is 'named: the API named the date, answered there and refused the bucket before; bisected: found by asking for single buckets; clamped: it answers earlier starts from there on, unsaid; probed: it refused single buckets at the bounds.';
comment on column openai_etl.refusals.detail is 'What the API said, redacted.';
comment on column openai_etl.refusals.asked_from is 'The earliest start wanted when the horizon was proved: an earlier wish asks again; null for groupings.';
comment on column openai_etl.refusals.first_seen_at is 'When it was first refused.';
comment on column openai_etl.refusals.proved_at is 'When the API last refused it.';
comment on column openai_etl.refusals.ask_again_at is 'From when on a sync asks again by itself.';

comment on column openai_etl.capabilities.grain is 'Dimensions obtained at every width and of every range, in column order: the least of them. openai_etl.refusals says which range lacks what.';
comment on column openai_etl.capabilities.refused is 'Dimensions asked for and refused by the API, at any width and of any range.';
comment on column openai_etl.capabilities.horizon is 'Earliest instant the API still answers at every width: the latest of them; null when it refuses none.';
