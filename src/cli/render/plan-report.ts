import type { PlannedDataset, PlanReport } from '../../run/report.ts';
import { count, counted, instant } from '../numbers.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { byOrganization } from './by-organization.ts';

/** What a sync would ask for, for people. */
export function planText({ requests, datasets, directory }: PlanReport, style: Style): string {
  const columns = [
    { title: 'dataset', shrinksTo: 16 },
    { title: 'width' },
    { title: 'from' },
    { title: 'to' },
    { title: 'to read', align: 'right' },
    { title: 'read along', align: 'right' },
    { title: 'requests', align: 'right' },
  ] as const;
  const rowOf = (plan: PlannedDataset) => [
    plan.dataset,
    plan.bucket_width,
    instant(plan.from),
    instant(plan.to),
    count(plan.buckets_to_read),
    count(plan.buckets_reread),
    count(plan.requests),
  ];
  const tableOf = (plans: readonly PlannedDataset[]) => table(columns, plans.map(rowOf), style);
  const names = directory.reduce((sum, one) => sum + one.requests, 0);
  const ofThese = names === 0 ? '' : `, of these about ${count(names)} for names`;
  const total = `${style.bold(counted(requests, 'request'))} would be made${ofThese}; nothing was asked and nothing written`;
  return `${byOrganization(datasets, tableOf, style)}\n${style.dim('in buckets; read along: settled buckets that cost no further request')}\n\n${total}`;
}
