import OpenAI from 'openai';
import { afterEach } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** A result as received: what a test expects of it is up to the test. */
export type WireResult = Readonly<Record<string, unknown>>;

/** A bucket as received. */
export interface WireBucket {
  readonly object: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly results: readonly WireResult[];
}

/** A page as received. */
export interface WirePage {
  readonly object: string;
  readonly data: readonly WireBucket[];
  readonly has_more: boolean;
  readonly next_page: string | null;
}

/** Values of query parameters; a list is sent as the official client sends it. */
export type WireParameters = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** The present of these tests: a Monday afternoon. */
export const nowIso = '2026-11-23T15:30:00Z';

const key = 'sk-admin-test';
const running: Simulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

/** A simulator at `nowIso` that ends with the test. */
export async function simulatorWith(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ clock: fakeClock(nowIso), ...options });
  running.push(simulator);
  return simulator;
}

/** Unix seconds of an ISO instant. */
export function seconds(iso: string): number {
  return Date.parse(iso) / 1000;
}

/** The official client, which does not retry. */
export function officialClient(simulator: Simulator): OpenAI {
  return new OpenAI({ baseURL: simulator.url, adminAPIKey: key, apiKey: key, maxRetries: 0 });
}

/** The URL of a request, with lists in brackets. */
export function urlOf(simulator: Simulator, path: string, parameters: WireParameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (Array.isArray(value)) for (const item of value) search.append(`${name}[]`, String(item));
    else search.append(name, String(value));
  }
  return `${simulator.url}${path}?${search}`;
}

/** One request with the right key. */
export function get(simulator: Simulator, path: string, parameters: WireParameters): Promise<Response> {
  return fetch(urlOf(simulator, path, parameters), { headers: { authorization: `Bearer ${key}` } });
}

/** One page; throws when the answer is an error. */
export async function getPage(simulator: Simulator, path: string, parameters: WireParameters): Promise<WirePage> {
  const response = await get(simulator, path, parameters);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`status ${response.status}: ${text}`);
  return JSON.parse(text) as WirePage;
}

/** The buckets of all pages, by following the cursors. */
export async function getBuckets(
  simulator: Simulator,
  path: string,
  parameters: WireParameters,
): Promise<readonly WireBucket[]> {
  const buckets: WireBucket[] = [];
  let page: string | null = null;
  do {
    const answer: WirePage = await getPage(simulator, path, page === null ? parameters : { ...parameters, page });
    buckets.push(...answer.data);
    page = answer.next_page;
  } while (page !== null);
  return buckets;
}

/** The error object of a refused request, with its status. */
export async function getError(
  simulator: Simulator,
  path: string,
  parameters: WireParameters,
): Promise<{
  readonly status: number;
  readonly message: string;
  readonly code: string | null;
  readonly param: string | null;
}> {
  const response = await get(simulator, path, parameters);
  const { error } = (await response.json()) as {
    error: { message: string; code: string | null; param: string | null };
  };
  return { status: response.status, ...error };
}
