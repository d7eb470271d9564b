import { type ErrorCode, EtlError } from '../errors.ts';
import { redact } from '../log.ts';
import { type ApiError, quote } from './error-envelope.ts';
import { namedInstants } from './horizon.ts';
import { namesRefusedDimension, refusedDimensions } from './refused-grouping.ts';
import type { Pace } from './retry.ts';
import { FutureEndRefused, GroupingRefused, HorizonMoved } from './signals.ts';
import type { Failure } from './transport.ts';

/** What of a request decides how its failure is judged. */
export interface Asked {
  readonly path: string;
  /** True where many organizations lack the dataset: a 400, 403, 404 or 410 then says it is unavailable. */
  readonly optional: boolean;
  /** The dimensions asked for; empty where nothing is grouped. */
  readonly groupBy: readonly string[];
}

/** What follows from a request that did not succeed. */
export type RequestVerdict = Retry | { readonly kind: 'raise'; readonly error: Error };

/** The same request may succeed later. */
export interface Retry {
  readonly kind: 'retry';
  readonly pace: Pace;
  /** What happened, for the log and for the error once attempts are used up. */
  readonly reason: string;
  /** The code of the error once attempts are used up. */
  readonly exhausted: ErrorCode;
  /** True when the API asks for less, so that fewer requests should be in flight. */
  readonly throttled: boolean;
  /** What to do once attempts are used up, where the code's own remedy would mislead. */
  readonly remedy?: string;
}

/** Statuses below 500 that the same request may outlive. 425 is what a proxy answers to early data. */
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Judges an answer whose status is not 2xx. */
export function verdictOnStatus(status: number, error: ApiError | null, asked: Asked): RequestVerdict {
  const reason = describe(status, error, asked);
  if (status >= 500 || passing.has(status)) return retry(reason, { throttled: status === 429 });
  if (status === 407) return raise(new EtlError('request_refused', reason, { remedy: proxyCredentials }));
  if (error === null && status >= 400) return retry(reason, betweenUs(status, asked));
  const place = error === null ? null : placeRemedy(error, status);
  if (place !== null) return raise(new EtlError('request_refused', reason, { remedy: place }));
  switch (status) {
    case 400:
    case 422:
      return raise(refusal(reason, error, asked));
    case 401:
      return raise(new EtlError('key_rejected', reason));
    case 403:
      return raise(new EtlError(asked.optional ? 'dataset_unavailable' : 'scope_missing', reason));
    case 404:
      // The costs endpoint has been seen to answer 404 for hours and to come back, so a required one is tried again.
      return asked.optional
        ? raise(new EtlError('dataset_unavailable', reason))
        : retry(reason, { pace: 'slow', exhausted: 'endpoint_missing' });
    case 410:
      return raise(new EtlError(asked.optional ? 'dataset_unavailable' : 'endpoint_missing', reason));
    default:
      return raise(new EtlError('request_refused', reason, status < 400 ? { remedy: redirectRemedy } : {}));
  }
}

/**
 * An error without the API's envelope was not said by the API but by what stands before it: a CDN that wants to see a
 * browser, a proxy, a gateway. It says nothing of the key or the organization, and may be over at the next request.
 */
function betweenUs(status: number, { optional }: Asked): Partial<Omit<Retry, 'kind' | 'reason'>> {
  const isGone = status === 404 || status === 410;
  const absent = optional ? 'dataset_unavailable' : 'endpoint_missing';
  if (isGone) return { pace: status === 404 && !optional ? 'slow' : 'quick', exhausted: absent };
  return { exhausted: 'api_unavailable', remedy: betweenRemedy };
}

const betweenRemedy =
  'Something between this machine and the API answered in its place: check the proxy, OPENAI_BASE_URL and whether the network lets this machine through. What is missing is read at the next sync.';

const proxyCredentials = 'Give the proxy its credentials: HTTPS_PROXY=http://user:password@host:port.';

/** What to do about a refusal of where the request came from, which no other key or permission mends; else null. */
function placeRemedy({ code, type, message }: ApiError, status: number): string | null {
  if (status !== 401 && status !== 403) return null;
  const named = `${code ?? ''} ${type ?? ''}`;
  const isCountry = /country/i.test(named) || /\bcountry\b/i.test(message);
  if (isCountry && /unsupported|not (?:supported|available|allowed)/i.test(`${named} ${message}`))
    return 'OpenAI does not serve the country that this machine, or its proxy, appears to be in: run it elsewhere, or through a proxy in a supported country. The key is not at fault.';
  const isAddress = /(?:^|[ _])ip(?:$|[ _])/i.test(named) || /\bIP(?:v[46])?\b/.test(message);
  if (isAddress && /allow|authori[sz]ed|permitted|blocked|denied/i.test(`${named} ${message}`))
    return 'Put the address that this machine, or its proxy, appears with on the IP allowlist of the organization, or run it from one that is on it. The key is not at fault.';
  return null;
}

const redirectRemedy = 'Check OPENAI_BASE_URL and the proxy: the API itself does not redirect.';

/** True for an answer that is judged alike whatever its body says, so that losing the body loses nothing. */
export function statusDecides(status: number): boolean {
  return status >= 500 || passing.has(status);
}

/** True for a refusal of the request itself, which only its body tells from others. */
export function bodyDecides(status: number): boolean {
  return status === 400 || status === 422;
}

/** Judges a request that got no whole answer: by the stable code of what Node or undici raised, which also explains. */
export function verdictOnFailure({ code, message }: Failure, asked: Asked): RequestVerdict {
  const detail = message.includes(code) ? message : `${code} ${message}`.trim();
  const reason = `${asked.path}: no complete answer (${quote(redact(detail))})`;
  const tunnel = tunnelStatus.exec(message)?.[1];
  if (tunnel === '407') return raise(new EtlError('request_refused', reason, { remedy: proxyCredentials }));
  if (tunnel !== undefined) return retry(reason, { remedy: tunnelRemedy });
  if (defects.has(code)) return raise(new EtlError('internal', reason));
  if (certificateCode.test(code)) return raise(new EtlError('api_unavailable', reason, { remedy: certificateRemedy }));
  return retry(reason, {});
}

/** Judges a 2xx answer whose body is not the JSON it claims to be. */
export function verdictOnMalformed(detail: string, asked: Asked): RequestVerdict {
  return retry(`${asked.path}: ${detail}`, {});
}

/** What undici raises for a request it was wrongly handed; no repetition mends it. */
const defects: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'ERR_INVALID_URL',
]);

/** What undici says of a proxy that answers CONNECT with something else than 200. */
const tunnelStatus = /^Proxy response \((\d{3})\)/;
const tunnelRemedy =
  'The proxy of HTTPS_PROXY does not let this machine through to OPENAI_BASE_URL: see its log or its rules.';

const certificateCode = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|ISSUER/;
const certificateRemedy = 'Check the certificate of OPENAI_BASE_URL or of the proxy; NODE_EXTRA_CA_CERTS adds one.';

function refusal(reason: string, error: ApiError | null, asked: Asked): Error {
  if (error?.code === 'reporting_lookback_exceeded')
    return new HorizonMoved(error.message, namedInstants(error.message));
  const code = asked.optional ? 'dataset_unavailable' : 'request_refused';
  if (error !== null && refusesEnd(error)) return new FutureEndRefused(code, reason);
  if (error !== null && refusesGrouping(error, asked))
    return new GroupingRefused(error.message, refusedDimensions(error.message, asked.groupBy));
  return new EtlError(code, reason);
}

function refusesEnd({ message, param }: ApiError): boolean {
  if (param === 'end_time') return true;
  if (param !== null || /\bgroup/i.test(message)) return false;
  return /\bend[_ ]?(?:time|date)\b/i.test(message) || /\bfuture\b/i.test(message);
}

function refusesGrouping({ message, param }: ApiError, { groupBy }: Asked): boolean {
  if (groupBy.length === 0) return false;
  if (/\bgroup/i.test(message) || /^group_by\b/.test(param ?? '')) return true;
  // A message about another parameter may hold a dimension's name by chance ("models", "model").
  const aboutAnother = param !== null && !groupBy.includes(param);
  return !aboutAnother && namesRefusedDimension(message, groupBy);
}

function describe(status: number, error: ApiError | null, { path }: Asked): string {
  return `${path} answered ${status}${error === null ? ' without an API error message' : `: ${quote(error.message)}`}`;
}

function retry(reason: string, options: Partial<Omit<Retry, 'kind' | 'reason'>>): RequestVerdict {
  return { kind: 'retry', pace: 'quick', exhausted: 'api_unavailable', throttled: false, ...options, reason };
}

function raise(error: Error): RequestVerdict {
  return { kind: 'raise', error };
}
