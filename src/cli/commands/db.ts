import type { Command } from 'commander';
import { exitCode } from '../../errors.ts';
import { databaseUrlFor, type EmbeddedStatus, startEmbedded, stopEmbedded } from '../../run/embedded-server.ts';
import { createCommand, type Execute, type Invocation } from '../command.ts';

/** `db url|start|stop`: the embedded server, for psql and BI tools. */
export function dbCommand(run: Execute): Command {
  const command = createCommand({
    name: 'db',
    description: `The embedded PostgreSQL server runs while a command uses it. These commands keep it up for other programs, and print
where it is.`,
    examples: [
      ['db start', 'keep it up until db stop'],
      ['db url', 'where it is; starts it if needed'],
      ['db stop', 'stop it'],
    ],
  });
  return command.addCommand(urlCommand(run)).addCommand(startCommand(run)).addCommand(stopCommand(run));
}

function contextOf(invocation: Invocation) {
  const { clock, log } = invocation;
  return { config: invocation.config({ needsKey: false }), clock, log };
}

function urlCommand(run: Execute): Command {
  const command = createCommand({
    name: 'url',
    summary: 'print the URL of the database, starting the embedded server if needed',
    description: `Prints the URL of the database in use, password included. The embedded server is started where it is not running, and
kept up until db stop.`,
    examples: [['db url', 'for example: psql "$(usage-etl db url)"']],
  });
  return command.action(() =>
    run(command, async (invocation) => {
      const url = await databaseUrlFor(contextOf(invocation));
      return { document: { url }, text: () => url, exit: exitCode.ok };
    }),
  );
}

function startCommand(run: Execute): Command {
  const command = createCommand({
    name: 'start',
    summary: 'start the embedded server and keep it up',
    description: 'Starts the embedded server where it is not running, and keeps it up until db stop.',
    examples: [['db start', 'then: psql "$(usage-etl db url)"']],
  });
  return command.action(() =>
    run(command, async (invocation) => {
      const status = await startEmbedded(contextOf(invocation));
      return { document: publicStatus(status), text: () => startedText(status), exit: exitCode.ok };
    }),
  );
}

/** Without the URL: it holds the password, which db url alone prints. */
function publicStatus({ running, kept, port, pid, folder }: EmbeddedStatus) {
  return { running, kept, port, pid, folder };
}

function startedText({ port, folder }: EmbeddedStatus): string {
  return `The embedded server is up on 127.0.0.1:${port} until usage-etl db stop.\nIts files are in ${folder}.\nThe URL: usage-etl db url`;
}

const stopTexts = {
  stopped: 'The embedded server is stopped.',
  in_use: 'The embedded server is in use; it stops with the last command that uses it.',
  not_running: 'The embedded server was not running.',
} as const;

function stopCommand(run: Execute): Command {
  const command = createCommand({
    name: 'stop',
    summary: 'stop the embedded server',
    description: 'Stops the embedded server, or lets it stop with the last command that uses it.',
    examples: [['db stop', 'no longer keep it up']],
  });
  return command.action(() =>
    run(command, async (invocation) => {
      const result = await stopEmbedded(contextOf(invocation));
      return { document: { result }, text: () => stopTexts[result], exit: exitCode.ok };
    }),
  );
}
