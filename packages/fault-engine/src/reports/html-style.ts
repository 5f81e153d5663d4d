/** How the HTML report looks: on a screen of any width, in both colour schemes, and on paper. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1d2126; --soft: #5b6570; --paper: #fff; --card: #f6f7f9; --line: #d8dde3;
  --ok: #1f7a3a; --bad: #b3261e; --odd: #8a5a00; --rule: #5b4bb3;
  --ok-bg: #e3f3e7; --bad-bg: #fbe4e2; --odd-bg: #fdf0d5; --none-bg: #e9ecef;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e9ed; --soft: #9aa5b1; --paper: #14171b; --card: #1c2127; --line: #343b44;
    --ok: #7fd494; --bad: #ff9a90; --odd: #f0c25e; --rule: #b3a6ff;
    --ok-bg: #173022; --bad-bg: #3b1d1b; --odd-bg: #352a12; --none-bg: #2a3037;
  }
}
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1rem; font-weight: 600; color: var(--soft); margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 2.25rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0; font-weight: 600; }
p { margin: .25rem 0; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .15em; }
a:hover { text-decoration-thickness: 2px; }
code, pre { font: .86em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; white-space: pre-wrap; margin: .5rem 0; }
.headline { font-size: 1.45rem; line-height: 1.3; font-weight: 650; margin: 0 0 .5rem; }
.totals, .facts, .soft { color: var(--soft); }
.facts span { margin-right: 1.1rem; }
.chip { display: inline-block; font-size: .8rem; font-weight: 600; line-height: 1.35rem; padding: 0 .5rem; border-radius: .7rem; background: var(--none-bg); color: var(--ink); white-space: nowrap; }
.chip.pass { background: var(--ok-bg); color: var(--ok); }
.chip.fail { background: var(--bad-bg); color: var(--bad); }
.chip.unproven { background: var(--odd-bg); color: var(--odd); }
.card { border: 1px solid var(--line); border-left: 4px solid var(--line); border-radius: 6px; padding: .6rem .8rem; margin: 0 0 .6rem; background: var(--card); break-inside: avoid; }
.card.fail { border-left-color: var(--bad); } .card.unproven { border-left-color: var(--odd); } .card.pass { border-left-color: var(--ok); }
.card header { display: flex; flex-wrap: wrap; gap: .3rem .6rem; align-items: baseline; }
.card dl { margin: .35rem 0 0; display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; }
dt { color: var(--soft); } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; }
th, td:first-child { overflow-wrap: normal; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
.operation { border-top: 1px solid var(--line); padding: .9rem 0 .6rem; break-inside: avoid; }
.operation header { display: flex; flex-wrap: wrap; gap: .2rem .7rem; align-items: baseline; }
.track { position: relative; height: 4.1rem; margin: .5rem 0 0; border-bottom: 1px solid var(--line); }
.track > * { position: absolute; }
.mark { bottom: 1.55rem; font-size: .75rem; font-weight: 650; line-height: 1rem; white-space: nowrap; color: var(--ok); text-decoration: none; }
.mark.high { bottom: 2.6rem; } .mark.end { transform: translateX(-100%); }
.mark.failed { color: var(--bad); } .mark.open { color: var(--odd); }
.bar { bottom: .35rem; height: 1.1rem; min-width: 4px; border-radius: 2px; background: var(--ok); }
.bar.failed { background: var(--bad); } .bar.open { background: repeating-linear-gradient(45deg, var(--odd) 0 5px, transparent 5px 8px); }
.bar.injected { outline: 2px solid var(--rule); outline-offset: 1px; }
.wait { bottom: .85rem; border-top: 2px dotted var(--soft); height: 0; }
.asked { bottom: -.4rem; height: .4rem; border: 2px solid var(--odd); border-top: 0; }
.axis { display: flex; justify-content: space-between; font-size: .75rem; color: var(--soft); padding-top: .5rem; }
ol.attempts { list-style: none; margin: .35rem 0 0; padding: 0; font-size: .88rem; }
ol.attempts li { padding: .12rem .4rem; border-radius: 4px; }
ol.attempts li:target { background: var(--odd-bg); }
.legend { display: flex; flex-wrap: wrap; gap: .4rem 1.3rem; font-size: .85rem; color: var(--soft); }
.legend .track { display: inline-block; width: 2.6rem; height: 1.2rem; margin: 0 .45rem 0 0; border: 0; vertical-align: -.25rem; }
.legend .track > * { left: .2rem; right: .2rem; bottom: .15rem; height: .85rem; }
.legend .wait { bottom: .5rem; height: 0; } .legend .asked { height: .4rem; bottom: .35rem; }
@media (max-width: 44rem) {
  body { padding-top: 1rem; }
  .headline { font-size: 1.2rem; }
  .card dl { grid-template-columns: 1fr; } dd { margin-bottom: .3rem; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td, td:first-child { border: 0; padding: .1rem 0; white-space: normal; }
  td:empty { display: none; }
  td::before { content: attr(data-label) ": "; color: var(--soft); }
}
@media print {
  :root {
    --ink: #000; --soft: #444; --paper: #fff; --card: #fff; --line: #bbb;
    --ok: #1f7a3a; --bad: #b3261e; --odd: #8a5a00; --rule: #5b4bb3;
    --ok-bg: #fff; --bad-bg: #fff; --odd-bg: #fff; --none-bg: #fff;
  }
  body { font-size: 10pt; max-width: none; padding: 0; }
  .chip { border: 1px solid currentColor; }
  .bar, .asked { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3 { break-after: avoid; }
}
`;
