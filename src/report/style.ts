/** The page's only style sheet. Both schemes keep a contrast of 4.5 to 1 for every text. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf7; --card: #ffffff; --text: #1b1c1e; --quiet: #5d6067; --line: #e3e1da; --track: #efede7;
  --good: #16703f; --bad: #b3261e; --warn: #865400; --accent: #255f9e; --open: #f1ead8;
  --c0: #2f6db3; --c1: #e08a2c; --c2: #2b9a86; --c3: #b8528f; --c4: #8a9a2c; --c5: #7466c4; --rest: #a3a59f;
  --t0: #2f6db3; --t1: #86b6e6; --t2: #b8528f; --t3: #e08a2c; --t4: #a3a59f; --hatch: #77797f; --unknown: #c9544c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121315; --card: #1a1c1f; --text: #e9e8e4; --quiet: #a2a5ac; --line: #2e3136; --track: #25282c;
    --good: #6fcf97; --bad: #ff9a91; --warn: #e9b85c; --accent: #8ab8ea; --open: #342d17;
    --c0: #5b9be0; --c1: #e8a04e; --c2: #45b8a2; --c3: #d477ad; --c4: #adbd4c; --c5: #9a8de8; --rest: #72757a;
    --t0: #5b9be0; --t1: #2f5c8c; --t2: #d477ad; --t3: #e8a04e; --t4: #72757a; --hatch: #94979d; --unknown: #d9675e;
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
h1 { margin: 0; font-size: clamp(2rem, 1.4rem + 3vw, 3.25rem); line-height: 1.1; font-weight: 680; letter-spacing: -0.035em; overflow-wrap: anywhere; }
h1 .plus { font-size: 0.5em; font-weight: 450; letter-spacing: 0; color: var(--quiet); }
h2 { margin: 0 0 0.25rem; font-size: 1.125rem; font-weight: 650; letter-spacing: -0.01em; }
h3 { margin: 0 0 0.25rem; font-size: 0.9375rem; font-weight: 650; }
.currency { margin: 1.75rem 0 0.25rem; }
section { margin-top: 3rem; }
p { margin: 0; }
small { font-size: 0.8125rem; color: var(--quiet); font-weight: 400; }
code { font: 0.8125rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
time { white-space: nowrap; }
.note { color: var(--quiet); font-size: 0.875rem; max-width: 75ch; margin-bottom: 0.75rem; }
.quiet { color: var(--quiet); }
.good { color: var(--good); }
.warn { color: var(--warn); }
.bad { color: var(--bad); font-weight: 600; }
.patterns { position: absolute; }

.headline { margin-top: 2rem; }
.whose { font-weight: 600; color: var(--quiet); overflow-wrap: anywhere; }
.span { color: var(--quiet); margin-top: 0.25rem; font-size: 1rem; }
.items { list-style: none; margin: 1.25rem 0 0; padding: 0; display: grid; gap: 0.5rem; }
.items li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--warn); border-radius: 0.5rem; padding: 0.625rem 1rem; }
.facts { display: flex; flex-wrap: wrap; gap: 1px; margin: 1.25rem 0 0; background: var(--line); border: 1px solid var(--line); border-radius: 0.75rem; overflow: hidden; }
.facts > div { flex: 1 1 10rem; background: var(--card); padding: 0.875rem 1.125rem; }
.facts dt { font-size: 0.8125rem; color: var(--quiet); }
.facts dd { margin: 0.125rem 0 0; font-size: 1.25rem; font-weight: 620; letter-spacing: -0.015em; line-height: 1.35; }
.facts dd small { display: block; letter-spacing: 0; font-size: 0.8125rem; }

.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.75rem 0 0.5rem; padding: 0; font-size: 0.8125rem; }
.legend li { display: flex; gap: 0.4rem; align-items: center; min-width: 0; overflow-wrap: anywhere; }
.swatch { flex: none; width: 0.75rem; height: 0.75rem; border-radius: 2px; }
.plot { padding: 0.5rem 0 0 3.5rem; break-inside: avoid; }
.plot > svg { display: block; width: 100%; overflow: visible; }
.tick { font-size: 0.75rem; fill: var(--quiet); }
.grid { stroke: var(--line); stroke-width: 1; shape-rendering: crispEdges; }
.zero { stroke: var(--quiet); stroke-width: 1; shape-rendering: crispEdges; }
.plane { overflow: hidden; }
.hit { fill: transparent; }
.hit:hover { fill: var(--text); fill-opacity: 0.08; }
.c0 { fill: var(--c0); --ink: var(--c0); } .c1 { fill: var(--c1); --ink: var(--c1); } .c2 { fill: var(--c2); --ink: var(--c2); }
.c3 { fill: var(--c3); --ink: var(--c3); } .c4 { fill: var(--c4); --ink: var(--c4); } .c5 { fill: var(--c5); --ink: var(--c5); }
.t0 { fill: var(--t0); } .t1 { fill: var(--t1); } .t2 { fill: var(--t2); } .t3 { fill: var(--t3); } .t4 { fill: var(--t4); }
svg .rest { fill: var(--rest); }
path.line { fill: none; stroke: var(--ink); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linecap: round; stroke-linejoin: round; }
path.dots { fill: none; stroke: var(--ink); stroke-width: 6; vector-effect: non-scaling-stroke; stroke-linecap: round; }
path.below { fill-opacity: 0.16; }
rect.open { fill: var(--open); }
rect.unknown { fill: url(#unknown); }
.unknown-line { stroke: var(--unknown); stroke-width: 2; }
.hatch-line { stroke: var(--hatch); stroke-width: 5; }
.spark { display: inline-block; vertical-align: middle; width: 9rem; max-width: 100%; overflow: visible; }

.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.75rem 2.5rem; align-items: start; }
.side > .part:first-child:nth-last-child(odd) { grid-column: 1 / -1; }
.part { min-width: 0; margin-top: 0.5rem; }
.bars { width: 100%; border-collapse: collapse; font-size: 0.875rem; }
.bars, .bars thead, .bars tbody { display: block; }
.bars tr { display: grid; grid-template-columns: minmax(0, 1fr) 7rem 3.75rem 4.25rem; gap: 0 0.5rem; align-items: baseline; padding: 0.3rem 0; break-inside: avoid; }
.bars th, .bars td { padding: 0; text-align: left; font-weight: 400; }
.bars .number { text-align: right; }
.bars thead th { font-size: 0.75rem; color: var(--quiet); }
.bars tbody th { overflow-wrap: anywhere; min-width: 0; }
.bars tbody th .label { font-weight: 550; }
.bars .bar { grid-column: 1 / -1; line-height: 0; margin-top: 0.2rem; }
.bars .bar svg { display: block; width: 100%; height: 0.5rem; border-radius: 2px; overflow: hidden; }
.track { fill: var(--track); }
rect.named { fill: var(--c0); }
rect.over { fill: var(--unknown); }
rect.unattributed { fill: url(#hatch); }
rect.hollow { fill: none; stroke: var(--c0); stroke-width: 2; }
.bars tr.unattributed { border-top: 1px solid var(--line); margin-top: 0.25rem; padding-top: 0.5rem; }
#budgets .bars tr { grid-template-columns: minmax(0, 1fr) 7rem 3.75rem 7rem 7.5rem; }

table.plain { width: 100%; border-collapse: collapse; font-size: 0.875rem; margin-top: 0.5rem; }
.plain th, .plain td { padding: 0.4375rem 0.75rem 0.4375rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.plain :is(th, td):last-child { padding-right: 0; }
.plain thead th { font-size: 0.8125rem; font-weight: 500; color: var(--quiet); vertical-align: bottom; }
.plain tbody th { font-weight: 600; }
.plain tbody tr:last-child > * { border-bottom: 0; }
.plain .number { text-align: right; }
.plain td.number { overflow-wrap: normal; }
.plain tr { break-inside: avoid; }
details { margin-top: 0.75rem; font-size: 0.875rem; }
summary { cursor: pointer; color: var(--accent); width: fit-content; }

footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.8125rem; display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; }

@media (min-width: 46.01rem), print {
  .plain .number + :not(.number) { padding-left: 1.25rem; }
}
@media screen and (max-width: 46rem) {
  section { margin-top: 2.5rem; }
  .wide-only { display: none; }
  .plot { padding-left: 3rem; }
  .bars tr, #budgets .bars tr { grid-template-columns: minmax(0, 1fr) auto minmax(3.75rem, auto); gap: 0 0.625rem; }
  .bars thead { display: none; }
  .bars tbody th { grid-column: 1; grid-row: 1 / span 3; }
  .bars td.number:nth-of-type(1) { grid-column: 2 / 4; grid-row: 1; }
  .bars td.number:nth-of-type(2) { grid-column: 2; grid-row: 2; }
  .bars td.number:nth-of-type(3) { grid-column: 3; grid-row: 2; }
  .bars td.number:nth-of-type(4) { grid-column: 2 / 4; grid-row: 3; }
  .bars td.number:nth-of-type(n + 2) { font-size: 0.75rem; color: var(--quiet); }
  .bars td.bar { grid-row: 4; }
  .plain, .plain tbody { display: block; }
  .plain thead { display: none; }
  .plain tbody tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0.375rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; }
  .plain tbody tr + tr { margin-top: 0.5rem; }
  .plain tbody tr > :is(th, td) { padding: 0; border: 0; text-align: left; white-space: normal; min-width: 0; }
  .plain tbody th, .plain tbody td.wide { grid-column: 1 / -1; }
  .plain tbody td::before { content: attr(data-label); display: block; font-size: 0.75rem; font-weight: 400; color: var(--quiet); }
}
@media print {
  @page { margin: 14mm; }
  :root {
    --ground: #ffffff; --card: #ffffff; --text: #111214; --quiet: #55585f; --line: #d9d7d0; --track: #efede7;
    --good: #16703f; --bad: #b3261e; --warn: #865400; --accent: #255f9e; --open: #f1ead8;
    --c0: #2f6db3; --c1: #e08a2c; --c2: #2b9a86; --c3: #b8528f; --c4: #8a9a2c; --c5: #7466c4; --rest: #a3a59f;
    --t0: #2f6db3; --t1: #86b6e6; --t2: #b8528f; --t3: #e08a2c; --t4: #a3a59f; --hatch: #77797f; --unknown: #c9544c;
    color-scheme: light;
  }
  body { padding: 0; font-size: 0.8125rem; }
  section { margin-top: 1.75rem; }
  h2, h3, .note, .legend { break-after: avoid; }
  .side { grid-template-columns: 1fr 1fr; gap: 1rem 1.5rem; }
  .bars tr { grid-template-columns: minmax(0, 1fr) 5.5rem 3.25rem 4rem; gap: 0 0.25rem; }
  .facts, .items li { break-inside: avoid; }
  details:not([open]) { display: none; }
}
`;
