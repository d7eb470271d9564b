import type { Command } from 'commander';
import type { Execute } from './command.ts';

/** A command as the list of commands shows it. The rest of it is loaded when it is asked for. */
export interface ListedCommand {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  load(): Promise<(run: Execute) => Command>;
}

/** Every command, in the order in which help shows them. */
export const commands: readonly ListedCommand[] = [
  {
    name: 'sync',
    summary: 'load what is new or not settled yet: the nightly job',
    load: async () => (await import('./commands/sync.ts')).syncCommand,
  },
  {
    name: 'backfill',
    summary: 'load a range of dates; can be interrupted and goes on where it stopped',
    load: async () => (await import('./commands/backfill.ts')).backfillCommand,
  },
  {
    name: 'verify',
    summary: "compare the stored sums with the API's own totals",
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'status',
    summary: 'show freshness, coverage and gaps, capabilities, quarantine, drift and the last runs',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    name: 'check',
    summary: 'test configuration, database, key and permissions, with a remedy for each problem',
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  {
    name: 'serve',
    summary: 'sync by itself on a schedule; serve health, metrics and a status page',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  {
    name: 'query',
    summary: 'answer one read-only SQL query, as a table, JSON or CSV',
    load: async () => (await import('./commands/query.ts')).queryCommand,
  },
  {
    name: 'changes',
    summary: 'print every row that has changed since a cursor, for a warehouse',
    load: async () => (await import('./commands/changes.ts')).changesCommand,
  },
  {
    name: 'tap',
    summary: 'feed a warehouse through any Singer target',
    load: async () => (await import('./commands/tap.ts')).tapCommand,
  },
  {
    name: 'publication',
    summary: 'let Debezium, Fivetran, Airbyte or dlt follow the store by logical replication',
    load: async () => (await import('./commands/publication.ts')).publicationCommand,
  },
  {
    name: 'report',
    summary: 'write spend and usage as one HTML page to look at, print or send',
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  {
    name: 'export',
    summary: 'write tables and views as Parquet, CSV or NDJSON, for a warehouse or a lake',
    load: async () => (await import('./commands/export.ts')).exportCommand,
  },
  {
    name: 'budgets',
    summary: 'say what may be spent, on what and in which period',
    load: async () => (await import('./commands/budgets.ts')).budgetsCommand,
  },
  {
    name: 'map',
    summary: 'say which team, cost center and environment each project belongs to',
    load: async () => (await import('./commands/map.ts')).mapCommand,
  },
  {
    name: 'migrate',
    summary: 'bring the database to the version of this program, or show how far it is',
    load: async () => (await import('./commands/migrate.ts')).migrateCommand,
  },
  {
    name: 'db',
    summary: 'let psql or a BI tool into the embedded server',
    load: async () => (await import('./commands/db.ts')).dbCommand,
  },
  {
    name: 'simulate',
    summary: 'serve a double of the API on loopback, to try things without a key',
    load: async () => (await import('./commands/simulate.ts')).simulateCommand,
  },
  {
    name: 'demo',
    summary: 'load a made-up year, answer three questions about it and write a report; needs no key and no database',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  {
    name: 'init',
    summary: 'write a commented configuration file',
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
];
