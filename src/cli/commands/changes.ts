import type { Command } from 'commander';
import { exitCode } from '../../errors.ts';
import { emitChanges, failureLine } from '../../run/changes.ts';
import { withStore } from '../../run/database.ts';
import { createCommand, type Execute } from '../command.ts';
import { endOfLines, readerGone, refuseJson } from '../lines.ts';

/** `changes`: what has changed in the store since a cursor. */
export function changesCommand(run: Execute): Command {
  const command = createCommand({
    name: 'changes',
    description: `Prints one JSON document a line: {"op":"upsert","stream":…,"key":{…},"row":{…}} for a row that is new or changed,
{"op":"remove","stream":…,"key":{…},"removed_at":…} for one that is gone, and last {"op":"cursor","cursor":"v1.…"}. Keep that
cursor once you have stored all lines before it, and give it to the next call: no change is missed and none comes twice.
Without a cursor everything is printed. numeric and bigint values are texts, so that no reader rounds them; instants are UTC.

NAME is a dataset such as completions or costs, or a table such as openai.projects; without names all of them are read, names
of people included where they are stored.

Exit codes: 0 all printed, 1 failed, 2 bad arguments, 141 the reader went away. What fails ends with {"op":"failed","code":"…"}
in the place of the cursor; cursor_expired says that the cursor is of no use any more: read everything again.`,
    examples: [
      ['changes > all.ndjson', 'everything; the last line is the cursor'],
      ['changes --since v1.9c1f8a2b3d4e5f60.7421', 'what has changed since'],
      ['changes costs openai.projects', 'two streams only'],
    ],
  });
  return command
    .argument('[NAME...]', 'datasets or tables; default all')
    .option('--since <CURSOR>', 'the cursor that an earlier call has printed last')
    .action((names: readonly string[]) =>
      run<{ readonly since?: string }>(command, async (invocation, flags) => {
        refuseJson(invocation, 'changes');
        const { clock, log, signal, terminal } = invocation;
        const config = invocation.config({ needsKey: false });
        const since = flags.since ?? null;
        const report = await withStore({ config, clock, log }, 'migrated', (store) =>
          emitChanges(store, { names, since, signal }, terminal.out.write),
        ).catch(async (failure: unknown) => {
          await terminal.out.write(failureLine(failure));
          throw failure;
        });
        log.info({ ...report }, 'changes printed');
        return endOfLines(report.cursor === null ? readerGone : exitCode.ok);
      }),
    );
}
