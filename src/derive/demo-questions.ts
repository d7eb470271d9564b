/** A question about the loaded data, with the SQL that answers it. */
export interface Question {
  readonly title: string;
  readonly sql: string;
}

/** What people ask first. Every sum is exact, and rounded at the end if at all. */
export const demoQuestions: readonly Question[] = [
  {
    title: 'What did each month cost, and what cost most in it?',
    sql: `\
with items as (
  select date_trunc('month', cost_date) as month, currency, line_item, sum(billed_cost) as cost
  from openai_bi.cost_daily group by 1, 2, 3
), ranked as (
  select *, row_number() over (partition by month, currency order by cost desc) as place from items
)
select to_char(month, 'YYYY-MM') as month, currency, round(sum(cost), 2) as cost,
  max(line_item) filter (where place = 1) as largest_line_item,
  round(100 * max(cost) filter (where place = 1) / nullif(sum(cost), 0), 1) as percent
from ranked group by month, currency order by month, currency`,
  },
  {
    title: 'Which models and projects drive tokens, and how often does the cache help?',
    sql: `\
select model, project_name, sum(input_tokens + output_tokens) as tokens, sum(requests) as requests,
  round(100.0 * sum(input_cached_tokens) / nullif(sum(input_tokens), 0), 1) as percent_from_cache
from openai_bi.usage_daily where dataset = 'completions'
group by 1, 2 order by tokens desc limit 10`,
  },
  {
    title: 'Who is behind the bill, and with which model? The unattributed rest included, it adds up to the bill.',
    sql: `\
with spent as (
  select user_label, currency, model, sum(allocated_cost) as cost
  from openai_bi.cost_by_user_model_daily group by 1, 2, 3
)
select user_label, currency, round(sum(spent.cost), 2) as cost,
  round(100 * sum(spent.cost) / nullif(sum(sum(spent.cost)) over (partition by currency), 0), 1) as percent,
  (array_agg(model order by spent.cost desc))[1] as largest_model, count(*) as models
from spent group by 1, 2 order by sum(spent.cost) desc limit 10`,
  },
];
