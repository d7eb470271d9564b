import { type Command, Option } from 'commander';
import { exitCode } from '../../errors.ts';
import { withStore } from '../../run/database.ts';
import { publish, readPublication, unpublish } from '../../run/publication.ts';
import { createCommand, type Execute, type Invocation } from '../command.ts';
import { isReady, publicationText } from '../render/publication.ts';

interface PublicationFlags {
  readonly name: string;
}

/** `publication create|drop|status`: PostgreSQL's own change stream, for tools that follow it. */
export function publicationCommand(run: Execute): Command {
  const command = createCommand({
    name: 'publication',
    description: `A publication is what PostgreSQL's logical replication tells of: the facts, the tables of names, line items and the parts
of costs. Nothing is published unless you ask for it.`,
    examples: [
      ['publication create', 'as the role that owns the tables; again after an upgrade'],
      ['publication status', 'whether it can be followed, and who holds back write-ahead log'],
      ['publication drop', 'end it; drop the slots of its followers too'],
    ],
  });
  return command.addCommand(createPart(run)).addCommand(statusPart(run)).addCommand(dropPart(run));
}

function named(command: Command): Command {
  return command.addOption(new Option('--name <NAME>', 'name of the publication').default('openai_usage'));
}

function contextOf(invocation: Invocation) {
  const { clock, log } = invocation;
  return { config: invocation.config({ needsKey: false }), clock, log };
}

function createPart(run: Execute): Command {
  const command = createCommand({
    name: 'create',
    summary: 'make the publication, or bring it up to date',
    description: `Makes the publication, or gives one that is there the tables it should have. Takes the role that owns the tables, with the
right to create in the database.`,
    examples: [['publication create', 'as openai_owner, where roles.sql made the roles']],
  });
  return named(command).action(() =>
    run<PublicationFlags>(command, async (invocation, { name }) => {
      const status = await withStore(contextOf(invocation), 'migrated', (store) => publish(store, name));
      return { document: status, text: () => publicationText(status), exit: exitCode.ok };
    }),
  );
}

function statusPart(run: Execute): Command {
  const command = createCommand({
    name: 'status',
    summary: 'say whether the store can be followed, and who does',
    description: `Shows the publication, what is missing for it to be followed, and the logical slots of the database with the write-ahead
log that the server keeps for each. Exit codes: 0 it can be followed, 1 it cannot.`,
    examples: [['publication status', 'also as --json']],
  });
  return named(command).action(() =>
    run<PublicationFlags>(command, async (invocation, { name }) => {
      const status = await withStore(contextOf(invocation), 'migrated', (store) => readPublication(store, name));
      const exit = isReady(status) ? exitCode.ok : exitCode.failed;
      return { document: status, text: () => publicationText(status), exit };
    }),
  );
}

function dropPart(run: Execute): Command {
  const command = createCommand({
    name: 'drop',
    summary: 'drop the publication',
    description:
      'Drops the publication. The slots of its followers stay and keep write-ahead log until they are dropped.',
    examples: [['publication drop', 'no failure when there is none']],
  });
  return named(command).action(() =>
    run<PublicationFlags>(command, async (invocation, { name }) => {
      const dropped = await withStore(contextOf(invocation), 'migrated', (store) => unpublish(store, name));
      const text = dropped ? `publication ${name} dropped` : `there was no publication ${name}`;
      return { document: { name, dropped }, text: () => text, exit: exitCode.ok };
    }),
  );
}
