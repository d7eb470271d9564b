/** One column of a directory table as PostgreSQL knows it. */
export interface DirectoryColumn {
  readonly name: string;
  readonly type: 'text' | 'timestamptz' | 'boolean' | 'xid8';
  readonly nullable: boolean;
  /** SQL of a column that PostgreSQL computes from others of the row. */
  readonly generated?: string;
  readonly comment: string;
}

/** A column whose values come from the lists. */
export interface ListedColumn extends DirectoryColumn {
  readonly type: 'text' | 'timestamptz' | 'boolean';
  /** Came after the table had shipped, and stands at its end. */
  readonly appended?: true;
  /** Keeps its value where the lists that were read do not tell it. */
  readonly sticky?: true;
}

/** A table of names: who or what carries the ids in usage and costs, kept for ever. */
export interface DirectoryTable {
  readonly name: string;
  readonly doc: string;
  /** The columns after org_id that make the primary key, all of them from lists. */
  readonly key: readonly string[];
  /** In table order, the key included. */
  readonly listed: readonly ListedColumn[];
  /** What the table calls a row: its first non-null column. Null where rows have no name. */
  readonly label: { readonly column: string; readonly from: readonly string[]; readonly comment: string } | null;
  /** How name_history calls its rows, where their names are kept through time. */
  readonly history: { readonly entity: string; readonly name: string; readonly since: string } | null;
  /** Ids in facts that no list has get a row: the dimensions that hold them, and what is certain of such a row. */
  readonly stub: { readonly dimension: string; readonly values: Readonly<Record<string, string>> } | null;
  /** Columns that say who somebody is, and the rows in which they do not because they are no people's. */
  readonly personal: { readonly columns: readonly string[]; readonly except: Readonly<Record<string, string>> } | null;
  /** Columns that the users of the store fill in. */
  readonly owned: readonly DirectoryColumn[];
}

const organization: DirectoryColumn = {
  name: 'org_id',
  type: 'text',
  nullable: false,
  comment: 'Name of the organization in the configuration.',
};

const stubColumn: DirectoryColumn = {
  name: 'is_stub',
  type: 'boolean',
  nullable: false,
  comment: 'True for an id that usage or costs carry and that no list has ever held.',
};

const bookkeeping: readonly DirectoryColumn[] = [
  { name: 'first_seen_at', type: 'timestamptz', nullable: false, comment: 'When a run first saw it.' },
  {
    name: 'last_seen_at',
    type: 'timestamptz',
    nullable: false,
    comment: 'When a run last saw it: in a list, or as a stub in changed usage or costs.',
  },
  {
    name: 'removed_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.',
  },
  {
    name: 'updated_at',
    type: 'timestamptz',
    nullable: false,
    comment: 'When a value of the row last changed; being seen again is no change.',
  },
  { name: 'changed_xid', type: 'xid8', nullable: false, comment: 'Transaction that last changed a value of the row.' },
];

/** The whole column list of a directory table, in order. Migrations must equal it, and a test says so. */
export function directoryColumns(table: DirectoryTable): readonly DirectoryColumn[] {
  const listed = (appended: boolean) =>
    table.listed
      .filter((column) => (column.appended ?? false) === appended)
      .map(({ name, type, nullable, comment }) => ({ name, type, nullable, comment }));
  return [
    organization,
    ...listed(false),
    ...labelColumn(table),
    ...table.owned,
    ...(table.stub === null ? [] : [stubColumn]),
    ...bookkeeping,
    ...listed(true),
  ];
}

function labelColumn({ label }: DirectoryTable): readonly DirectoryColumn[] {
  if (label === null) return [];
  const { column, from, comment } = label;
  return [{ name: column, type: 'text', nullable: true, generated: `COALESCE(${from.join(', ')})`, comment }];
}
