import type { Attribute, Column, ContractLevel, Dimension, Measure } from '../catalog/column.ts';
import { contractLevels } from '../catalog/column.ts';
import type { Dataset, Filter, Identity, PageLimit } from '../catalog/dataset.ts';
import { dimensionsOf, measuresOf } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';

/** The one path whose money derives from usage, and whose buckets are always whole days. */
export const costsPath = '/organization/costs';

/** What one path answers at one level of the contract: the datasets that read it, taken together. */
export interface Endpoint {
  readonly path: string;
  readonly object: string;
  /** Those that read this path, in catalog order. */
  readonly datasets: readonly Dataset[];
  readonly dimensions: readonly Dimension[];
  readonly attributes: readonly Attribute[];
  readonly measures: readonly Measure[];
  readonly identities: readonly Identity[];
  readonly filters: readonly Filter[];
  readonly pageLimits: Readonly<Partial<Record<Width, PageLimit>>>;
  /** Undocumented fields that its results carry besides the columns. */
  readonly undocumented: readonly string[];
}

/** The newest level of the contract. */
export const newestLevel: ContractLevel = contractLevels.at(-1) ?? 'baseline';

/** The endpoints of the given datasets as they were at a level of the contract, by path. */
export function endpointsOf(datasets: readonly Dataset[], level: ContractLevel): ReadonlyMap<string, Endpoint> {
  const reached = (since: ContractLevel) => contractLevels.indexOf(since) <= contractLevels.indexOf(level);
  const known = datasets.filter((dataset) => reached(dataset.since));
  const byPath = Map.groupBy(known, (dataset) => dataset.path);
  return new Map([...byPath].map(([path, sharing]) => [path, endpointOf(path, sharing, reached)]));
}

function endpointOf(path: string, datasets: readonly Dataset[], reached: (since: ContractLevel) => boolean): Endpoint {
  const [first] = datasets;
  const at = <T extends Column | Filter>(list: readonly T[]) => distinct(list.filter(({ since }) => reached(since)));
  const dimensions = at(datasets.flatMap(dimensionsOf));
  const fields = new Set(dimensions.map(({ name }) => name));
  return {
    path,
    object: first?.object ?? '',
    datasets,
    dimensions,
    attributes: at(datasets.flatMap(({ columns }) => columns.filter((column) => column.role === 'attribute'))),
    measures: at(datasets.flatMap(measuresOf)),
    identities: first?.identities ?? [],
    filters: at(datasets.flatMap(({ filters }) => filters)),
    pageLimits: first?.pageLimits ?? {},
    undocumented: [...new Set(datasets.flatMap(({ ignored }) => ignored))].filter((name) => !fields.has(name)),
  };
}

function distinct<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  return [...new Map(list.map((item) => [item.name, item])).values()];
}

/** The dataset a request at a shared path is for: the first in catalog order that has every dimension asked for. */
export function datasetMeant(endpoint: Endpoint, groupBy: readonly string[]): Dataset | undefined {
  return endpoint.datasets.find((dataset) => {
    const names = new Set(dimensionsOf(dataset).map(({ name }) => name));
    return groupBy.every((name) => names.has(name));
  });
}
