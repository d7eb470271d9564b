import { type AnnotationQuery, AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dataSource, sqlQuery } from './data-source.ts';
import { among, chosen, daysInRange, timeOf } from './sql.ts';

function annotation(name: string, color: string, sql: string): AnnotationQuery {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(dataSource)
    .enable(true)
    .iconColor(color)
    .target(sqlQuery(sql, 'table', 'Anno'))
    .build();
}

/** Days of costs in some states, as stretches: one shading for as many days as follow each other. */
function stretches(condition: string, text: string): string {
  return `with days as (
      select distinct day
      from openai_bi.coverage
      where dataset = 'costs' and ${condition}
        and ${among('org_id', 'org')}
        and ${daysInRange('day')}
    )
    select ${timeOf('min(day)')} as time, ${timeOf('(max(day) + 1)')} as timeend, '${text}' as text
    from (select day, day - row_number() over (order by day)::int as stretch from days) as numbered
    group by stretch
    order by 1`;
}

/** Shades what may still change. */
export const notFinalDays = annotation(
  'Not final',
  'orange',
  stretches("state in ('loaded', 'incomplete')", 'may still change'),
);

/** Shades what is not there, so that no bar does not read as no spend. */
export const missingDays = annotation('Not loaded', 'red', stretches("state in ('missing', 'refused')", 'not loaded'));

/** Marks days on which a unit of something came to cost over 2 % more or less than before. */
export const priceChanges = annotation(
  'Price or mix changed',
  'purple',
  `select ${timeOf('cost_date')} as time,
      line_item || ': ' || to_char(unit_price_change_ratio * 100, 'FMSG990.0') || ' %' as text
    from openai_bi.unit_price_daily
    where currency = ${chosen('currency')}
      and ${among('org_id', 'org')}
      and ${daysInRange('cost_date')}
      and abs(unit_price_change_ratio) > 0.02
      and is_final
    order by abs(unit_price_change_ratio) * amount desc
    limit 50`,
);
