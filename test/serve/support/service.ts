import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../../src/clock.ts';
import { systemClock } from '../../../src/clock.ts';
import type { AlertSettings, HttpSettings } from '../../../src/config.ts';
import { silentLog } from '../../../src/log.ts';
import { type Observation, observe } from '../../../src/run/observe.ts';
import type { ScheduleState } from '../../../src/schedule/state.ts';
import { type HttpServer, startHttp } from '../../../src/serve/http.ts';
import type { Nights } from '../../support/nights.ts';

const alertSettings: AlertSettings = { webhookUrl: null, freshnessHours: 30, restatementAlert: '1' };

const nightly: ScheduleState = {
  name: 'nightly',
  command: 'sync',
  cron: '17 3 * * *',
  timezone: 'UTC',
  next_at: '2026-11-24T03:17:00.000Z',
  running: false,
  last_started_at: '2026-11-23T03:17:00.000Z',
  last_exit_code: 0,
};

/** What a served page is made from, where a test wants it otherwise. */
export interface ServeOptions {
  readonly token?: string | null;
  readonly host?: string;
  readonly port?: number;
  readonly clock?: Clock;
  readonly schedules?: readonly ScheduleState[];
}

/** The HTTP server over whatever observes. Close it when done. */
export function serve(observing: () => Promise<Observation>, options: ServeOptions = {}): Promise<HttpServer> {
  const settings: HttpSettings = {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    token: options.token ?? null,
  };
  return startHttp({
    settings,
    clock: options.clock ?? systemClock,
    log: silentLog,
    observe: observing,
    schedules: () => options.schedules ?? [nightly],
  });
}

/** Observes the store of some nights at the instant their clock shows. */
export function observing(nights: Nights): () => Promise<Observation> {
  return () => observe({ config: nights.config, store: nights.store, clock: nights.clock }, alertSettings);
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Asks with node:http, which sends any Host header it is told to. */
export function ask(
  url: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = httpRequest(
    url,
    { method: options.method ?? 'GET', headers: options.headers ?? {}, agent: false },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    },
  );
  request.on('error', reject);
  request.end(options.body);
  return promise;
}
