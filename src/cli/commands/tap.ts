import type { Command } from 'commander';
import { exitCode } from '../../errors.ts';
import { withStore } from '../../run/database.ts';
import { discoverStreams, emitTap } from '../../run/tap.ts';
import { createCommand, type Execute } from '../command.ts';
import { readInputFile } from '../input-file.ts';
import { endOfLines, readerGone, refuseJson } from '../lines.ts';

interface TapFlags {
  readonly catalog?: string;
  readonly state?: string;
  readonly discover?: boolean;
}

/** `tap`: the store as a Singer tap. */
export function tapCommand(run: Execute): Command {
  const command = createCommand({
    name: 'tap',
    description: `Prints the messages of a Singer tap: of each stream its SCHEMA, a RECORD for every row that is new or changed since the
state, a RECORD with _sdc_deleted_at for every row that is gone, and a STATE. A stream that the state knows nothing of, or
nothing that is still of use, is read whole under a new version, which ACTIVATE_VERSION puts in the place of the old one.
numeric values, money among them, are texts of their digits.

--config is the file that every command has, here as JSON if you like, such as {"database_url": "…"}; without it the
environment says where the database is.

Exit codes: 0 all printed, 1 failed, 2 bad arguments, 141 the target went away.`,
    examples: [
      ['tap --discover > catalog.json', 'the streams there are'],
      ['tap --config config.json --catalog catalog.json | target-any', 'everything, the first time'],
      ['tap --config config.json --catalog catalog.json --state state.json | target-any', 'what has changed since'],
    ],
  });
  return command
    .option('--catalog <FILE>', 'catalog that selects streams and fields (default: all of them)')
    .option('--state <FILE>', 'value of the STATE that a target has printed last (default: read everything)')
    .option('--discover', 'print the catalog and end')
    .action(() =>
      run<TapFlags>(command, async (invocation, flags) => {
        refuseJson(invocation, 'tap');
        const { clock, log, signal, terminal } = invocation;
        if (flags.discover === true) {
          const text = discoverStreams();
          return { document: null, text: () => text, exit: exitCode.ok };
        }
        const config = invocation.config({ needsKey: false });
        const read = async (file: string | undefined) =>
          file === undefined ? null : await readInputFile(terminal, file, 'arguments_invalid');
        const options = {
          catalog: await read(flags.catalog),
          state: await read(flags.state),
          now: clock.now(),
          signal,
        };
        const whole = await withStore({ config, clock, log }, 'migrated', (store) =>
          emitTap(store, options, terminal.out.write),
        );
        return endOfLines(whole ? exitCode.ok : readerGone);
      }),
    );
}
