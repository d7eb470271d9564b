import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import { EtlError } from './errors.ts';

/** Environment variables by name. */
type Variables = Readonly<Record<string, string | undefined>>;

/** What the standard variables say of proxies; empty where they say nothing. */
interface Proxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/**
 * Certificates are checked whatever NODE_TLS_REJECT_UNAUTHORIZED says: it is set for something else, or by somebody
 * else, and the key goes to whoever answers.
 */
const verified = { rejectUnauthorized: true } as const;

/** Connections to a server that are not led through any proxy. Close it. */
function directDispatcher(connectTimeoutMs: number): Agent {
  return new Agent({ connect: { timeout: connectTimeoutMs, ...verified }, allowH2: false });
}

/**
 * Connections to a host, through the proxy that the standard environment variables name. Close it. Throws EtlError
 * `config_invalid` for a variable that names none.
 */
export function createDispatcher(hostname: string, connectTimeoutMs: number): Dispatcher {
  // A proxy cannot reach this machine's loopback, whatever NO_PROXY forgets to say.
  if (isLoopback(hostname)) return directDispatcher(connectTimeoutMs);
  const tls = { timeout: connectTimeoutMs, ...verified };
  return new EnvHttpProxyAgent({
    ...proxiesOf(process.env),
    connect: tls,
    requestTls: tls,
    proxyTls: tls,
    // One connection a request: a reset then costs one page, and there are never more than a few in flight.
    allowH2: false,
  });
}

/** The variables of an environment that name no proxy although they say something. */
export function brokenProxies(env: Variables): readonly string[] {
  return ['http_proxy', 'https_proxy'].flatMap((name) => {
    const { variable, url } = proxyOf(env, name);
    return url === null ? [variable] : [];
  });
}

/** What the variable of a broken one may hold. */
export const proxyForm = 'http://host:port, with user:password@ before the host where the proxy wants them';

function proxiesOf(env: Variables): Proxies {
  const [broken] = brokenProxies(env);
  // What it holds is not said: a password may be in it.
  if (broken !== undefined)
    throw new EtlError('config_invalid', `${broken} holds no address of a proxy`, {
      remedy: `Set ${broken} to ${proxyForm}.`,
    });
  return {
    httpProxy: proxyOf(env, 'http_proxy').url ?? '',
    httpsProxy: proxyOf(env, 'https_proxy').url ?? '',
    noProxy: (env['no_proxy'] ?? env['NO_PROXY'] ?? '').trim(),
  };
}

/** A URL, empty where no proxy is named, null where it cannot be read. Small letters count before capital ones. */
function proxyOf(env: Variables, name: string): { readonly variable: string; readonly url: string | null } {
  const variable = env[name] === undefined ? name.toUpperCase() : name;
  const text = (env[variable] ?? '').trim();
  if (text === '') return { variable, url: '' };
  // As curl and others do: a proxy without a scheme speaks plain HTTP.
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const isOne = url !== null && schemes.has(url.protocol) && url.hostname !== '';
  return { variable, url: isOne ? url.href : null };
}

const schemes: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:', 'socks:']);

/** Hosts that requests are signed for: their bodies and the session token are for nobody else. */
const guarded = new Set<string>();
const guardedConnectMs = 10_000;

/**
 * From now on what the global fetch sends to a storage follows no redirect and has its certificate checked, whatever the
 * environment says: the client of S3 knows no other fetch and no option of it. Requests to elsewhere stay as they are.
 */
export function guardFetchTo(endpoint: string): void {
  if (guarded.size === 0) installGuard();
  guarded.add(new URL(endpoint).host);
}

function installGuard(): void {
  const original = globalThis.fetch;
  const dispatcher = directDispatcher(guardedConnectMs);
  // Node's fetch and undici's differ in their types, and not in what they do.
  const guardedFetch = undiciFetch as unknown as (input: string, init: object) => Promise<Response>;
  globalThis.fetch = (input, init) =>
    typeof input === 'string' && guarded.has(URL.parse(input)?.host ?? '')
      ? guardedFetch(input, { ...init, redirect: 'manual', dispatcher })
      : original(input, init);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}
