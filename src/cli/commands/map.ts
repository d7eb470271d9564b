import { type Command, Option } from 'commander';
import { ConfigError, problem } from '../../config.ts';
import { exitCode } from '../../errors.ts';
import { withStore } from '../../run/database.ts';
import { exportMap, runMap } from '../../run/map.ts';
import { createCommand, type Execute } from '../command.ts';
import { readInputFile } from '../input-file.ts';
import { mapCsv, mapText } from '../render/map-report.ts';
import { readSelection } from '../selection.ts';

interface MapFlags {
  readonly dryRun?: boolean;
  readonly export?: boolean;
  readonly org?: readonly string[];
}

/** `map`: what only the users of the store know of their projects. */
export function mapCommand(run: Execute): Command {
  const command = createCommand({
    name: 'map',
    description: `Writes team, cost_center and environment of projects from a CSV or YAML file: one entry a project, found by project_id or
by its present project_name; with several organizations, org_id tells them apart. Columns and projects that the file does
not name stay as they are, an empty cell clears. Repeating it changes nothing. The views of openai_bi show the three beside
every project.

Exit codes: 0 all written, 3 some entries have no project (the rest is written), 2 the file is wrong (nothing is written).`,
    examples: [
      ['map --export > projects.csv', 'a file to start from, with every project'],
      ['map --dry-run projects.csv', 'what would change'],
      ['map projects.csv', 'write it'],
      ['map projects.yaml', 'the same from YAML: a list of projects'],
    ],
  });
  return command
    .argument(
      '[FILE]',
      'CSV with a header line, or YAML where its name ends in .yaml or .yml; - reads CSV from standard input',
    )
    .option('--org <NAME...>', 'only these organizations')
    .addOption(new Option('--dry-run', 'show what would change; write nothing').conflicts('export'))
    .addOption(new Option('--export', 'print the present mapping as CSV'))
    .action(() =>
      run<MapFlags>(command, async (invocation, flags, [file = '']) => {
        const { clock, log, terminal } = invocation;
        const config = invocation.config({ needsKey: false });
        const { organizations } = readSelection(flags, config, clock.now());
        if (flags.export === true) {
          const projects = await withStore({ config, clock, log }, 'migrated', (store) =>
            exportMap(store, organizations),
          );
          return { document: { projects }, text: () => mapCsv(projects), exact: true, exit: exitCode.ok };
        }
        if (file === '')
          throw new ConfigError('arguments_invalid', [problem('usage-etl map', 'no file', 'FILE, or --export')]);
        const text = await readInputFile(terminal, file, 'mapping_invalid');
        const options = { file, text, dryRun: flags.dryRun === true, organizations };
        const report = await withStore({ config, clock, log }, 'migrated', (store) => runMap(store, options));
        return { document: report, text: (style) => mapText(report, style), exit: report.exit_code };
      }),
    );
}
