/** A question about the loaded data, with the SQL that answers it. */
export interface Question {
  readonly title: string;
  readonly sql: string;
}

/** What people ask first. Every sum is exact, and rounded at the end if at all. */
export const demoQuestions: readonly Question[] = [
  {
    title: 'What did each month cost, how did that change, and which project cost most?',
    sql: `\
with spent as (
  select date_trunc('month', cost_date) as month, currency, project_name, sum(billed_cost) as cost
  from openai_bi.cost_daily group by 1, 2, 3
)
select to_char(month, 'YYYY-MM') as month, currency, round(sum(cost), 2) as cost,
  round(100 * (sum(cost) / nullif(lag(sum(cost)) over (partition by currency order by month), 0) - 1), 1) as change_percent,
  (array_agg(project_name order by cost desc))[1] as largest_project,
  round(100 * max(cost) / nullif(sum(cost), 0), 1) as its_percent
from spent group by month, currency order by month, currency`,
  },
  {
    title: 'Which teams kept to their budget last month, and will they this month?',
    sql: `\
select budget_name, to_char(period_start, 'YYYY-MM') as month, amount as budget, round(spent, 2) as spent,
  spent_percent, round(forecast, 2) as forecast, state
from openai_bi.budget_status order by budget_name, period_start`,
  },
  {
    title: 'Which keys cost more than usual, on which days, and whose are they?',
    sql: `\
select a.cost_date, a.scope_label as api_key, u.user_label as owner, round(a.amount, 2) as cost, round(a.median, 2) as usual,
  a.currency
from openai_bi.anomalies_daily a
join openai.api_keys k on k.org_id = a.org_id and k.api_key_id = a.scope_value
left join openai.users u on u.org_id = k.org_id and u.user_id = k.owner_user_id
where a.scope = 'api_key' and a.kind = 'spike' order by a.cost_date, a.excess desc`,
  },
];
