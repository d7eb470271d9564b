import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { secureHeaders } from 'hono/secure-headers';
import type { HttpSettings } from '../config.ts';
import { messageOf } from '../errors.ts';
import { type Log, redact } from '../log.ts';
import type { ScheduleState } from '../schedule/state.ts';
import { carriesToken, challenge, isForThisMachine } from './access.ts';
import { createMetricsPage } from './metrics.ts';
import type { Observed } from './observed.ts';
import { statusPage } from './page/page.ts';
import { styleHash } from './page/style.ts';
import { type Readiness, readinessOf } from './readiness.ts';

/** What the endpoints answer from. */
export interface AppOptions {
  readonly settings: Pick<HttpSettings, 'token'>;
  readonly log: Log;
  readonly observed: () => Promise<Observed>;
  readonly schedules: () => readonly ScheduleState[];
}

/**
 * The endpoints: `/livez` for everybody; `/readyz`, in detail for who has the token; `/metrics` and `/` for who has the
 * token. Without a token all of them are for this machine only.
 */
export function createApp(options: AppOptions): Hono {
  const { settings, log, observed, schedules } = options;
  const metrics = createMetricsPage();
  const app = new Hono();
  app.use(securityHeaders);
  app.use(async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
  });
  app.use(async (context, next) => refusal(context.req.raw) ?? (await next()));
  app.use(compress());
  app.get('/livez', (context) => context.text('ok\n'));
  app.use(async (context, next) => {
    const isMeant = settings.token !== null || isForThisMachine(context.req.raw);
    return isMeant ? await next() : context.text('this service answers to the names of this machine only\n', 421);
  });
  app.get('/readyz', async (context) => {
    const readiness = readinessOf(await observed());
    return readyAnswer(context, readiness, mayEnter(context, settings));
  });
  app.get('/metrics', async (context) => {
    if (!mayEnter(context, settings)) return unauthorized(context);
    return context.body(await metrics.text(await observed(), schedules()), 200, {
      'Content-Type': metrics.contentType,
    });
  });
  app.get('/', async (context) => {
    if (!mayEnter(context, settings)) return unauthorized(context);
    const seen = await observed();
    return context.html(await statusPage(seen, schedules()), seen.observation === null ? 503 : 200);
  });
  app.notFound((context) => context.text('not found\n', 404));
  app.onError((failure, context) => {
    log.error({ path: context.req.path, reason: messageOf(failure) }, 'a request could not be answered');
    return context.text('internal error\n', 500);
  });
  return app;
}

const securityHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: [styleHash],
    imgSrc: ['data:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
  // TLS is the reverse proxy's, and so is the promise to keep to it.
  strictTransportSecurity: false,
});

/** Only what reads, and nothing with a body: it would have to be read or waited for. */
function refusal(request: Request): Response | null {
  const answer = (text: string, status: number, more: Record<string, string>) =>
    new Response(text, {
      status,
      headers: { 'Content-Type': 'text/plain; charset=UTF-8', Connection: 'close', ...more },
    });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return answer('method not allowed\n', 405, { Allow: 'GET, HEAD' });
  }
  const length = request.headers.get('content-length') ?? '0';
  return length === '0' && !request.headers.has('transfer-encoding')
    ? null
    : answer('a request with a body is not read\n', 413, {});
}

function mayEnter({ req }: Context, { token }: Pick<HttpSettings, 'token'>): boolean {
  return token === null || carriesToken(req.raw, token);
}

function unauthorized(context: Context): Response {
  return context.text('the token is needed\n', 401, { 'WWW-Authenticate': challenge });
}

function readyAnswer(context: Context, readiness: Readiness, inDetail: boolean): Response {
  const { ready, checks } = readiness;
  const status = ready ? 200 : 503;
  if (wantsJson(context)) {
    return context.body(redact(JSON.stringify(inDetail ? { ready, checks } : { ready })), status, {
      'Content-Type': 'application/json',
    });
  }
  const lines = checks.map(({ name, ok, detail }) => `${ok ? 'ok' : 'FAILED'} ${name}: ${detail}`);
  const text = [ready ? 'ready' : 'not ready', ...(inDetail ? lines : [])].join('\n');
  return context.text(`${redact(text)}\n`, status);
}

function wantsJson({ req }: Context): boolean {
  return req.query('format') === 'json' || (req.header('accept') ?? '').includes('application/json');
}
