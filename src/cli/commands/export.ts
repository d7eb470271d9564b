import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { ConfigError, type Problem, problem, readObjectStorage } from '../../config.ts';
import { exitCode } from '../../errors.ts';
import { withStore } from '../../run/database.ts';
import {
  type ExportFormat,
  type ExportPlace,
  type ExportRunContext,
  exportFormats,
  runExport,
  runExportCheck,
  runExportToOutput,
} from '../../run/export.ts';
import { createCommand, type Execute, type Invocation } from '../command.ts';
import { endOfLines, readerGone, refuseJson } from '../lines.ts';
import { exportCheckText, exportText } from '../render/export-report.ts';

interface ExportFlags {
  readonly out?: string;
  readonly format: ExportFormat;
  readonly full?: boolean;
  readonly check?: string;
}

/** `export`: files of the store for warehouses. */
export function exportCommand(run: Execute): Command {
  const command = createCommand({
    name: 'export',
    description: `Writes one file per dataset and month (dataset=costs/month=2026-11/part-….parquet), all of one instant, and last a
manifest.json that names them with rows, exact sums and checksums. The next export to the same place rewrites only the
partitions that have changed. A reader that follows the manifest never sees half an export. Decimals are exact: DECIMAL(38,18)
in Parquet, wider where the values need it.

NAME is a dataset such as completions or costs, a table such as projects, or a table or view with its schema, such as
openai_bi.cost_daily or openai_focus.cost_and_usage. Without names: what the place holds already, else every fact and all that
gives ids their names, names and e-mail addresses of people included where they are stored.

PLACE is a folder, s3://bucket/prefix, or - for standard output (one NAME, one file, text uncompressed). Credentials for S3 come
from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, the region from AWS_REGION, another storage from
AWS_ENDPOINT_URL_S3.

Exit codes: 0 exported, or equal to the store; 1 failed, or a file is missing, damaged or different; 2 bad arguments; 3 --check
found all files whole, and that the store has changed since; 75 another export is writing there.`,
    examples: [
      ['export --out /srv/lake/openai', 'what has changed since the last time; all of it the first time'],
      ['export costs completions --out s3://lake/openai', 'two datasets, to a bucket'],
      ['export openai_focus.cost_and_usage --format csv --out focus', 'a view'],
      ['export costs --format ndjson --out - | head', 'to standard output'],
      ['export --check /srv/lake/openai', 'proves the files against the store'],
    ],
  });
  return command
    .argument('[NAME...]', 'datasets, tables or views; default what the place holds, else all facts and names')
    .addOption(new Option('--out <PLACE>', 'folder, s3://bucket/prefix, or - for standard output'))
    .addOption(new Option('--format <FORMAT>', 'how to write').choices([...exportFormats]).default('parquet'))
    .addOption(new Option('--full', 'read and write everything anew; what is not named leaves the place'))
    .addOption(new Option('--check <PLACE>', 'write nothing; prove what was exported there').conflicts(['out', 'full']))
    .action((names: readonly string[]) =>
      run<ExportFlags>(command, async (invocation, flags) => {
        refuse(problemsOf(names, flags));
        const { clock, log, progress, signal } = invocation;
        const config = invocation.config({ needsKey: false });
        if (flags.out === '-') refuseJson(invocation, 'export --out -');
        const place = placeOf(flags.check ?? flags.out ?? '', invocation);
        return withStore({ config, clock, log }, 'migrated', (store) => {
          const context = { store, clock, log, progress, signal };
          if (flags.check !== undefined) return check(context, place);
          return flags.out === '-' ? print(context, names, flags, invocation) : write(context, place, names, flags);
        });
      }),
    );
}

async function write(
  context: ExportRunContext,
  place: ExportPlace,
  names: readonly string[],
  { format, full }: ExportFlags,
) {
  const report = await runExport(context, place, { names, format, full: full === true });
  return { document: report, text: exportText(report), exit: exitCode.ok };
}

async function check(context: ExportRunContext, place: ExportPlace) {
  const report = await runExportCheck(context, place);
  return { document: report, text: exportCheckText(report), exit: report.exit_code };
}

async function print(
  context: ExportRunContext,
  names: readonly string[],
  { format }: ExportFlags,
  { terminal, log }: Invocation,
) {
  const rows = await runExportToOutput(context, { names, format }, terminal.out.write);
  log.info({ names, format, rows }, 'export printed');
  return endOfLines(rows === null ? readerGone : exitCode.ok);
}

function problemsOf(names: readonly string[], { out, check: checked }: ExportFlags): readonly Problem[] {
  const place = 'a folder, s3://bucket/prefix, or - for standard output';
  return [
    ...(out === undefined && checked === undefined ? [problem('--out', 'not given', place)] : []),
    ...[out, checked].flatMap((given) => {
      if (given === undefined) return [];
      if (given === '' || (/^\w+:\/\//.test(given) && bucketOf(given) === null)) {
        return [problem(given === out ? '--out' : '--check', 'received another form', place)];
      }
      return [];
    }),
    ...(out === '-' && names.length !== 1 ? [problem('NAME', `received ${names.length}`, 'one, for --out -')] : []),
    ...(checked !== undefined && names.length > 0
      ? [problem('NAME', `received ${names.length}`, 'none: --check checks all that is there')]
      : []),
    ...(checked === '-' ? [problem('--check', 'received -', 'a folder or s3://bucket/prefix')] : []),
  ];
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ConfigError('arguments_invalid', problems);
}

function placeOf(given: string, { terminal }: Invocation): ExportPlace {
  const bucket = bucketOf(given);
  if (bucket === null) return { kind: 'folder', path: resolve(terminal.cwd, given) };
  return { kind: 'bucket', ...bucket, storage: readObjectStorage(terminal.env) };
}

/** Names that every S3-compatible storage takes, in a URL without anything else. */
const bucketUrl = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>[\w.=/-]*))?$/;

function bucketOf(given: string): { readonly bucket: string; readonly prefix: string } | null {
  const { bucket, prefix = '' } = bucketUrl.exec(given)?.groups ?? {};
  if (bucket === undefined) return null;
  const path = prefix.split('/').filter((part) => part !== '');
  return { bucket, prefix: path.map((part) => `${part}/`).join('') };
}
