import { type FocusColumn, type FocusType, focusColumns } from './columns.ts';
import { both, type FocusRule, literal } from './rule.ts';

/** The types of PostgreSQL that carry a type of FOCUS. */
export const sqlTypes: Readonly<Record<FocusType, string>> = {
  Decimal: 'numeric',
  DateTime: 'timestamp with time zone',
  String: 'text',
  JSON: 'jsonb',
  Boolean: 'boolean',
  Integer: 'integer',
};

function columnsOf(view: string): string {
  const relation = literal(view);
  return `(select attname as name, format_type(atttypid, atttypmod) as type,
      row_number() over (order by attnum) as place
    from pg_catalog.pg_attribute
    where attrelid = ${relation}::regclass and attnum > 0 and not attisdropped) as found`;
}

const declared = `(values ${focusColumns
  .map(({ name, type }, index) => `(${literal(name)}, ${literal(sqlTypes[type])}, ${index + 1})`)
  .join(', ')}) as declared (name, type, place)`;

function presenceRule({ name, presence, level }: FocusColumn): FocusRule {
  return {
    id: presence ?? `own-${name}`,
    sentence: `${name} is there.`,
    views: both,
    strength: level === 'recommended' ? 'should' : 'must',
    kind: 'set',
    aboutColumns: true,
    broken: (view) => {
      const [found, wanted] = [columnsOf(view), literal(name)];
      return `select 1 where not exists (select from ${found} where name = ${wanted})`;
    },
  };
}

/** Rules about which columns there are, of which type, in which order. */
export const columnRules: readonly FocusRule[] = [
  ...focusColumns.map(presenceRule),
  {
    id: 'own-column-types',
    sentence: 'Every column has the type that the metadata declares.',
    views: both,
    strength: 'must',
    kind: 'set',
    aboutColumns: true,
    broken: (view) => {
      const found = columnsOf(view);
      return `select declared.name from ${declared} join ${found} using (name) where found.type <> declared.type`;
    },
  },
  {
    id: 'own-column-order',
    sentence: 'The columns of FOCUS come first, in order, and every column is declared.',
    views: both,
    strength: 'must',
    kind: 'set',
    aboutColumns: true,
    broken: (view) => {
      const found = columnsOf(view);
      return `select found.name from ${found} left join ${declared} using (name)
        where found.place is distinct from declared.place`;
    },
  },
];
