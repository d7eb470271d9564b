import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { defaultConfigFile } from '../../config.ts';
import { EtlError, exitCode, messageOf } from '../../errors.ts';
import { createCommand, type Execute } from '../command.ts';
import { configurationTemplate } from '../render/configuration-template.ts';

/** `init`: a commented configuration file. */
export function initCommand(run: Execute): Command {
  const command = createCommand({
    name: 'init',
    description: `Writes usage-etl.yaml, or the file named by --config, with every setting and its default as comments. The file is optional:
one organization needs environment variables only.`,
    examples: [
      ['init', 'writes ./usage-etl.yaml'],
      ['init --config /etc/usage-etl.yaml', 'writes it elsewhere'],
      ['init --force', 'overwrites the one that is there'],
    ],
  });
  return command.option('--force', 'overwrite the file').action(() =>
    run<{ readonly force?: boolean }>(command, async ({ terminal }, flags) => {
      const name = flags.config ?? defaultConfigFile;
      const file = resolve(terminal.cwd, name);
      if (flags.force !== true && existsSync(file)) {
        throw new EtlError('arguments_invalid', `${name} exists already`, { remedy: 'Pass --force to overwrite it.' });
      }
      await write(file, name);
      const text = `Wrote ${name}. Every line in it is a comment; uncomment what you want to change, then: usage-etl check`;
      return { document: { file }, text: () => text, exit: exitCode.ok };
    }),
  );
}

async function write(file: string, name: string): Promise<void> {
  try {
    // For its owner alone: a database URL with a password may come to stand in it.
    await writeFile(file, configurationTemplate(), { mode: 0o600 });
  } catch (thrown) {
    throw new EtlError('folder_unusable', `${name} cannot be written: ${messageOf(thrown)}`, {
      cause: thrown,
      remedy: 'Choose a folder that can be written, with --config FILE.',
    });
  }
}
