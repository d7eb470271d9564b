import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { images } from '../../src/catalog/datasets/images.ts';
import type { HttpServer } from '../../src/serve/http.ts';
import { launchBrowser } from '../support/browser.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';
import { faintTexts, overflow } from './support/in-page.ts';
import { ask, observing, serve } from './support/service.ts';

const dayMs = 86_400_000;
const hostile = ['<script>alert(1)</script>', '"><img src=x onerror=alert(2)>', "'; alert(3); '", '</style></title>'];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 120_000);
afterAll(() => browser.close());

interface Visit {
  readonly page: Page;
  readonly consoleMessages: string[];
  readonly requests: string[];
}

/** Opens the page as a person would, and notes what the browser says and asks for. */
async function visit(url: string, options: BrowserContextOptions, look: (visit: Visit) => Promise<void>) {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const consoleMessages: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => consoleMessages.push(message.text()));
    page.on('pageerror', (error) => consoleMessages.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url);
    await look({ page, consoleMessages, requests });
  } finally {
    await context.close();
  }
}

/** A store in which everything has happened: gaps, refusals, drift, alerts, and names that mean harm. */
async function eventfulNights(): Promise<Nights> {
  const nights = await liveThroughNights({
    datasets: [completions, embeddings, images, costs],
    days: 100,
    simulator: { groupsPerDataset: 2 },
  });
  await nights.sync();
  nights.clock.advance(dayMs);
  nights.simulator.setFaults([
    { when: { dataset: 'completions' }, then: { kind: 'set-field', field: 'input_tokens', json: '-1', buckets: [3] } },
    ...hostile.map(
      (field) =>
        ({ when: { dataset: 'images' }, then: { kind: 'set-field', field, json: '1', buckets: [3] } }) as const,
    ),
  ]);
  await nights.sync();
  const { pool } = nights.database;
  await pool.query(`delete from openai_etl.buckets where dataset = 'embeddings'
    and bucket_start >= '2026-10-05' and bucket_start < '2026-10-08'`);
  await pool.query(`update openai_etl.runs set error = $1 where run_id = (select max(run_id) from openai_etl.runs)`, [
    `contract_broken: ${hostile.join(' ')} jane.doe@example.com sk-admin-0123456789abcdef`,
  ]);
  await pool.query(
    `insert into openai_etl.alerts (kind, org_id, subject, severity, summary, detail, remedy, opened_at, last_seen_at)
     values ('quarantine_appeared', $1, '', 'critical', $1, $2, $3, $4, $4)`,
    [...hostile.slice(0, 3), nights.clock.now()],
  );
  nights.clock.advance(3_600_000);
  return nights;
}

describe('the status page of eventful nights', () => {
  let nights: Nights;
  let server: HttpServer;
  beforeAll(async () => {
    nights = await eventfulNights();
    server = await serve(observing(nights), { schedules: [{ ...schedule, name: hostile[0] ?? '' }] });
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await nights.close();
  });

  it.each([
    [390, 'light'],
    [390, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('fits %i pixels in the %s scheme, and every text can be read', async (width, colorScheme) => {
    await visit(server.url, { viewport: { width, height: 900 }, colorScheme }, async ({ page, ...seen }) => {
      expect(await overflow(page)).toEqual({ pixels: 0, elements: [] });
      expect(await faintTexts(page, 4.5)).toEqual([]);
      expect(seen.consoleMessages).toEqual([]);
      expect(seen.requests.filter((url) => !url.startsWith('data:'))).toEqual([`${server.url}/`]);
    });
  });

  it('says all of it without JavaScript, in the order of urgency', async () => {
    await visit(server.url, { javaScriptEnabled: false }, async ({ page }) => {
      const sentence = (await page.locator('h1').textContent()) ?? '';
      expect(sentence).toMatch(/^\d+ things need you\.$/);
      expect(await page.locator('.items li').count()).toBe(Number.parseInt(sentence, 10));
      expect(await page.locator('h2').allTextContents()).toEqual([
        'Freshness',
        'The last twelve months',
        'Schedules',
        'Last runs',
        'Quarantine',
        'Drift',
      ]);
      const late = page.locator('#freshness tr', { hasText: 'embeddings' });
      expect(await late.locator('td').allTextContents()).toEqual([
        '1d',
        'stale',
        '2026-10-05 00:00',
        expect.stringMatching(/^50 d 4 h$/),
        'everything',
        expect.stringMatching(/^\d+$/),
        '3',
        '0',
      ]);
      expect(await page.locator('footer').textContent()).toContain('PostgreSQL');
    });
  });

  it('has a cell with a title for every day of the year, told apart without colour', async () => {
    await visit(server.url, {}, async ({ page }) => {
      const figure = page.locator('figure', { hasText: 'embeddings 1d' });
      const cells = figure.locator('svg path');
      expect(await cells.count()).toBe(52 * 7 + 2);
      expect(await figure.locator('path > title').count()).toBe(await cells.count());
      const titles = await figure.locator('path.missing > title').allTextContents();
      expect(titles).toEqual(['2026-10-05: missing', '2026-10-06: missing', '2026-10-07: missing']);
      expect(await figure.locator('figcaption').textContent()).toContain(
        'missing: 2026-10-05 00:00 to 2026-10-08 00:00',
      );
      expect(await page.locator('figure', { hasText: 'completions 1d' }).locator('path.refused').count()).toBe(1);
      const outlines = await page.locator('.legend path').evaluateAll((paths) => paths.map((path) => path.outerHTML));
      expect(new Set(outlines.map((outline) => / d="[^"]+"/.exec(outline)?.[0])).size).toBe(6);
      const box = await figure.locator('path.missing').first().boundingBox();
      expect(box?.width).toBeGreaterThan(5);
    });
  });

  it('shows what the API and the database call things as text, and runs none of it', async () => {
    await visit(server.url, {}, async ({ page, consoleMessages }) => {
      const text = await page.locator('body').textContent();
      for (const name of hostile) expect(text).toContain(name);
      expect(await page.locator('script, img, [onerror]').count()).toBe(0);
      expect(consoleMessages).toEqual([]);
    });
    const { text } = await ask(server.url);
    for (const name of hostile.slice(0, 2)) expect(text).not.toContain(name);
  });

  it('shows neither keys nor e-mail addresses', async () => {
    const { text } = await ask(server.url);
    expect(text).toContain('[e-mail redacted]');
    expect(text).not.toContain('jane.doe');
    expect(text).not.toContain('0123456789abcdef');
  });

  it('travels compressed where the browser can read it', async () => {
    const { headers } = await ask(server.url, { headers: { 'accept-encoding': 'gzip' } });
    expect(headers['content-encoding']).toBe('gzip');
  });
});

const schedule = {
  name: 'nightly',
  command: 'sync',
  cron: '17 3 * * *',
  timezone: 'Europe/Berlin',
  next_at: '2026-11-25T02:17:00.000Z',
  running: false,
  last_started_at: '2026-11-24T02:17:00.000Z',
  last_exit_code: 3,
} as const;

describe('the status page in a word', () => {
  const sentenceOf = async (nights: Nights) => {
    const server = await serve(observing(nights));
    try {
      return /<h1>(.*)<\/h1>/.exec((await ask(server.url)).text)?.[1];
    } finally {
      await server.close();
    }
  };
  const live = () => liveThroughNights({ datasets: [costs], days: 5, simulator: { groupsPerDataset: 2 } });

  it('of a store before its first run: no run yet', async () => {
    const nights = await live();
    try {
      expect(await sentenceOf(nights)).toBe('No run yet: nothing has been loaded.');
    } finally {
      await nights.close();
    }
  });

  it('of a good night: nothing needs you; of one without a next: one thing does', async () => {
    const nights = await live();
    try {
      await nights.sync();
      expect(await sentenceOf(nights)).toBe('All data is fresh; nothing needs you.');
      nights.clock.advance(2 * dayMs);
      expect(await sentenceOf(nights)).toBe('1 thing needs you.');
    } finally {
      await nights.close();
    }
  });
});
