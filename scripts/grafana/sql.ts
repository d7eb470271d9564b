/** Pieces of SQL that the panels share. Grafana puts in $__timeFrom(), $__timeTo() and the variables. */

/** What a variable stands for when all is chosen; ids never look so. */
export const all = '(all)';

/** The chosen values of a variable as literals, quotes in them doubled by Grafana. */
export function chosen(variable: string): string {
  return `\${${variable}:sqlstring}`;
}

/** True of rows whose value is among the chosen ones. */
export function among(column: string, variable: string): string {
  return `('${all}' in (${chosen(variable)}) or ${column} in (${chosen(variable)}))`;
}

/**
 * True of UTC days that begin before the end of the time range and end after its start. The bounds are cast from
 * literals in UTC, so the session's time zone has no say.
 */
export function daysInRange(day: string): string {
  return `${day} >= $__timeFrom()::date and ${day} < $__timeTo()::timestamp`;
}

/** True of instants in the time range, its end excluded. */
export function instantsInRange(instant: string): string {
  return `${instant} >= $__timeFrom()::timestamptz and ${instant} < $__timeTo()::timestamptz`;
}

/** The UTC day that the time range ends in. */
export const lastDay = '$__timeTo()::timestamp::date';

/** A UTC day as the instant it begins, for a time axis. */
export function timeOf(day: string): string {
  return `${day}::timestamp at time zone 'UTC'`;
}

/** What tells an id from the same one of another organization; none where there is no id. */
export function owned(id: string, none: string, org = 'org_id'): string {
  return `case when ${id} is null then ${none} else ${org} || '/' || ${id} end`;
}

/** The project of a row, as the variable has it. */
export const ownedProject = owned('project_id', "'(no project)'");

const chosenProjects = `${among('org_id', 'org')}
    and ${among(ownedProject, 'project')}
    and ${among("coalesce(team, '(no team)')", 'team')}`;

/** Rows of the views of cost of one currency and the chosen organizations, projects, teams, families. */
export const chosenCosts = `currency = ${chosen('currency')}
    and ${chosenProjects}
    and ${among('model_family', 'family')}`;

/** Rows of the views of usage with the same choice. */
export const chosenUsage = `${chosenProjects}
    and ${among('model_family', 'family')}`;

/** Rows of storage and tools, which have no model. */
export const chosenStorage = chosenProjects;

/**
 * The greatest groups by a sum, the rest in one row: columns `label` and `value`, greatest first.
 * `key` tells groups apart, `label` names them: two projects may have one name.
 */
export function greatest(options: {
  readonly from: string;
  readonly where: string;
  readonly key: string;
  readonly label: string;
  readonly value: string;
  readonly count: number;
}): string {
  const { from, where, key, label, value, count } = options;
  return `with ranked as (
      select max(${label}) as label, ${value} as value, row_number() over (order by ${value} desc nulls last) as place
      from ${from}
      where ${where}
      group by ${key}
    )
    select case when place <= ${count} then label else '(all others)' end as label, sum(value) as value
    from ranked
    group by least(place, ${count + 1}), 1
    order by least(place, ${count + 1})`;
}

/**
 * A series a group and day, of the groups that are greatest over the whole range, the others in one series. Days without
 * rows get no point: what is missing is not 0.
 */
export function greatestByDay(options: {
  readonly from: string;
  readonly where: string;
  readonly day: string;
  readonly key: string;
  readonly value: string;
  readonly count: number;
}): string {
  const { from, where, day, key, value, count } = options;
  return `with daily as (
      select ${day} as day, ${key} as series, ${value} as value
      from ${from}
      where ${where} and ${daysInRange(day)}
      group by 1, 2
    ), ranked as (
      select series, row_number() over (order by sum(value) desc nulls last) as place from daily group by series
    )
    select ${timeOf('day')} as time, case when place <= ${count} then series else '(all others)' end as metric,
      sum(value) as value
    from daily join ranked using (series)
    group by 1, 2
    order by 1, 2`;
}
