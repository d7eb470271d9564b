/** What another session keeps locked is waited for this long, unless the URL, the role or the database says otherwise. */
const lockPatience = '60s';

/** A transaction whose program does not go on for this long is rolled back, unless they say otherwise. */
const idlePatience = '5min';

/**
 * What changes the meaning of a statement or of a value, whatever the server, the database or the role prefers. Names
 * without a schema are PostgreSQL's own: a function of the same name in a schema that others may create in is never
 * called. Temporary tables come last, so that none of them hides a name either.
 */
const pinned: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog, pg_temp',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  transform_null_equals: 'off',
  bytea_output: 'hex',
  extra_float_digits: '1',
  xmloption: 'content',
  timezone: 'UTC',
  datestyle: 'ISO, YMD',
  intervalstyle: 'iso_8601',
};

/** The server notices a program that vanished within a minute, not after its default of two hours, in which rows would stay locked. */
const keepAlive: Readonly<Record<string, string>> = {
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
};

/** One call per setting: some, such as the search path, are lists that SET would take for one name. */
const settings = Object.entries({ ...pinned, ...keepAlive })
  .map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`)
  .join(', ');

/** Said on every new connection. The limits that follow are only set where nobody else has set one. */
export const sessionSettings = `select ${settings};
  select pg_catalog.set_config(name, patience, false)
    from (values ('lock_timeout', '${lockPatience}'), ('idle_in_transaction_session_timeout', '${idlePatience}'))
      as bound(name, patience)
   where pg_catalog.current_setting(name) operator(pg_catalog.=) '0'`;
