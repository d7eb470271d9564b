import type { Column } from './column.ts';
import type { Dataset } from './dataset.ts';

/** One column of a fact table as PostgreSQL knows it. */
export interface FactColumn {
  readonly name: string;
  readonly type: 'text' | 'uuid' | 'timestamptz' | 'boolean' | 'bigint' | 'numeric' | 'jsonb' | 'xid8';
  readonly nullable: boolean;
  readonly comment: string;
}

const leading: readonly FactColumn[] = [
  { name: 'org_id', type: 'text', nullable: false, comment: 'Name of the organization in the configuration.' },
  {
    name: 'series_id',
    type: 'uuid',
    nullable: false,
    comment: 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.',
  },
  { name: 'bucket_width', type: 'text', nullable: false, comment: "Width of the bucket: '1m', '1h' or '1d'." },
  { name: 'bucket_start', type: 'timestamptz', nullable: false, comment: 'Start of the bucket (UTC), inclusive.' },
  {
    name: 'bucket_end',
    type: 'timestamptz',
    nullable: false,
    comment: 'End of the bucket (UTC), exclusive: start + width.',
  },
];

const trailing: readonly FactColumn[] = [
  {
    name: 'extra',
    type: 'jsonb',
    nullable: true,
    comment: 'Fields the API sent that the catalog does not know; null when there are none.',
  },
  { name: 'run_id', type: 'bigint', nullable: false, comment: 'Run that last changed the row (openai_etl.runs).' },
  { name: 'loaded_at', type: 'timestamptz', nullable: false, comment: 'When the row was first written.' },
  { name: 'updated_at', type: 'timestamptz', nullable: false, comment: 'When a value of the row last changed.' },
  {
    name: 'changed_xid',
    type: 'xid8',
    nullable: false,
    comment: 'Transaction that last changed the row: the safe cursor of change feeds.',
  },
];

/** The whole column list of a dataset's fact table, in order. Migrations must equal it, and a test says so. */
export function factColumns(dataset: Dataset): readonly FactColumn[] {
  return [...leading, ...dataset.columns.map(factColumn), ...trailing];
}

function factColumn(column: Column): FactColumn {
  const { name, type } = column;
  const nullable = column.role === 'dimension' || !column.required;
  return { name, type, nullable, comment: commentOf(column) };
}

function commentOf(column: Column): string {
  if (column.role === 'dimension')
    return `Dimension. ${column.doc} Null also when not grouped by (see openai_etl.buckets.grain).`;
  if (column.role === 'attribute') return `Attribute. ${column.doc}`;
  const { additivity, unit, doc } = column;
  const adds = additivity.kind === 'overlapping' ? `overlapping: already counted in ${additivity.of}` : additivity.kind;
  return `Measure, ${unit}, ${adds}. ${doc}${column.required ? '' : ' Null is not reported, which is not 0.'}`;
}

/** The comment on a dataset's fact table. */
export function factTableComment(dataset: Dataset): string {
  return `${dataset.doc} One row per bucket and group, from ${dataset.path}.`;
}
