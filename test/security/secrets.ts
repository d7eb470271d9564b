import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

/** A text that belongs in few places, by the name a finding gives it. */
export interface Secret {
  readonly name: string;
  readonly text: string;
}

/** Secrets that occur nowhere else on earth, so that finding one is a leak. Nothing accepts or refuses them by its form. */
export function plantSecrets() {
  const mark = () => randomBytes(9).toString('hex');
  return {
    adminKey: { name: 'admin key', text: `sk-admin-PLANTED${mark()}` },
    databasePassword: { name: 'database password', text: `planted-password-${mark()}` },
    proxyPassword: { name: 'proxy password', text: `planted-proxy-${mark()}` },
    webhook: { name: 'webhook URL', text: `planted-webhook-${mark()}` },
    httpToken: { name: 'HTTP token', text: `planted-token-${mark()}` },
    email: { name: 'e-mail address', text: `jane.${mark()}@planted.example.com` },
  } as const satisfies Record<string, Secret>;
}

/** Looks at whatever it is shown for secrets, in plain sight or as URLs, base64 and hexadecimal write them. */
export interface Watch {
  look(where: string, text: string): void;
  /** What was found since the last call: the secret's name and the place, never the secret. */
  findings(): readonly string[];
  /** Characters looked at since the beginning: 0 means that nothing was watched. */
  readonly seenCharacters: number;
}

/** A watch for the secrets. */
export function watchFor(secrets: readonly Secret[]): Watch {
  let found = new Set<string>();
  let seenCharacters = 0;
  return {
    look: (where, text) => {
      seenCharacters += text.length;
      const lower = text.toLowerCase();
      for (const { name, text: secret } of secrets) {
        const index = firstOf(lower, formsOf(secret));
        if (index >= 0) found.add(`${name} in ${where}: …${text.slice(Math.max(0, index - 60), index)}HERE`);
      }
    },
    findings: () => {
      const findings = [...found];
      found = new Set();
      return findings;
    },
    get seenCharacters() {
      return seenCharacters;
    },
  };
}

/** Where the first form that occurs does; -1 when none does. */
function firstOf(text: string, forms: readonly string[]): number {
  return forms.map((form) => text.indexOf(form)).find((index) => index >= 0) ?? -1;
}

/** A leak of the tail alone is one, too: that is what is left of a key when its recognizable beginning is cut off. */
function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const base64 = bytes.toString('base64').replace(/=+$/, '').slice(0, -1);
  const forms = [text, text.slice(-16), encodeURIComponent(text), base64, bytes.toString('hex')];
  return [...new Set(forms.map((form) => form.toLowerCase()))];
}

/** Shows the watch every value of every table of the schemas but those named. Returns the number of tables. */
export async function lookAtTables(
  watch: Watch,
  pool: Pick<pg.Pool, 'query'>,
  schemas: readonly string[],
  except: readonly string[] = [],
) {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
      where relkind in ('r', 'p') and relnamespace = any($1::text[]::regnamespace[])
        and oid <> all($2::text[]::regclass[])`,
    [schemas, except],
  );
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select entry::text as row from ${name} as entry`);
    for (const { row } of rows) watch.look(`table ${name}`, row);
  }
  return tables.length;
}

/** Shows the watch every file below a folder but those named. Returns the number of files. */
export async function lookAtFolder(watch: Watch, folder: string, except: readonly string[] = []): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !except.includes(entry.name));
  for (const { parentPath, name } of files)
    watch.look(`file ${name}`, await readFile(join(parentPath, name), 'latin1'));
  return files.length;
}

/** Shows the watch the command lines of all processes, where the system has them as files. */
export async function lookAtProcesses(watch: Watch): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const commandLines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  for (const commandLine of commandLines) watch.look('the process list', commandLine);
}
