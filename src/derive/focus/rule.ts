/** The two views a rule can be asked of, schema-qualified, or copies of them. */
export interface FocusViews {
  readonly charges: string;
  readonly allocated: string;
}

/** Which of the views a rule is asked of. */
export type FocusView = keyof FocusViews;

/** The letter of a published deviation. */
export type DeviationLetter = 'a' | 'b' | 'c' | 'd' | 'e';

interface Rule {
  /** Ids of the FOCUS rules it stands for, or `own` and a name. */
  readonly id: string;
  /** What must be so, for people. */
  readonly sentence: string;
  readonly views: readonly FocusView[];
  /** `must`: a row that breaks it is a violation. `should`: advice of FOCUS; a row that breaks it is shown. */
  readonly strength: 'must' | 'should';
}

/** A rule about one row. */
export interface RowRule extends Rule {
  readonly kind: 'row';
  /** SQL condition that is true of a row that breaks it. */
  readonly broken: string;
  /** Rows that break it as published, and are counted as such. */
  readonly deviation?: { readonly letter: DeviationLetter; readonly when: string };
}

/** A rule about several rows, or about the columns. */
export interface SetRule extends Rule {
  readonly kind: 'set';
  /** True of a rule about columns: asked first, because where one is missing no other rule can be asked. */
  readonly aboutColumns: boolean;
  /** True of a rule that holds rows of different days against each other; others are asked of some days at a time. */
  readonly acrossDays?: boolean;
  /** A query that returns a row for everything that breaks it. */
  readonly broken: (view: string, views: FocusViews) => string;
}

/** One of our checks of the FOCUS views. */
export type FocusRule = RowRule | SetRule;

export const both = ['charges', 'allocated'] as const;

/** The query that returns what breaks a rule in a view: no row when the rule is kept. Published deviations are left out. */
export function brokenQuery(rule: FocusRule, view: string, views: FocusViews): string {
  if (rule.kind === 'set') return rule.broken(view, views);
  const { broken, deviation } = rule;
  const published = deviation === undefined ? '' : ` and (${deviation.when}) is not true`;
  return `select * from ${view} where (${broken})${published}`;
}

/** A name as PostgreSQL takes it literally. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as PostgreSQL takes it literally. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
