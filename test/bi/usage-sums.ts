import { type Dataset, dimensionsOf, measuresOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import { additiveOf, isRolledUp, levelOf } from '../../src/catalog/rollup-table.ts';

/** The datasets of usage: all but money. */
export const usageDatasets: readonly Dataset[] = datasets.filter(isRolledUp);

/** The width each day counts at. */
const covers = `with cover as (
  select org_id, dataset, usage_date_utc as day, bucket_width as width
  from openai_etl.days where bucket_width is not null)`;

/** Sums of a dataset's own measures by day, project and model, from the facts of the one width that counts. */
export function factSums(dataset: Dataset): string {
  const columns = flowsOf(dataset).map((name) => `sum(f."${name}")::text as "${name}"`);
  return `${covers} select c.day::text as day, c.width, ${[...groupsOf(dataset, 'f'), ...columns].join(', ')}
    from openai."${dataset.table}" f join cover c on c.org_id = f.org_id and c.dataset = '${dataset.name}'
      and c.day = (f.bucket_start at time zone 'UTC')::date and c.width = f.bucket_width
    group by c.day, c.width${groupsOf(dataset, 'f')
      .map((column) => `, ${column}`)
      .join('')}
    order by 1, 2, 3${dimensionNames(dataset).length > 1 ? ', 4' : ''}`;
}

/** The same from the view of the dataset. */
export function viewSums(dataset: Dataset): string {
  const columns = flowsOf(dataset).map((name) => `sum("${name}")::text as "${name}"`);
  const own = dimensionNames(dataset).map((name) => (name === 'model' ? `nullif(model, '(no model)') as model` : name));
  return `select usage_date_utc::text as day, bucket_width as width, ${[...own, ...columns].join(', ')}
    from openai_bi."${dataset.table}_daily" group by usage_date_utc, bucket_width${dimensionNames(dataset)
      .map((name) => `, ${name}`)
      .join('')} order by 1, 2, 3${own.length > 1 ? ', 4' : ''}`;
}

/** What adds up across datasets, from the facts; storage in GiB-hours. */
export function additiveSums(dataset: Dataset): string {
  const level = levelOf(dataset);
  const sums = [...additiveOf(dataset)].map(([common, { name }]) => `sum(f."${name}") as ${common}`);
  const held =
    level === undefined
      ? []
      : [
          `sum(f."${level.name}"::numeric * extract(epoch from f.bucket_end - f.bucket_start) / 3600) as other_quantity`,
        ];
  return `${covers} select ${[...sums, ...held].join(', ')}
    from openai."${dataset.table}" f join cover c on c.org_id = f.org_id and c.dataset = '${dataset.name}'
      and c.day = (f.bucket_start at time zone 'UTC')::date and c.width = f.bucket_width`;
}

/** The names under which a dataset adds up with others. */
export function additiveNames(dataset: Dataset): readonly string[] {
  return levelOf(dataset) === undefined ? [...additiveOf(dataset).keys()] : ['other_quantity'];
}

function flowsOf(dataset: Dataset): readonly string[] {
  return measuresOf(dataset)
    .filter(({ additivity }) => additivity.kind !== 'level')
    .map(({ name }) => name);
}

function dimensionNames(dataset: Dataset): readonly string[] {
  return ['project_id', 'model'].filter((wanted) => dimensionsOf(dataset).some(({ name }) => name === wanted));
}

function groupsOf(dataset: Dataset, alias: string): readonly string[] {
  return dimensionNames(dataset).map((name) => `${alias}.${name}`);
}
