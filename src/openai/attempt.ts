import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { MalformedBody, readBody } from './body.ts';
import { parseApiError } from './error-envelope.ts';
import { identifying } from './identifying.ts';
import { retryAfterMs } from './retry.ts';
import { type Answer, failureOf, type Transport } from './transport.ts';
import {
  type Asked,
  bodyDecides,
  type RequestVerdict,
  statusDecides,
  verdictOnFailure,
  verdictOnMalformed,
  verdictOnStatus,
} from './verdict.ts';
import { textWithoutKey, withoutKey } from './without-key.ts';

/** One request, and what to make of its answer. */
export interface Call<T> {
  readonly asked: Asked;
  readonly query: string;
  readonly softMaxBytes: number | null;
  readonly hardMaxBytes: number;
  readonly decode: (text: string) => T;
}

/** An attempt that got no usable answer. */
export interface Failed {
  readonly done: false;
  readonly verdict: RequestVerdict;
  /** What the server asked for, in milliseconds. */
  readonly retryAfterMs: number | null;
}

/** What one attempt came to. */
export type Attempted<T> = { readonly done: true; readonly value: T } | Failed;

/** Counts what goes over the network. */
export interface Stats {
  /** Requests sent, repetitions included. */
  requests: number;
  retries: number;
  /** Answers by status; a request without an answer is in none. */
  readonly byStatus: Record<number, number>;
  /** Bytes of bodies read, decompressed. */
  bytes: number;
}

/** What an attempt works with. */
export interface AttemptContext {
  /** Filled with what the answers say of whose they are. */
  readonly organizations: Set<string>;
  readonly transport: Transport;
  readonly adminKey: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: Stats;
}

/** Whose the answer is. */
const organizationHeader = 'openai-organization';

/** Error envelopes are a few hundred bytes; a proxy's error page may be anything. */
const errorLimits = { softMaxBytes: null, hardMaxBytes: 64 * 1024 };

/**
 * Sends a request once and judges the answer. Rejects with the signal's reason, PageTooLarge, page_too_large, and what
 * `decode` throws other than SyntaxError; everything else is a verdict.
 */
export async function attempt<T>(
  context: AttemptContext,
  call: Call<T>,
  number: number,
  signal: AbortSignal,
): Promise<Attempted<T>> {
  const { transport, adminKey, clock, log, stats, organizations } = context;
  const { asked, query } = call;
  const startedMs = clock.monotonicMs();
  let status: number | null = null;
  let bytes = 0;
  try {
    stats.requests += 1;
    const answer = await transport.get(asked.path, query, signal);
    status = answer.status;
    stats.byStatus[status] = (stats.byStatus[status] ?? 0) + 1;
    const organization = identifying(withoutKey(header(answer, organizationHeader) ?? '', adminKey));
    if (organization !== null) organizations.add(organization);
    if (status < 200 || status >= 300) return await judgeStatus(context, answer, asked);
    const body = await readBody(answer.body, header(answer, 'content-encoding'), call);
    bytes = body.length;
    stats.bytes += bytes;
    return { done: true, value: decodeJson(textWithoutKey(body, adminKey), call.decode) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { done: false, verdict: judgeThrown(thrown, asked), retryAfterMs: null };
  } finally {
    const ms = Math.round(clock.monotonicMs() - startedMs);
    log.debug({ path: asked.path, status, ms, bytes, attempt: number }, 'request');
  }
}

async function judgeStatus({ adminKey, clock }: AttemptContext, answer: Answer, asked: Asked): Promise<Failed> {
  const text = await errorText(answer, adminKey);
  const error = parseApiError(text);
  // What a refusal is about is in its body, so that one that lost it must not be taken for another.
  if (error === null && bodyDecides(answer.status) && claimsJson(answer)) decodeJson(text, parseJson);
  return {
    done: false,
    verdict: verdictOnStatus(answer.status, error, asked),
    retryAfterMs: retryAfterMs(answer.headers, clock.now()),
  };
}

function parseJson(text: string): unknown {
  return JSON.parse(text);
}

function claimsJson(answer: Answer): boolean {
  return header(answer, 'content-type')?.toLowerCase().startsWith('application/json') ?? false;
}

async function errorText(answer: Answer, adminKey: string): Promise<string> {
  try {
    return textWithoutKey(await readBody(answer.body, header(answer, 'content-encoding'), errorLimits), adminKey);
  } catch (thrown) {
    if (statusDecides(answer.status) || thrown instanceof EtlError || thrown instanceof MalformedBody) return '';
    throw thrown;
  }
}

function decodeJson<T>(text: string, decode: (text: string) => T): T {
  try {
    return decode(text);
  } catch (thrown) {
    // Not as the cause: the message of a SyntaxError quotes the body.
    if (thrown instanceof SyntaxError) throw new MalformedBody('the body is not the JSON it claims to be');
    throw thrown;
  }
}

/** Throws what is no failure of the network. */
function judgeThrown(thrown: unknown, asked: Asked): RequestVerdict {
  if (thrown instanceof MalformedBody) return verdictOnMalformed(thrown.message, asked);
  const failure = thrown instanceof EtlError ? null : failureOf(thrown);
  if (failure === null) throw thrown;
  return verdictOnFailure(failure, asked);
}

function header({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
