import type { Environment } from './admin-key.ts';
import { type Problem, problem } from './problem.ts';

/** How a connection to PostgreSQL is protected, by libpq's names. `allow` is left out: it asks for plain text first. */
const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** What of libpq's `ssl…` the program follows. Another one in the URL would promise what nobody keeps. */
const sslNames = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'] as const;

/** What of libpq's parameters promises something that the program does not keep, by the values that promise nothing. */
const unkept: Readonly<Record<string, readonly string[]>> = {
  channel_binding: ['disable', 'prefer'],
  gssencmode: ['disable', 'prefer'],
  load_balance_hosts: ['disable'],
  // The one that is kept: db/proved-client.ts.
  require_auth: ['scram-sha-256'],
  requirepeer: [],
  target_session_attrs: ['any'],
};

const acceptedModes = `sslmode=${sslModes.slice(0, -1).join(', ')} or ${sslModes.at(-1)}`;

/** What is wrong with the TLS parameters of a database URL, each as what would be right. Never quotes the URL. */
export function tlsMistakes(databaseUrl: string): readonly string[] {
  const given = URL.parse(databaseUrl)?.searchParams;
  if (given === undefined) return [];
  const unknown = [...new Set(given.keys())].filter((name) => /^ssl./.test(name) && !isSslName(name));
  const negotiation = given.get('sslnegotiation');
  const mistakes = [
    ...unkeptMistakes(given),
    ...unknown.map((name) => `none of libpq's ssl parameters but ${sslNames.join(', ')} (${name} is not among them)`),
    ...modeMistakes(given),
    given.has('sslcert') !== given.has('sslkey') && 'sslcert=FILE and sslkey=FILE together, or neither',
    negotiation !== null && !['postgres', 'direct'].includes(negotiation) && 'sslnegotiation=postgres or direct',
    negotiation === 'direct' && !isEncrypted(given) && 'sslnegotiation=direct only with sslmode=require or stricter',
  ];
  return mistakes.filter((mistake) => mistake !== false);
}

function unkeptMistakes(given: URLSearchParams): readonly string[] {
  return Object.entries(unkept).flatMap(([name, harmless]) => {
    const values = given.getAll(name).filter((value) => value !== '' && !harmless.includes(value));
    return values.length === 0 ? [] : [withoutPromise(name)];
  });
}

function withoutPromise(name: string): string {
  return `a URL without ${name}, which the program does not keep (${insteadOf[name] ?? 'sslmode=verify-full proves the server'})`;
}

const insteadOf: Readonly<Record<string, string>> = {
  target_session_attrs: 'name the primary server; one that is read-only is refused',
  load_balance_hosts: 'name one server',
};

function modeMistakes(given: URLSearchParams): readonly (string | false)[] {
  const ssl = given.get('ssl');
  const mode = given.get('sslmode');
  const authorities = given.get('sslrootcert');
  return [
    ssl !== null && ssl !== 'true' && acceptedModes,
    mode !== null && !sslModes.some((known) => known === mode) && acceptedModes,
    mode === 'verify-ca' &&
      (authorities === null || authorities === 'system') &&
      'sslmode=verify-ca only with sslrootcert=FILE (anybody gets a certificate of a public authority: verify-full)',
    authorities === 'system' &&
      mode !== null &&
      ['disable', 'prefer', 'require'].includes(mode) &&
      'sslrootcert=system only with sslmode=verify-full, which it also stands for',
  ];
}

function isEncrypted(given: URLSearchParams): boolean {
  const strict = ['require', 'verify-ca', 'verify-full'].includes(given.get('sslmode') ?? '');
  return strict || given.get('ssl') === 'true' || given.get('sslrootcert') === 'system';
}

function isSslName(name: string): boolean {
  return sslNames.some((known) => known === name);
}

/**
 * The database URL with what libpq's own variables (PGSSLMODE and its kin) add where the URL is silent, and what is then
 * wrong with it. Ignoring them would leave a connection in plain text that its owner meant to be verified.
 */
export function withTlsEnvironment(
  databaseUrl: string | null,
  env: Environment,
): { readonly url: string | null; readonly problems: readonly Problem[] } {
  const url = databaseUrl === null ? null : URL.parse(databaseUrl);
  if (databaseUrl === null || url === null) return { url: databaseUrl, problems: [] };
  const taken = [...sslNames, ...Object.keys(unkept)].filter((name) => {
    const value = env[variableOf(name)]?.trim();
    const silent = !url.searchParams.has(name) && !(name === 'sslmode' && url.searchParams.has('ssl'));
    if (!value || !silent) return false;
    url.searchParams.set(name, value);
    return true;
  });
  if (taken.length === 0) return { url: databaseUrl, problems: [] };
  const where = taken.map(variableOf).join(', ');
  const problems = tlsMistakes(url.href).map((mistake) => problem(where, 'does not fit the database URL', mistake));
  return { url: url.href, problems };
}

/** libpq's variable of a parameter: PGSSLMODE, PGCHANNELBINDING, PGTARGETSESSIONATTRS. */
function variableOf(name: string): string {
  return `PG${name.replaceAll('_', '').toUpperCase()}`;
}
