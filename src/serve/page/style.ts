import { createHash } from 'node:crypto';

/** The page's only style sheet. Both schemes keep a contrast of 4.5 to 1 for every text. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf7; --card: #ffffff; --text: #1b1c1e; --quiet: #5d6067; --line: #e3e1da;
  --good: #16703f; --bad: #b3261e; --warn: #865400; --accent: #255f9e;
  --final: #255f9e; --loaded: #6a9bcc; --empty: #85888f; --faint: #c3c0b7;
  --good-ground: #e9f4ec; --warn-ground: #fcf3df; --bad-ground: #fbeae8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121315; --card: #1a1c1f; --text: #e9e8e4; --quiet: #a2a5ac; --line: #2e3136;
    --good: #6fcf97; --bad: #ff9a91; --warn: #e9b85c; --accent: #8ab8ea;
    --final: #6ea6e0; --loaded: #41719f; --empty: #888b92; --faint: #4a4d53;
    --good-ground: #15251b; --warn-ground: #2a2213; --bad-ground: #2e1a18;
  }
}
* { box-sizing: border-box; }
/* A name that turns its direction turns nothing beside it. */
body * { unicode-bidi: isolate; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; padding: clamp(1rem, 3vw, 2.5rem) clamp(1rem, 4vw, 2.5rem) 3rem;
  background: var(--ground); color: var(--text);
  font: 400 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
main, header.top, footer { max-width: 72rem; margin-inline: auto; }
header.top { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; justify-content: space-between; color: var(--quiet); font-size: 0.875rem; }
header.top b { color: var(--text); font-weight: 650; letter-spacing: -0.01em; }
h1 { margin: 0; font-size: clamp(1.375rem, 1.1rem + 1.4vw, 2rem); line-height: 1.2; font-weight: 650; letter-spacing: -0.02em; text-wrap: balance; }
h2 { margin: 0 0 0.75rem; font-size: 1.0625rem; font-weight: 650; letter-spacing: -0.01em; }
h3 { margin: 0; font-size: 0.9375rem; font-weight: 650; }
section { margin-top: 2.75rem; }
p { margin: 0; }
small { font-size: 0.8125rem; color: var(--quiet); }
code { font: 0.8125rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
time { white-space: nowrap; }
.quiet, .none { color: var(--quiet); }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 600; }
.lines { white-space: pre-line; }
.wide { overflow-wrap: anywhere; }

.verdict { display: flex; gap: 1rem; align-items: flex-start; margin-top: 1.25rem; padding: 1.25rem 1.5rem; border-radius: 0.75rem; border: 1px solid; }
.verdict svg { flex: none; width: 2rem; height: 2rem; margin-top: 0.1rem; }
.verdict p { margin-top: 0.25rem; color: var(--quiet); }
.verdict-good { background: var(--good-ground); border-color: color-mix(in srgb, var(--good) 30%, transparent); color: var(--good); }
.verdict-attention { background: var(--warn-ground); border-color: color-mix(in srgb, var(--warn) 30%, transparent); color: var(--warn); }
.verdict-down { background: var(--bad-ground); border-color: color-mix(in srgb, var(--bad) 30%, transparent); color: var(--bad); }
.verdict h1 { color: var(--text); }
.verdict path { fill: none; stroke: currentColor; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
.verdict circle { fill: none; stroke: currentColor; stroke-width: 2; }

.items { list-style: none; margin: 1rem 0 0; padding: 0; display: grid; gap: 0.75rem; }
.items li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--warn); border-radius: 0.5rem; padding: 0.875rem 1.125rem; }
.items li.critical { border-left-color: var(--bad); }
.items li.notice { border-left-color: var(--accent); }
.items .about { display: flex; flex-wrap: wrap; gap: 0 0.75rem; font-size: 0.8125rem; color: var(--quiet); }
.items .severity { font-weight: 650; color: var(--warn); }
.items .critical .severity { color: var(--bad); }
.items .notice .severity { color: var(--accent); }
.items p { margin-top: 0.25rem; max-width: 70ch; }
.items .detail { color: var(--quiet); white-space: pre-line; }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1px; margin: 1.25rem 0 0; background: var(--line); border: 1px solid var(--line); border-radius: 0.75rem; overflow: hidden; }
.facts > div { background: var(--card); padding: 0.875rem 1.125rem; }
.facts dt { font-size: 0.8125rem; color: var(--quiet); }
.facts dd { margin: 0.125rem 0 0; font-size: 1.125rem; font-weight: 600; letter-spacing: -0.01em; line-height: 1.35; }
.facts dd small { display: block; font-weight: 400; letter-spacing: 0; }

table { width: 100%; border-collapse: collapse; font-size: 0.875rem; }
th, td { padding: 0.4375rem 0.75rem 0.4375rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: 0.8125rem; font-weight: 500; color: var(--quiet); vertical-align: bottom; }
tbody th { font-weight: 600; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }

.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0 0 0.5rem; padding: 0; font-size: 0.8125rem; color: var(--quiet); }
.legend li { display: flex; gap: 0.4rem; align-items: center; }
figure { margin: 0; padding: 0.875rem 0; display: grid; grid-template-columns: 13rem 1fr; gap: 0.5rem 1.5rem; border-top: 1px solid var(--line); break-inside: avoid; }
figcaption { font-size: 0.8125rem; color: var(--quiet); display: grid; align-content: start; gap: 0.125rem; }
figcaption b { font-size: 0.875rem; font-weight: 600; color: var(--text); }
figcaption .bad { font-weight: 400; }
.year { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.year svg { display: block; flex: 1 1 20rem; min-width: 0; height: auto; }
.year text { font-size: 9px; fill: var(--quiet); }
path.final { fill: var(--final); }
path.loaded { fill: var(--loaded); fill-rule: evenodd; }
path.empty { fill: none; stroke: var(--empty); stroke-width: 1; }
path.missing { fill: none; stroke: var(--bad); stroke-width: 1.5; }
path.refused { fill: var(--bad); fill-rule: evenodd; }
path.outside { fill: var(--faint); }
.year path:hover { stroke: var(--text); stroke-width: 1.5; }

footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.8125rem; display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }

@media (min-width: 46.01rem) {
  .number + :not(.number) { padding-left: 1.25rem; }
}
@media (max-width: 46rem) {
  section { margin-top: 2.25rem; }
  .verdict { padding: 1rem 1.125rem; gap: 0.75rem; }
  figure { grid-template-columns: 1fr; }
  .year svg { flex-basis: 100%; }
  table, tbody { display: block; }
  thead { display: none; }
  tbody tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0.375rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; }
  tbody tr + tr { margin-top: 0.5rem; }
  tbody tr > th, tbody tr > td { padding: 0; border: 0; text-align: left; white-space: normal; min-width: 0; overflow-wrap: anywhere; }
  tbody th, tbody td.wide { grid-column: 1 / -1; }
  tbody th { font-size: 0.9375rem; }
  tbody .number { text-align: left; }
  tbody td::before { content: attr(data-label); display: block; font-size: 0.75rem; font-weight: 400; color: var(--quiet); }
}
@media print {
  body { padding: 0; background: #fff; }
  .verdict, .items li, .facts > div { break-inside: avoid; }
}
`;

/** The style sheet as the Content-Security-Policy names it: nothing else may style the page. */
export const styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
