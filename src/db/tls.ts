import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type ConnectionOptions, createSecureContext, getCACertificates } from 'node:tls';
import pg from 'pg';
import { EtlError, messageOf } from '../errors.ts';

/** libpq's names for how a connection is protected. */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

const sslModes: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] satisfies SslMode[];

/** What pg must not read itself: it gives these names other meanings than libpq, and warns of that on every start. */
const tlsParameters = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation', 'uselibpqcompat'];

const filesRemedy =
  'Correct sslrootcert, sslcert or sslkey in DATABASE_URL: PEM files that this user can read, the key closed to others.';

/** How the connections to a database are protected. */
export type Protection = 'plain' | 'encrypted' | 'authority_verified' | 'fully_verified';

/** Where a database is, and what of the URL pg is to see. */
export interface Target {
  /** Without TLS parameters. Holds the password. */
  readonly url: string;
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
}

/** The target of a database URL, as pg reads it with its defaults. Throws TypeError when it is no URL. */
export function targetOf(databaseUrl: string): Target {
  const url = withoutTls(databaseUrl);
  const { host, port } = new pg.Client({ connectionString: url, ssl: false, ...traditionalStart });
  return { url, host, port };
}

function withoutTls(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  if (url === null || !tlsParameters.some((name) => url.searchParams.has(name))) return databaseUrl;
  for (const name of tlsParameters) url.searchParams.delete(name);
  return url.href;
}

/**
 * The mode of a database URL by libpq's rules, with one exception: on loopback, where libpq would ask for TLS first, a URL
 * that says nothing of TLS means `disable`. Throws `database_unreachable` for a mode that is none, which the configuration has refused before.
 */
export function sslModeOf(databaseUrl: string, { host }: Pick<Target, 'host'>): SslMode {
  if (isSocket(host)) return 'disable';
  const given = parametersOf(databaseUrl);
  const mode = given.get('sslmode') ?? (given.get('ssl') === 'true' ? 'require' : impliedMode(given, host));
  if (isSslMode(mode)) return mode;
  throw new EtlError('database_unreachable', `The database URL has an unknown sslmode; known: ${sslModes.join(', ')}`);
}

function impliedMode(given: URLSearchParams, host: string): SslMode {
  if (given.get('sslrootcert') === 'system') return 'verify-full';
  // A name of a file is a wish for TLS, on loopback too: a tunnel may begin there.
  return isLoopback(host) && !tlsParameters.some((name) => given.has(name)) ? 'disable' : 'prefer';
}

/** The database URL with its mode decided, so that nothing is left to find out. */
export function withSslMode(databaseUrl: string, mode: SslMode): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete('ssl');
  url.searchParams.set('sslmode', mode);
  return url.href;
}

/** What pg is told of TLS. */
export type TlsConfig = Pick<pg.ClientConfig, 'ssl'> & { readonly sslnegotiation: 'postgres' | 'direct' };

/** Said aloud, because pg would follow PGSSLNEGOTIATION even where nothing is encrypted, and throw. */
const traditionalStart = { sslnegotiation: 'postgres' } as const;

/**
 * TLS of a connection, for pg. An undecided `prefer` counts as `require`. Reads the files that the URL names; throws
 * `database_unreachable` where one cannot be used.
 */
export function tlsConfig(databaseUrl: string): TlsConfig {
  const target = targetOf(databaseUrl);
  if (sslModeOf(databaseUrl, target) === 'disable') return { ssl: false, ...traditionalStart };
  const given = parametersOf(databaseUrl);
  const ssl = { ...identityOf(given), ...verification(given, protectionOf(databaseUrl)) };
  requireUsable(ssl);
  return given.get('sslnegotiation') === 'direct' ? { ssl, sslnegotiation: 'direct' } : { ssl, ...traditionalStart };
}

/** How the connections of a database URL are protected. An undecided `prefer` counts as `require`. */
export function protectionOf(databaseUrl: string): Protection {
  const target = targetOf(databaseUrl);
  const mode = sslModeOf(databaseUrl, target);
  if (mode === 'disable') return 'plain';
  if (mode === 'verify-full') return 'fully_verified';
  // As in libpq: whoever names an authority wants it to have signed the certificate, whatever the mode says.
  return mode === 'verify-ca' || parametersOf(databaseUrl).has('sslrootcert') ? 'authority_verified' : 'encrypted';
}

/** True when nothing crosses a network: a server on loopback, or at a socket of this machine. */
export function isLocal(databaseUrl: string): boolean {
  const { host } = targetOf(databaseUrl);
  return isSocket(host) || isLoopback(host);
}

function verification(given: URLSearchParams, protection: Protection): ConnectionOptions {
  if (protection === 'encrypted') return { rejectUnauthorized: false };
  // Said aloud: where it is not, NODE_TLS_REJECT_UNAUTHORIZED=0 lets every server pass.
  const verified = { ca: authorities(given.get('sslrootcert')), rejectUnauthorized: true };
  return protection === 'fully_verified' ? verified : { ...verified, checkServerIdentity: () => undefined };
}

/** Certificates that may have signed the server's: of a file, or those that the system and Node trust. */
function authorities(file: string | null): string | string[] {
  if (file === null || file === 'system') return [...getCACertificates('default'), ...getCACertificates('system')];
  const pem = read('sslrootcert', file);
  try {
    new X509Certificate(pem);
  } catch {
    throw unusable(`sslrootcert=${file} holds no certificate in PEM form`);
  }
  return pem;
}

/** The client's own certificate, where the server asks for one. */
function identityOf(given: URLSearchParams): ConnectionOptions {
  const [certificate, key] = [given.get('sslcert'), given.get('sslkey')];
  if (certificate === null || key === null) return {};
  requirePrivate(key);
  return { cert: read('sslcert', certificate), key: read('sslkey', key) };
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (failure) {
    throw unusable(`${name}=${file} cannot be read (${codeOf(failure)})`);
  }
}

/** libpq's rule: closed to all others, or root's and open to a group. */
function requirePrivate(file: string): void {
  if (process.platform === 'win32') return;
  const stat = statSync(file, { throwIfNoEntry: false });
  const openBits = stat?.uid === 0 ? 0o037 : 0o077;
  if (stat !== undefined && (stat.mode & openBits) !== 0) throw unusable(`sslkey=${file} can be read by others`);
}

/** Otherwise a key that does not belong to its certificate would fail inside pg, without a word on where to look. */
function requireUsable({ ca, cert, key }: ConnectionOptions): void {
  try {
    createSecureContext({ ca, cert, key });
  } catch (failure) {
    throw unusable(`its TLS files do not fit: ${messageOf(failure)}`);
  }
}

function unusable(reason: string): EtlError {
  return new EtlError('database_unreachable', `The connection to PostgreSQL cannot be set up: ${reason}`, {
    remedy: filesRemedy,
  });
}

function codeOf(failure: unknown): string {
  return failure instanceof Error && 'code' in failure ? String(failure.code) : messageOf(failure);
}

function parametersOf(databaseUrl: string): URLSearchParams {
  return URL.parse(databaseUrl)?.searchParams ?? new URLSearchParams();
}

function isSslMode(mode: string): mode is SslMode {
  return sslModes.includes(mode);
}

function isSocket(host: string): boolean {
  return host.startsWith('/');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
