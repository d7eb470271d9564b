/** A question about the loaded data, with the SQL that answers it. */
export interface Question {
  readonly title: string;
  readonly sql: string;
}

/** What people ask first. Every sum is exact, and rounded at the end if at all: `openai.costs` alone is the bill, `costs_by_user` the same money cut anew. */
export const demoQuestions: readonly Question[] = [
  {
    title: 'What did each month cost, and what cost most in it?',
    sql: `\
with items as (
  select date_trunc('month', bucket_start at time zone 'UTC')::date as month,
    amount_currency as currency, line_item, sum(amount_value) as amount
  from openai.costs group by 1, 2, 3
), ranked as (
  select *, row_number() over (partition by month, currency order by amount desc) as place from items
)
select to_char(month, 'YYYY-MM') as month, currency, round(sum(amount), 2) as spend,
  max(line_item) filter (where place = 1) as largest_line_item,
  round(100 * max(amount) filter (where place = 1) / nullif(sum(amount), 0), 1) as percent_of_spend
from ranked group by month, currency order by month, currency`,
  },
  {
    title: 'Which models and projects drive tokens, and how often does the cache help?',
    sql: `\
select model, project_id, sum(input_tokens + output_tokens) as tokens, sum(num_model_requests) as requests,
  round(100.0 * sum(input_cached_tokens) / nullif(sum(input_tokens), 0), 1) as percent_from_cache
from openai.usage_completions where bucket_width = '1d'
group by model, project_id order by tokens desc limit 10`,
  },
  {
    title: 'Who costs what?',
    sql: `\
select coalesce(user_id, '(not attributed)') as user_id, amount_currency as currency,
  trim_scale(sum(amount_value)) as exact_spend,
  round(100 * sum(amount_value) / nullif(sum(sum(amount_value)) over (partition by amount_currency), 0), 1) as percent_of_spend,
  count(distinct line_item) as line_items
from openai.costs_by_user group by 1, 2 order by exact_spend desc limit 10`,
  },
];
