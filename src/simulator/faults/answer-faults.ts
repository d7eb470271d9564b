import type { Endpoint } from '../endpoint.ts';
import { Refusal, startRefused, unsupportedValue } from '../request/refusal.ts';
import type { AnswerEffect } from './fault.ts';

/** What the API answers instead of a page. */
export function refusalOf(effect: AnswerEffect, endpoint: Endpoint | undefined, groupBy: readonly string[]): Refusal {
  if (effect.kind === 'refuse-grouping') {
    const supported = (endpoint?.dimensions ?? []).map(({ name }) => name).filter((name) => name !== effect.dimension);
    return unsupportedValue(`group_by[${groupBy.indexOf(effect.dimension)}]`, effect.dimension, supported);
  }
  if (effect.kind === 'refuse-start') return startRefused(effect.earliest);
  const { status, message = defaultMessage(status), type = defaultType(status), param = null, code = null } = effect;
  return new Refusal(status, message, { type, param, code });
}

function defaultMessage(status: number): string {
  if (status === 429) return 'Rate limit reached. Please try again later.';
  return status >= 500 ? 'The server had an error while processing your request.' : 'The request was refused.';
}

function defaultType(status: number): string {
  if (status === 429) return 'requests';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
