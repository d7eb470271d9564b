import { html, raw } from 'hono/html';
import type { ReportData } from './data.ts';
import { type Html, instant } from './format.ts';
import { breakdownSection } from './sections/breakdowns.ts';
import { dailySection } from './sections/daily.ts';
import { headline, headlineText } from './sections/headline.ts';
import { priceSection } from './sections/prices.ts';
import { storageSection } from './sections/storage.ts';
import { cacheSection, tokenSection } from './sections/tokens.ts';
import { freshnessSection, reconciliationSection, restatementSection } from './sections/trust.ts';
import { anomalySection, budgetSection, unparsedSection } from './sections/watch.ts';
import { style } from './style.ts';

/** What the page may load and run: nothing but its own style. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const icon = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#255f9e" d="M0 5h2v3H0zM3 3h2v5H3zM6 0h2v8H6z"/></svg>')}`;

/**
 * The report: one page that needs no network and no script, for screens of any width, light or dark, and for paper. All
 * text is escaped where it is put in.
 */
export async function reportPage(data: ReportData): Promise<string> {
  return String(await document(data));
}

function document(data: ReportData): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${headlineText(data)} – OpenAI spend</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="${icon}">
<style>${raw(style)}</style>
</head>
<body>
${patterns}
<header class="top"><b>OpenAI spend and usage</b><span>made ${instant(data.made_at)} UTC</span></header>
<main>
${headline(data)}
${dailySection(data)}${breakdownSection(data)}${tokenSection(data)}${cacheSection(data)}${priceSection(data)}${storageSection(data)}${freshnessSection(data)}${reconciliationSection(data)}${unparsedSection(data)}${restatementSection(data)}${budgetSection(data)}${anomalySection(data)}
</main>
<footer><span>usage-etl ${data.version}</span><span>days are UTC days</span><span>rounded for reading; point at a number for every digit</span></footer>
</body>
</html>
`;
}

/** Hatches that tell a state without colour, on screen as on paper. */
const patterns = html`<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch-line" d="M0 0V6"/></pattern>
<pattern id="unknown" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><path class="unknown-line" d="M0 0V7"/></pattern>
</defs></svg>`;
