import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The data source that deploy/grafana provisions: PostgreSQL, as openai_reader. */
export const dataSource = {
  type: 'grafana-postgresql-datasource',
  uid: 'openai-usage',
} as const satisfies DataSourceRef;

/** How Grafana takes the rows: as they are, or as a series per text beside `time`. */
export type SqlFormat = 'table' | 'time_series';

/** A query of a panel or annotation. Several of one panel differ in their letter. */
export function sqlQuery(rawSql: string, format: SqlFormat, refId = 'A'): Builder<Dataquery> {
  const query = {
    refId,
    datasource: dataSource,
    editorMode: 'code',
    format,
    rawQuery: true,
    rawSql: tidy(rawSql),
    _implementsDataqueryVariant: () => undefined,
  };
  return { build: () => query };
}

/** Without the indentation of the file it was written in. */
function tidy(sql: string): string {
  const lines = sql.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.slice(1).map((line) => line.length - line.trimStart().length));
  return lines.map((line, index) => (index === 0 ? line.trim() : line.slice(indent).trimEnd())).join('\n');
}
