import { missingDays, notFinalDays, priceChanges } from '../annotations.ts';
import type { DashboardDefinition } from '../dashboard.ts';
import { rows, series } from '../panels.ts';
import { among, chosen, chosenCosts, chosenUsage, daysInRange, greatestByDay, timeOf } from '../sql.ts';

const tokenUsage = `${chosenUsage}
    and ${daysInRange('usage_date_utc')}`;

/** What a request was read and written at: the tier, and batch, which is cheaper. */
const processing = `case when is_batch then 'batch' when service_tier in ('(no tier)', 'default') then 'standard' else service_tier end`;

/** A sum of costs a day and family, of token line items. */
const tokenCosts = `select cost_date as day, model_family, sum(billed_cost) as cost
      from openai_bi.cost_daily_by_line_item
      where ${chosenCosts}
        and ${daysInRange('cost_date')}
        and parse_status = 'model'
      group by 1, 2`;

// Input of which only the total is reported counts as uncached, less what is reported of the rest.
const tokensByClass = `select ${timeOf('usage_date_utc')} as time,
      sum(coalesce(input_uncached_tokens,
        input_tokens - coalesce(input_cached_tokens, 0) - coalesce(input_cache_write_tokens, 0))) as "Input, uncached",
      sum(input_cached_tokens) as "Input, cached",
      sum(input_cache_write_tokens) as "Input, written to the cache",
      sum(output_tokens) as "Output"
    from openai_bi.usage_daily
    where ${tokenUsage}
      and input_tokens is not null
    group by 1
    order by 1`;

const cacheHitRate = `with daily as (
      select usage_date_utc, model_family, sum(input_cached_tokens) as cached, sum(input_tokens) as input
      from openai_bi.cache_efficiency_daily
      where ${tokenUsage}
      group by 1, 2
    ), ranked as (
      select model_family, row_number() over (order by sum(input) desc nulls last) as place from daily group by 1
    )
    select ${timeOf('usage_date_utc')} as time, case when place <= 8 then model_family else '(all others)' end as metric,
      sum(cached) / nullif(sum(input), 0) as value
    from daily join ranked using (model_family)
    group by 1, 2
    order by 1, 2`;

const outputToInput = `select ${timeOf('usage_date_utc')} as time,
      sum(output_tokens) / nullif(sum(input_tokens), 0) as "Output per input token"
    from openai_bi.usage_daily
    where ${tokenUsage}
      and output_tokens is not null
    group by 1
    order by 1`;

const unitPrices = `with priced as (
      select cost_date, line_item, sum(amount) as amount,
        sum(amount) * 1000000 / nullif(sum(case quantity_unit when '1000_tokens' then quantity * 1000 else quantity end), 0)
          as price
      from openai_bi.unit_price_daily
      where currency = ${chosen('currency')}
        and quantity_unit in ('tokens', '1000_tokens')
        and ${among('org_id', 'org')}
        and ${among('model_family', 'family')}
        and ${daysInRange('cost_date')}
      group by 1, 2
    ), ranked as (
      select line_item, row_number() over (order by sum(amount) desc) as place from priced group by 1
    )
    select ${timeOf('cost_date')} as time, line_item as metric, price as value
    from priced join ranked using (line_item)
    where place <= 12
    order by 1, 2`;

const costPerRequest = `with cost as (
      ${tokenCosts}
    ), requests as (
      select usage_date_utc as day, model_family, sum(requests) as requests
      from openai_bi.usage_daily
      where ${tokenUsage}
        and input_tokens is not null
      group by 1, 2
    ), both_known as (
      select day, model_family, cost, requests from cost join requests using (day, model_family) where requests > 0
    ), ranked as (
      select model_family, row_number() over (order by sum(cost) desc) as place from both_known group by 1
    )
    select ${timeOf('day')} as time, model_family as metric, cost / requests as value
    from both_known join ranked using (model_family)
    where place <= 8
    order by 1, 2`;

const batchSavings = `with cost as (
      select model_family, sum(cost) as cost from (${tokenCosts}) as daily group by 1
    ), tokens as (
      select model_family,
        sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) as tokens,
        sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) filter (where ${processing} = 'standard') as standard,
        sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) filter (where ${processing} in ('batch', 'flex')) as half
      from openai_bi.usage_daily
      where ${tokenUsage}
        and input_tokens is not null
      group by 1
    )
    select model_family, cost, coalesce(half, 0) / nullif(tokens, 0) as half_price_share,
      coalesce(standard, 0) / nullif(tokens, 0) as standard_share,
      cost * coalesce(standard, 0) / nullif(tokens - coalesce(half, 0) * 0.5, 0) * 0.5 as saving
    from cost join tokens using (model_family)
    order by saving desc nulls last`;

const tiers = `select model, token_class, surface,
      sum(billed_cost) as cost,
      sum(case quantity_unit when '1000_tokens' then quantity * 1000 else quantity end) as tokens,
      sum(billed_cost) * 1000000
        / nullif(sum(case quantity_unit when '1000_tokens' then quantity * 1000 else quantity end), 0) as price
    from openai_bi.cost_daily_by_line_item
    where ${chosenCosts}
      and ${daysInRange('cost_date')}
      and parse_status = 'model'
      and quantity_unit in ('tokens', '1000_tokens')
    group by model, token_class, surface
    order by model, token_class, price desc nulls last`;

/** What is had for the money. */
export const efficiency: DashboardDefinition = {
  name: 'efficiency',
  title: 'OpenAI efficiency',
  description: 'What is had for the money: caching, prices, tiers. Every ratio divides sums; none averages ratios.',
  variables: ['org', 'currency', 'project', 'team', 'family'],
  annotations: [notFinalDays, missingDays, priceChanges],
  panels: [
    series({
      title: 'Tokens by class',
      description:
        'The classes of input and the output, which together are all tokens. input_tokens holds the first three.',
      sql: tokensByClass,
      shape: 'bars',
      stacked: 'sums',
      wide: true,
      width: 12,
    }),
    series({
      title: 'Cache hit rate',
      description: 'Cached input tokens of all input tokens, where the API reports both.',
      sql: cacheHitRate,
      shape: 'lines',
      unit: 'percentunit',
      max: 1,
      width: 12,
    }),
    series({
      title: 'Price per million tokens, by line item',
      description:
        'Billed amount by billed tokens, of the 12 dearest line items. Purple marks: over 2 % up or down. All projects, as prices are of the organization.',
      sql: unitPrices,
      shape: 'lines',
      decimals: 3,
      width: 12,
    }),
    series({
      title: 'Cost per request',
      description: 'Billed amounts of tokens by model requests of the same family and day.',
      sql: costPerRequest,
      shape: 'lines',
      decimals: 5,
      width: 12,
    }),
    series({
      title: 'Tokens by tier',
      description: 'Share of all tokens in batch, flex, standard and priority.',
      sql: greatestByDay({
        from: 'openai_bi.usage_daily',
        where: `${chosenUsage}\n        and input_tokens is not null`,
        day: 'usage_date_utc',
        key: processing,
        value: 'sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))',
        count: 6,
      }),
      shape: 'bars',
      stacked: 'shares',
      width: 12,
    }),
    series({
      title: 'Output to input',
      description: 'Output tokens per input token, of datasets that have both.',
      sql: outputToInput,
      shape: 'lines',
      wide: true,
      decimals: 3,
      width: 12,
    }),
    rows({
      title: 'What batch would save',
      description:
        'An estimate: half of what standard traffic costs, if all of it could wait for batch or flex at half price. Standard traffic costs its share of the tokens, those at half price counting half.',
      sql: batchSavings,
      unit: 'short',
      columns: {
        model_family: { name: 'Family' },
        cost: { name: 'Cost of tokens', decimals: 2 },
        half_price_share: { name: 'Batch and flex', unit: 'percentunit', decimals: 1 },
        standard_share: { name: 'Standard', unit: 'percentunit', decimals: 1 },
        saving: { name: 'Would save up to', decimals: 2 },
      },
      width: 12,
      height: 11,
    }),
    rows({
      title: 'One model at different tiers',
      description: 'Price per million tokens of the same model and class, by what stands before the model on the bill.',
      sql: tiers,
      unit: 'short',
      columns: {
        model: { name: 'Model' },
        token_class: { name: 'Class' },
        surface: { name: 'Tier' },
        cost: { name: 'Cost', decimals: 2 },
        tokens: { name: 'Tokens' },
        price: { name: 'Per million', decimals: 3 },
      },
      width: 12,
      height: 11,
    }),
  ],
};
