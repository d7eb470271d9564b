import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DayState, ReportData } from '../../src/report/data.ts';
import { reportPage } from '../../src/report/page.ts';
import { faintTexts, overflow } from '../serve/support/in-page.ts';
import { launchBrowser } from '../support/browser.ts';
import { sampleReport } from './support/sample.ts';

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "'; alert(3); '",
  '</style></title></svg>',
  'https://example.com/a&b?c=<d>',
  'a-name-without-any-space-that-is-longer-than-every-column-and-every-telephone-there-ever-was-'.repeat(2),
];

let browser: Browser;
let folder: string;
beforeAll(async () => {
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), 'usage-etl-report-'));
}, 120_000);
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

interface Visit {
  readonly page: Page;
  readonly consoleMessages: string[];
  readonly requests: string[];
  readonly url: string;
}

let files = 0;

/** Opens a report from its file, as a person would who was sent it. */
async function visit(data: ReportData, options: BrowserContextOptions, look: (visit: Visit) => Promise<void>) {
  files += 1;
  const file = join(folder, `${files}.html`);
  await writeFile(file, await reportPage(data));
  const context = await browser.newContext({ javaScriptEnabled: true, ...options });
  try {
    const page = await context.newPage();
    const consoleMessages: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => consoleMessages.push(message.text()));
    page.on('pageerror', (error) => consoleMessages.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    await look({ page, consoleMessages, requests, url });
  } finally {
    await context.close();
  }
}

/** A week never read and a day refused, in the middle. */
const gaps = (index: number, days: number): DayState => {
  if (index >= days - 7) return 'loaded';
  if (index >= 5 && index < 8) return 'missing';
  return index === 10 ? 'refused' : 'final';
};

const worlds: readonly (readonly [string, ReportData])[] = [
  ['a month with gaps', sampleReport({ stateOf: gaps })],
  ['a year', sampleReport({ days: 365, stateOf: gaps })],
  ['one day', sampleReport({ days: 1 })],
  ['three currencies', sampleReport({ currencies: ['USD', 'EUR', 'CREDITS OF NO COUNTRY'] })],
  ['two hundred projects', sampleReport({ projects: 200 })],
  ['nothing loaded', nothingLoaded()],
  ['names that mean harm', sampleReport({ names: hostile })],
];

function nothingLoaded(): ReportData {
  const sample = sampleReport({ stateOf: () => 'missing' });
  return {
    ...sample,
    spend: [],
    tokens: { requests: '0', classes: [], cache_hit_rates: [], models: [] },
    storage: null,
    freshness: [],
    restatements: [],
    budgets: [],
    anomalies: [],
    unparsed: [],
  };
}

describe.each(worlds)('the report of %s', (_name, data) => {
  it.each([
    [390, 'light'],
    [390, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('fits %i pixels in the %s scheme, can be read, and asks for nothing', async (width, colorScheme) => {
    await visit(data, { viewport: { width, height: 900 }, colorScheme }, async ({ page, url, ...seen }) => {
      for (const folded of await page.locator('summary').all()) await folded.click();
      expect(await overflow(page)).toEqual({ pixels: 0, elements: [] });
      expect(await faintTexts(page, 4.5)).toEqual([]);
      expect(seen.consoleMessages).toEqual([]);
      expect(seen.requests.filter((asked) => !asked.startsWith('data:'))).toEqual([url]);
    });
  });
});

describe('the report on paper', () => {
  it('is light whatever the screen is, and no wider than the sheet', async () => {
    const options = { viewport: { width: 700, height: 1000 }, colorScheme: 'dark' } as const;
    await visit(sampleReport({ stateOf: gaps }), options, async ({ page }) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
      expect(await faintTexts(page, 4.5)).toEqual([]);
      expect(await overflow(page)).toEqual({ pixels: 0, elements: [] });
      const paper = await page.pdf({ format: 'A4' });
      expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
      expect(pagesOf(paper)).toBeLessThan(9);
    });
  });
});

function pagesOf(paper: Buffer): number {
  return paper.toString('latin1').match(/\/Type ?\/Page\b/g)?.length ?? 0;
}

describe('the report tells', () => {
  it('its parts in the order of the questions people ask', async () => {
    await visit(sampleReport(), { javaScriptEnabled: false }, async ({ page }) => {
      expect(await page.locator('h2').allTextContents()).toEqual([
        'Daily spend by model family',
        'Who and what is behind it',
        'Tokens by class',
        'Cache hit rate',
        'Effective unit prices',
        'Vector storage',
        'Freshness',
        'Reconciliation',
        'Line items not understood',
        'Restatements in money',
        'Budgets',
        'Anomalies',
      ]);
    });
  });

  it('money to the cent with its digits grouped, and every digit on pointing at it', async () => {
    const sample = sampleReport();
    const [usd] = sample.spend;
    if (usd === undefined) throw new Error('the sample has no dollars');
    const data = { ...sample, spend: [{ ...usd, amount: '9007199254740993.125000000000000001' }] };
    await visit(data, {}, async ({ page }) => {
      const headline = page.locator('h1 data');
      expect(await headline.textContent()).toBe('$9,007,199,254,740,993.13');
      expect(await headline.getAttribute('title')).toBe('9007199254740993.125000000000000001 USD');
    });
  });

  it('days that are missing as missing: no column, no zero, a band of their own, and a sentence on top', async () => {
    await visit(sampleReport({ stateOf: gaps }), {}, async ({ page }) => {
      const chart = page.locator('#daily .plot > svg');
      expect(await chart.locator('> rect.unknown').count()).toBe(2);
      expect(await chart.locator('> rect.unknown').first().getAttribute('width')).toBe('10%');
      expect(await chart.locator('> rect.open').count()).toBe(1);
      const titles = await chart.locator('rect.hit > title').allTextContents();
      expect(titles).toHaveLength(30);
      expect(titles[5]).toBe('29 Oct 2026 (missing: never read)');
      expect(titles[10]).toBe('3 Nov 2026 (missing: refused)');
      expect(titles[29]).toMatch(/^22 Nov 2026 \(not final\)\n\$[\d.]+ in all, exactly [\d.]+ USD\ngpt-5\.6-sol: /);
      // The first day has a column in every path, the missing ones in none.
      const outlines = await Promise.all((await chart.locator('path').all()).map((path) => path.getAttribute('d')));
      const columns = outlines.map((outline) =>
        [...(outline ?? '').matchAll(/M([\d.]+)/g)].map(([, x]) => Math.floor(Number(x))),
      );
      expect(columns[0]).toContain(4);
      for (const days of columns) expect(days.filter((day) => [5, 6, 7, 10].includes(day))).toEqual([]);
      expect(await page.locator('.items li').allTextContents()).toEqual([
        '3 days of costs missing. 29 Oct 2026 – 31 Oct 2026: never read, and in no sum below.',
        '1 day of costs refused. 3 Nov 2026: see usage-etl status.',
      ]);
      await page.locator('#daily summary').click();
      const row = page.locator('#daily tbody tr').nth(5);
      expect(await row.locator('td').allTextContents()).toEqual(['–', '–', '–', '–', '–', '–', '–', 'missing']);
    });
  });

  it('the unattributed bar in every list, also when there is nothing in it', async () => {
    await visit(sampleReport(), {}, async ({ page }) => {
      const bars = page.locator('#breakdowns tr.unattributed');
      expect(await bars.count()).toBe(3);
      const texts = await bars.locator('td.number:nth-of-type(1)').allTextContents();
      expect(texts[0]).toBe('$0.00');
      expect(await page.locator('#by-user tr.unattributed small').textContent()).toMatch(
        /^billed beyond the usage that is known \$\d+\.\d\d$/,
      );
      for (const bar of await bars.all()) expect(await bar.isVisible()).toBe(true);
    });
  });

  it('ten bars of two hundred, the others in one bar, and all of them on request', async () => {
    await visit(sampleReport({ projects: 200 }), {}, async ({ page }) => {
      const drawn = page.locator('#by-project > table tbody tr');
      expect(await drawn.count()).toBe(12);
      expect(await drawn.nth(10).locator('.label').textContent()).toBe('190 other projects');
      expect(await page.locator('#by-project details tbody tr').count()).toBe(190);
      expect(await page.locator('#by-project details tbody tr').first().isVisible()).toBe(false);
      await page.locator('#by-project summary').click();
      expect(await page.locator('#by-project details tbody tr').first().isVisible()).toBe(true);
    });
  });

  it('currencies side by side and never in one sum', async () => {
    await visit(sampleReport({ currencies: ['USD', 'EUR', 'JPY'] }), {}, async ({ page }) => {
      expect(await page.locator('h1').textContent()).toMatch(/^\$[\d,.]+ and €[\d,.]+ and ¥[\d,.]+\s*$/);
      expect(await page.locator('#daily .plot').count()).toBe(3);
      expect(await page.locator('#breakdowns tr.unattributed').count()).toBe(9);
      expect(await page.locator('#reconciliation tbody th').allTextContents()).toEqual(['USD', 'EUR', 'JPY']);
    });
  });

  it('a bill that does not add up, on top and in red', async () => {
    const sample = sampleReport();
    const spend = sample.spend.map((one) => ({
      ...one,
      reconciliation: {
        ...one.reconciliation,
        difference: '0.000000000000000001',
        days: [
          { date: '2026-11-03', organization: 'acme', difference: '0.000000000000000001', reason: 'not split yet' },
        ],
      },
    }));
    await visit({ ...sample, spend }, {}, async ({ page }) => {
      expect(await page.locator('.items li').textContent()).toContain('<\u00a0$0.01 of the bill is in no part.');
      expect(await page.locator('#reconciliation td.bad').first().textContent()).toBe('<\u00a0$0.01');
      expect(await page.locator('#reconciliation').textContent()).toContain('not split yet');
    });
  });

  it('names as text, and runs none of them', async () => {
    await visit(sampleReport({ names: hostile }), {}, async ({ page, consoleMessages }) => {
      const text = await page.locator('body').textContent();
      for (const name of hostile) expect(text).toContain(name);
      expect(await page.locator('script, img, a, iframe, link:not([rel=icon]), [onerror]').count()).toBe(0);
      expect(consoleMessages).toEqual([]);
    });
    const page = await reportPage(sampleReport({ names: hostile }));
    for (const name of hostile.slice(0, 2)) expect(page).not.toContain(name);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
  });

  it('what to do when nothing is loaded', async () => {
    await visit(nothingLoaded(), {}, async ({ page }) => {
      expect(await page.locator('h1').textContent()).toBe('No costs are loaded');
      expect(await page.locator('main').textContent()).not.toContain('Nothing was billed');
      expect(await page.locator('.items li').textContent()).toContain('usage-etl sync');
    });
  });
});
