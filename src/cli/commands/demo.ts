import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { runDemo } from '../../run/demo.ts';
import { createCommand, type Execute } from '../command.ts';
import { demoText } from '../render/demo-report.ts';
import { answerDocument } from '../render/query-answer.ts';

interface DemoFlags {
  readonly dataDir: string;
}

/** The organization every demonstration shows, so that two people see the same numbers on the same day. */
const demoSeed = 1;

/** `demo`: everything at once, without a key. */
export function demoCommand(run: Execute): Command {
  const command = createCommand({
    name: 'demo',
    description: `Starts the API's double and a private PostgreSQL server, loads a year of every dataset, answers three questions in SQL,
and writes a report to look at. Uses neither your key nor your database, and can be repeated: the second time nothing has
changed.`,
    examples: [
      ['demo', 'see everything in half a minute'],
      ['demo --data-dir /tmp/demo', 'keep the database elsewhere'],
    ],
  });
  return command
    .addOption(new Option('--data-dir <DIR>', 'folder of the database').default('./usage-etl-data/demo'))
    .action(() =>
      run<DemoFlags>(command, async ({ clock, log, progress, signal, terminal }, flags) => {
        // Beside the folder of the database, which is closed to other users, as a browser may be.
        const reportFile = `${flags.dataDir.replace(/[/\\]+$/, '')}-report.html`;
        const report = await runDemo({
          clock,
          log,
          progress,
          signal,
          dataDir: resolve(terminal.cwd, flags.dataDir),
          reportFile: resolve(terminal.cwd, reportFile),
          seed: demoSeed,
        });
        const answers = report.answers.map(({ title, sql, answer }) => ({
          title,
          sql,
          answer: answerDocument(answer),
        }));
        return {
          document: { ...report, answers },
          text: (style) => demoText(report, { dataDir: flags.dataDir, reportFile }, style),
          exit: report.sync.exit_code,
        };
      }),
    );
}
