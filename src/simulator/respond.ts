import type { IncomingHttpHeaders } from 'node:http';
import type { Dataset } from '../catalog/dataset.ts';
import type { AmountStyle } from './answer/amount-text.ts';
import { createWriter, pageText, type Writer } from './answer/json.ts';
import { readPage } from './answer/page.ts';
import type { Directory } from './directory/directory.ts';
import { type ListTarget, listAt, listPageText } from './directory/respond.ts';
import { datasetMeant, type Endpoint } from './endpoint.ts';
import { refusalOf } from './faults/answer-faults.ts';
import type { Answer } from './faults/delivery.ts';
import type { AnswerEffect, PageEffect } from './faults/fault.ts';
import type { Effects, FaultTarget } from './faults/fault-matching.ts';
import { withPageEffect } from './faults/page-faults.ts';
import { checkAuthorization } from './request/authorization.ts';
import { parseCursor } from './request/cursor.ts';
import { parseQuery } from './request/query.ts';
import { errorText, Refusal } from './request/refusal.ts';
import { daySeconds, type World } from './world/world.ts';

/** A request as far as the API looks at it. */
export interface ApiRequest {
  readonly method: string;
  /** Below the base URL; null for a URL outside of it. */
  readonly path: string | null;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
}

/** Where answers say whose they are. */
export type IdentityStyle = 'both' | 'results' | 'header' | 'none';

/** What answers follow from. */
export interface ApiState {
  readonly world: World;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly adminKey: string | null;
  /** Days back from now that are answered; null for all. */
  readonly horizonDays: number | null;
  readonly replay: ReadonlyMap<string, string>;
  readonly amountStyle: AmountStyle;
  readonly identity: IdentityStyle;
  readonly directory: Directory;
  /** False: the key may read usage and costs, and no names. */
  readonly directoryGranted: boolean;
}

/** What decides which faults are for a request, read as leniently as can be. */
export function faultTargetOf({ path, url }: ApiRequest, endpoints: ApiState['endpoints']): FaultTarget {
  const values = [...url.searchParams.getAll('group_by[]'), ...url.searchParams.getAll('group_by')];
  const groupBy = values.flatMap((value) => value.split(','));
  const endpoint = endpoints.get(path ?? '');
  const dataset: Dataset | undefined = endpoint && (datasetMeant(endpoint, groupBy) ?? endpoint.datasets[0]);
  const page = parseCursor(url.searchParams.get('page') ?? '')?.number ?? 1;
  const start = Number(url.searchParams.get('start_time') ?? Number.NaN);
  return {
    path: path ?? url.pathname,
    dataset: dataset?.name ?? null,
    groupBy,
    page,
    start: Number.isFinite(start) ? start : null,
  };
}

/** What the API answers to a request at the instant `now` (Unix seconds). */
export function respond(
  state: ApiState,
  request: ApiRequest,
  target: FaultTarget,
  effects: Effects,
  now: number,
): Answer {
  try {
    if (effects.answer !== null) throw refusalOf(effects.answer, state.endpoints.get(target.path), target.groupBy);
    return { status: 200, headers: identityOf(state), body: bodyOf(state, request, effects.page, now) };
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return { status: thrown.status, headers: headersOf(thrown, effects.answer), body: errorText(thrown.error) };
  }
}

function bodyOf(state: ApiState, request: ApiRequest, effects: readonly PageEffect[], now: number): string {
  const { method, path, url, headers } = request;
  const recorded = state.replay.get(path ?? '');
  const endpoint = state.endpoints.get(path ?? '');
  const list = endpoint === undefined && recorded === undefined ? listAt(path ?? '') : null;
  if (endpoint === undefined && recorded === undefined && list === null) {
    throw new Refusal(404, `Invalid URL (${method} ${url.pathname})`);
  }
  if (method !== 'GET') {
    throw new Refusal(405, `Not allowed to ${method} on ${url.pathname}.`, { code: 'method_not_supported' });
  }
  checkAuthorization(headers.authorization, state.adminKey);
  if (list !== null) return listBodyOf(state, list, url.searchParams, now);
  if (endpoint === undefined || recorded !== undefined) return recorded ?? '';
  return pageOf(state, endpoint, url.searchParams, effects, now);
}

function listBodyOf(
  { directory, directoryGranted }: ApiState,
  list: ListTarget,
  search: URLSearchParams,
  now: number,
): string {
  if (directoryGranted) return listPageText(directory, list, search, now);
  const message = 'You have insufficient permissions for this operation. Missing scopes: api.management.read.';
  throw new Refusal(403, message, { code: 'missing_scopes' });
}

function pageOf(
  { world, horizonDays, amountStyle, identity }: ApiState,
  endpoint: Endpoint,
  search: URLSearchParams,
  effects: readonly PageEffect[],
  now: number,
): string {
  const earliest = horizonDays === null ? null : (Math.floor(now / daySeconds) - horizonDays) * daySeconds;
  const query = parseQuery(endpoint, search, earliest);
  const reader = readPage(world, query, now);
  const page = effects.reduce((draft, effect) => withPageEffect(draft, effect, reader, query.width), reader.page);
  const saysWhose = identity === 'both' || identity === 'results';
  const undocumented = endpoint.undocumented.filter((name) => saysWhose || name !== 'organization_id');
  const writer: Writer = createWriter({ ...endpoint, undocumented }, world.organization, amountStyle);
  return pageText(page.buckets.map(writer.bucket), page.hasMore, page.nextPage);
}

function identityOf({ world, identity }: ApiState): Readonly<Record<string, string>> {
  return identity === 'both' || identity === 'header' ? { 'openai-organization': world.organization.id } : {};
}

function headersOf({ status }: Refusal, effect: AnswerEffect | null): Readonly<Record<string, string>> {
  if (effect?.kind === 'status' && effect.retryAfter !== undefined) return { 'retry-after': effect.retryAfter };
  return status === 405 ? { allow: 'GET' } : {};
}
