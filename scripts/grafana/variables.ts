import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { dataSource } from './data-source.ts';
import { all, owned, ownedProject } from './sql.ts';

function fromStore(name: string, label: string, description: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(dataSource)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnDashboardLoad);
}

/** Any number of values, or all: then Grafana puts one literal in place of the list of everything there is. */
function any(variable: QueryVariableBuilder): QueryVariableBuilder {
  return variable
    .multi(true)
    .includeAll(true)
    .allValue(`'${all}'`)
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** A name, with its organization where another one of the table is called the same. */
function told(label: string): string {
  return `${label} || case when count(*) over (partition by ${label}) > 1 then ' · ' || org_id else '' end`;
}

/**
 * The variables that the panels use, by name. Values are ids where there are ids, with their organization: names may
 * repeat and change.
 */
export const variables = {
  org: any(
    fromStore(
      'org',
      'Organization',
      'As named in the configuration.',
      'select distinct org_id from openai_bi.data_freshness order by 1',
    ),
  ),
  currency: fromStore(
    'currency',
    'Currency',
    'One at a time: amounts of different currencies never add up. The commonest comes first.',
    'select currency from openai_bi.reconciliation_daily group by currency order by sum(costs) desc, currency',
  ),
  project: any(
    fromStore(
      'project',
      'Project',
      'Archived ones too, and what belongs to none.',
      `select ${told('project_label')} as __text, ${ownedProject} as __value from openai_bi.projects
union all select '(no project)', '(no project)'
order by 1, 2`,
    ),
  ),
  team: any(
    fromStore(
      'team',
      'Team',
      'As usage-etl map was told.',
      `select distinct team from openai_bi.projects where team is not null
union all select '(no team)'
order by 1`,
    ),
  ),
  family: any(
    fromStore(
      'family',
      'Model family',
      'Models without the dates of their snapshots.',
      `select model_family from openai_bi.models
union select model_family from openai_bi.line_items
union select '(no model)'
order by 1`,
    ),
  ),
  user: any(
    fromStore(
      'user',
      'User',
      'People and service accounts, and what is attributed to none.',
      `select ${told('user_label')} as __text, ${owned('user_id', "'(no user)'")} as __value from openai_bi.users
union all select '(no user)', '(no user)'
union all select '(unattributed)', '(unattributed)'
order by 1, 2`,
    ),
  ),
  zone: new CustomVariableBuilder('zone')
    .label('Time zone')
    .description('Of the hours and days of the week. Type any other name of the IANA database.')
    .values(
      [
        'UTC',
        'America/Los_Angeles',
        'America/Denver',
        'America/Chicago',
        'America/New_York',
        'America/Sao_Paulo',
        'Europe/London',
        'Europe/Berlin',
        'Europe/Helsinki',
        'Africa/Johannesburg',
        'Asia/Dubai',
        'Asia/Kolkata',
        'Asia/Singapore',
        'Asia/Shanghai',
        'Asia/Tokyo',
        'Australia/Sydney',
        'Pacific/Auckland',
      ].join(','),
    )
    .allowCustomValue(true)
    .current({ selected: true, text: 'UTC', value: 'UTC' }),
} as const satisfies Readonly<Record<string, Builder<VariableModel>>>;

/** Name of a variable. */
export type VariableName = keyof typeof variables;
