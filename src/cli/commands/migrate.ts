import type { Command } from 'commander';
import { exitCode } from '../../errors.ts';
import {
  type MigrationReport,
  type MigrationStatus,
  migrateDatabase,
  readMigrationStatus,
} from '../../run/database.ts';
import { createCommand, type Execute } from '../command.ts';
import { counted, instant } from '../numbers.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';

/** `migrate up|status`. */
export function migrateCommand(run: Execute): Command {
  const command = createCommand({
    name: 'migrate',
    description: 'Brings the database to the version this program needs. sync does so by itself.',
    examples: [
      ['migrate', 'the same as migrate up'],
      ['migrate status', 'which migrations are applied'],
    ],
  });
  command.addCommand(upCommand(run), { isDefault: true });
  return command.addCommand(migrationStatusCommand(run));
}

function upCommand(run: Execute): Command {
  const command = createCommand({
    name: 'up',
    summary: 'apply the migrations that are missing (default)',
    description:
      'Applies the migrations that are missing, each in a transaction of its own. Safe to repeat and to run at once.',
    examples: [['migrate up', 'apply what is missing']],
  });
  return command.action(() =>
    run(command, async (invocation) => {
      const { clock, log } = invocation;
      const report = await migrateDatabase({ config: invocation.config({ needsKey: false }), clock, log });
      return { document: report, text: () => upText(report), exit: exitCode.ok };
    }),
  );
}

function upText({ to_version, applied }: MigrationReport): string {
  if (applied.length === 0) return `The database is up to date at version ${to_version}.`;
  const names = applied.map(({ version, name }) => `  ${version} ${name}`);
  return [`Applied ${counted(applied.length, 'migration')}; the database is at version ${to_version}.`, ...names].join(
    '\n',
  );
}

function migrationStatusCommand(run: Execute): Command {
  const command = createCommand({
    name: 'status',
    summary: 'show which migrations are applied',
    description: 'Shows which migrations are applied and which are missing. Changes nothing.',
    examples: [['migrate status', 'a line for each migration']],
  });
  return command.action(() =>
    run(command, async (invocation) => {
      const { clock, log } = invocation;
      const status = await readMigrationStatus({ config: invocation.config({ needsKey: false }), clock, log });
      return { document: status, text: (style) => migrationsText(status, style), exit: exitCode.ok };
    }),
  );
}

function migrationsText({ migrations, database_version, program_version }: MigrationStatus, style: Style): string {
  const columns = [
    { title: 'version', align: 'right' },
    { title: 'name' },
    { title: 'state' },
    { title: 'applied' },
    { title: 'by' },
  ] as const;
  const rows = migrations.map(({ version, name, state, applied_at, applied_by_version }) => [
    String(version),
    name,
    state === 'applied' ? style.good(state) : style.warn(state),
    applied_at === null ? '–' : instant(applied_at.toISOString()),
    applied_by_version ?? '–',
  ]);
  const verdict =
    database_version === program_version
      ? 'The database is up to date.'
      : `The database is at version ${database_version}, the program at ${program_version}.`;
  return `${table(columns, rows, style)}\n\n${verdict}`;
}
