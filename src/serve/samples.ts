import type { Stored } from '../run/observe.ts';

/** One value of a metric, told apart by its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An instant in Unix seconds. */
export const seconds = (instant: Date | string) => new Date(instant).getTime() / 1000;
/** What the buckets of one dataset at one width are told apart by. */
export const ledger = ['org', 'dataset', 'width'] as const;
/** The same labels of one of them. */
export const ledgerOf = (of: { readonly org_id: string; readonly dataset: string; readonly bucket_width: string }) => ({
  org: of.org_id,
  dataset: of.dataset,
  width: of.bucket_width,
});

type Labels = Readonly<Record<string, string>>;

/** Samples with those that are still to come at 0: what begins at 1 never grew, and no alert on growth sees it. */
export function fromZero(samples: readonly Sample[], expected: readonly Labels[]): readonly Sample[] {
  const keyOf = (labels: Labels) => JSON.stringify(Object.entries(labels).toSorted());
  const there = new Set(samples.map(({ labels }) => keyOf(labels)));
  const missing = expected.filter((labels) => !there.has(keyOf(labels)));
  return [...samples, ...missing.map((labels) => ({ labels, value: 0 }))];
}

/** Each organization and dataset that is asked for, once. */
export function askedFor({ status }: Stored): readonly { readonly org: string; readonly dataset: string }[] {
  const byKey = new Map(
    status.datasets.map(({ org_id, dataset }) => [`${org_id} ${dataset}`, { org: org_id, dataset }]),
  );
  return [...byKey.values()];
}

/** Every organization that is asked for, with each of some labels. */
export function perOrganization(stored: Stored, each: readonly Labels[] = [{}]): readonly Labels[] {
  const organizations = [...new Set(askedFor(stored).map(({ org }) => org))];
  return organizations.flatMap((org) => each.map((labels) => ({ org, ...labels })));
}

/** A counter of what finished runs did, at 0 where nothing has happened yet. */
export function counted(
  of: Stored['counts'][number]['of'],
  by: 'command' | 'status' | 'kind' | 'dataset' | null,
  expected: (stored: Stored) => readonly Labels[],
) {
  return (stored: Stored): readonly Sample[] => {
    const counts = stored.counts.filter((count) => count.of === of);
    const samples = counts.map(({ org_id, by: value, status, count }) => ({
      labels: { org: org_id, ...(by !== null && { [by]: value }), ...(of === 'runs' && { status }) },
      value: count,
    }));
    return fromZero(samples, expected(stored));
  };
}

/** A gauge with one value per organization, dataset and width. */
export function perLedger(value: (dataset: Stored['status']['datasets'][number]) => number | null) {
  return ({ status }: Stored): readonly Sample[] =>
    status.datasets.flatMap((dataset) => {
      const found = value(dataset);
      return found === null ? [] : [{ labels: ledgerOf(dataset), value: found }];
    });
}

/** A gauge of the newest finished run per organization and command. */
export function perLastRun(value: (run: Stored['last_runs'][number]) => number) {
  return ({ last_runs }: Stored): readonly Sample[] =>
    last_runs.map((run) => ({ labels: { org: run.org_id, command: run.command }, value: value(run) }));
}

/** A gauge of the newest tie-out per organization, dataset and measure; the widths of a dataset count together. */
export function perTieOut(
  value: (tieOut: Stored['tie_outs'][number]) => number,
  combine: (values: readonly number[]) => number,
) {
  return ({ tie_outs }: Stored): readonly Sample[] => {
    const grouped = Map.groupBy(tie_outs, ({ org_id, dataset, measure }) => JSON.stringify([org_id, dataset, measure]));
    return [...grouped.values()].flatMap((group) =>
      group.slice(0, 1).map(({ org_id, dataset, measure }) => ({
        labels: { org: org_id, dataset, measure },
        value: combine(group.map(value)),
      })),
    );
  };
}

/** Numbers added up. */
export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Samples of the same labels added up. */
export function summed(samples: readonly Sample[]): readonly Sample[] {
  const grouped = Map.groupBy(samples, ({ labels }) => JSON.stringify(Object.entries(labels)));
  return [...grouped.values()].flatMap((group) =>
    group.slice(0, 1).map(({ labels }) => ({ labels, value: sum(group.map(({ value }) => value)) })),
  );
}
