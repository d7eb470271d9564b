import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { exitCode } from '../../errors.ts';
import { simulate, simulatorKey, simulatorLevels } from '../../run/simulate.ts';
import { createCommand, type Execute } from '../command.ts';
import { interrupted } from '../interrupted.ts';
import { wholeNumber } from '../whole-number.ts';

interface SimulateFlags {
  readonly port?: number;
  readonly seed: number;
  readonly story?: boolean;
  readonly level?: string;
  readonly horizonDays?: number;
  readonly replay?: string;
}

const mostPort = 65_535;
const mostSeed = 4_294_967_295;

/** `simulate`: the API's double on loopback. */
export function simulateCommand(run: Execute): Command {
  const command = createCommand({
    name: 'simulate',
    description: `Serves a double of the usage and costs API on 127.0.0.1 until it is interrupted, with a made-up organization that is the
same for the same seed. Prints what to export so that the other commands use it.`,
    examples: [
      ['simulate', 'on a free port'],
      ['simulate --port 8089 --seed 7', 'always the same port, other usage'],
      ['simulate --story', 'the company of the demo, with a year behind it'],
      ['simulate --level baseline', 'as the API was in May 2026'],
      ['simulate --replay recorded/', 'recorded pages, as they are'],
    ],
  });
  return command
    .addOption(new Option('--port <NUMBER>', 'TCP port (default: a free one)').argParser(wholeNumber(1, mostPort)))
    .addOption(
      new Option('--seed <NUMBER>', 'which made-up organization').argParser(wholeNumber(0, mostSeed)).default(1),
    )
    .option('--story', 'the company that the demo shows, in place of one drawn from the seed')
    .addOption(
      new Option('--level <VERSION>', 'version of the contract (default: the newest)').choices(simulatorLevels),
    )
    .addOption(
      new Option('--horizon-days <NUMBER>', 'answer only so many days back (default: all)').argParser(
        wholeNumber(1, 36_500),
      ),
    )
    .option('--replay <DIR>', 'answer recorded pages: files named after their dataset, such as costs-2025-01.json')
    .action(() =>
      run<SimulateFlags>(command, async ({ clock, signal, print, terminal }, flags) => {
        const simulator = await simulate({
          clock,
          port: flags.port ?? null,
          seed: flags.seed,
          story: flags.story === true,
          level: flags.level ?? null,
          horizonDays: flags.horizonDays ?? null,
          replayFolder: flags.replay === undefined ? null : resolve(terminal.cwd, flags.replay),
        });
        const exports = {
          OPENAI_BASE_URL: simulator.url,
          OPENAI_ADMIN_KEY: simulatorKey,
          USAGE_ETL_DATA_DIR: './usage-etl-data/simulated',
        };
        await print({
          document: { url: simulator.url, env: exports },
          text: () => servingText(exports),
          exit: exitCode.ok,
        });
        await interrupted(signal);
        await simulator.close();
        return null;
      }),
    );
}

function servingText(exports: { readonly OPENAI_BASE_URL: string } & Readonly<Record<string, string>>): string {
  const lines = Object.entries(exports).map(([name, value]) => `export ${name}=${value}`);
  return [`Serving at ${exports.OPENAI_BASE_URL} until interrupted (Ctrl-C). In another terminal:`, '', ...lines].join(
    '\n',
  );
}
