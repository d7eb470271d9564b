import { errorKinds, type Verdict } from '../../src/errors.ts';
import { code, table } from './markdown.ts';

const meanings: Readonly<Record<Verdict, string>> = {
  stop_run: 'the run ends',
  stop_organization: 'this organization ends, others go on',
  stop_dataset: 'this dataset ends, others go on',
  mark_unavailable: 'as stop_dataset; no failure where the dataset is optional',
  fail_slice: 'these buckets stay as they are, others go on',
  retry: 'tried again; counted as fail_slice when it never succeeds',
};

/** What each verdict means. */
export function verdictsTable(): string {
  return table(
    ['verdict', 'what happens next'],
    Object.entries(meanings).map(([verdict, meaning]) => [code(verdict), meaning]),
  );
}

/** Every error code. */
export function errorsTable(): string {
  return table(
    ['code', 'verdict', 'exit', 'what to do'],
    Object.entries(errorKinds).map(([name, { verdict, exit, remedy }]) => [
      code(name),
      code(verdict),
      String(exit),
      remedy,
    ]),
  );
}
