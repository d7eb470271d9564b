import type pg from 'pg';
import { expectThat } from './difference.ts';
import { bucketsOf, type Fact, type Store } from './store.ts';

interface HourRow {
  readonly organization: string;
  readonly dataset: string;
  readonly start: number;
  readonly project: string | null;
  readonly model: string;
  readonly tokens: string | null;
}

interface DayRow {
  readonly name: string;
  readonly loaded: number;
  readonly width: string;
}

/** Holds the sums by hour and model against the facts of hours, or of their minutes. Throws Difference. */
export async function checkHourlySums(pool: pg.Pool, store: Store): Promise<void> {
  const { rows } = await pool.query<HourRow>(
    `select org_id as organization, dataset, extract(epoch from usage_hour_utc)::float8 as start, project_id as project,
       model, input_tokens::text as tokens from openai_bi.usage_hourly_by_model`,
  );
  const told = Map.groupBy(rows, ({ organization, dataset, start }) => `${organization} ${dataset} ${start}`);
  for (const dataset of ['completions', 'embeddings']) {
    const minutes = Map.groupBy(
      bucketsOf(store, dataset, '1m'),
      ({ organization, position }) => `${organization} ${dataset} ${position - (position % 3600)}`,
    );
    for (const { organization, position, facts } of bucketsOf(store, dataset, '1h')) {
      const key = `${organization} ${dataset} ${position}`;
      const shown = linesOf((told.get(key) ?? []).map(({ project, model, tokens }) => [project, model, tokens ?? '0']));
      const ofMinutes = (minutes.get(key) ?? []).flatMap((minute) => minute.facts);
      const honest = [facts, ofMinutes].map(factLines);
      expectThat(
        honest.includes(shown),
        () => `usage_hourly_by_model ${key}:\n  expected: ${honest[0]}\n  stored: ${shown}`,
      );
    }
  }
}

function factLines(facts: readonly Fact[]): string {
  return linesOf(
    facts.map(({ fields }) => [
      fields['project_id'] ?? null,
      fields['model'] ?? '(no model)',
      fields['input_tokens'] ?? '0',
    ]),
  );
}

function linesOf(counts: readonly (readonly [string | null, string, string])[]): string {
  const sums = Map.groupBy(counts, ([project, model]) => `${project ?? '(none)'} ${model}`);
  const lines = [...sums].map(
    ([key, some]) => `${key} ${some.reduce((sum, [, , tokens]) => sum + BigInt(tokens), 0n)}`,
  );
  return lines.toSorted().join(', ');
}

/** No day that is over counts as empty while a part of it was never told. Throws Difference. */
export async function checkCoverage(pool: pg.Pool, now: number): Promise<void> {
  const { rows } = await pool.query<DayRow>(
    `select concat_ws(' ', org_id, dataset, day) as name, buckets_loaded as loaded, bucket_width as width
     from openai_bi.coverage where state = 'empty' and day < to_timestamp($1)::date`,
    [now],
  );
  const whole: Readonly<Record<string, number>> = { '1d': 1, '1h': 24, '1m': 1440 };
  const wrong = rows.find(({ loaded, width }) => loaded !== whole[width]);
  expectThat(
    wrong === undefined,
    () => `coverage ${wrong?.name}: empty, though only ${wrong?.loaded} buckets of ${wrong?.width} are loaded`,
  );
}
