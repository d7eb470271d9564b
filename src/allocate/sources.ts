import { type Dataset, isBill } from '../catalog/dataset.ts';
import { datasets } from '../catalog/index.ts';
import type { DatasetUsage } from './day-inputs.ts';

/** A dataset whose money is shared out, or serves to share it out. */
export type MoneyDataset = Dataset & { readonly money: NonNullable<Dataset['money']> };

/** A dataset whose usage tells whose a cost is. */
export type DrivingDataset = Dataset & DatasetUsage['dataset'];

const money = datasets.filter((dataset): dataset is MoneyDataset => dataset.money !== undefined);

/** The money that counts. */
export const bills: readonly MoneyDataset[] = money.filter(isBill);

/** The same money, cut by user. */
export const userCuts: readonly MoneyDataset[] = money.filter((dataset) => !isBill(dataset));

/** The datasets with a driver, in the order of the catalog. */
export const driving: readonly DrivingDataset[] = datasets.filter(
  (dataset): dataset is DrivingDataset => dataset.driver !== undefined,
);

/** Names of all datasets that a split follows from. */
export const inputDatasets: readonly string[] = [...bills, ...userCuts, ...driving].map(({ name }) => name);
