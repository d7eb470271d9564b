import type { PlanReport } from '../../run/report.ts';
import { count, counted, instant } from '../numbers.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';

/** What a sync would ask for, for people. */
export function planText({ requests, datasets }: PlanReport, style: Style): string {
  const severalOrganizations = new Set(datasets.map(({ org_id }) => org_id)).size > 1;
  const columns = [
    ...(severalOrganizations ? [{ title: 'organization', shrinksTo: 7 }] : []),
    { title: 'dataset', shrinksTo: 16 },
    { title: 'width' },
    { title: 'from' },
    { title: 'to' },
    { title: 'to read', align: 'right' },
    { title: 'read along', align: 'right' },
    { title: 'requests', align: 'right' },
  ] as const;
  const rows = datasets.map((plan) => [
    ...(severalOrganizations ? [plan.org_id] : []),
    plan.dataset,
    plan.bucket_width,
    instant(plan.from),
    instant(plan.to),
    count(plan.buckets_to_read),
    count(plan.buckets_reread),
    count(plan.requests),
  ]);
  const total = `${style.bold(counted(requests, 'request'))} would be made; nothing was asked and nothing written`;
  return `${table(columns, rows, style)}\n${style.dim('in buckets; read along: settled buckets that cost no further request')}\n\n${total}`;
}
