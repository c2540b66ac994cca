/** The page's style sheet: one column on a phone, a second one for the controls where there is room, none in print. */
import { DARK, declarations, LIGHT } from '../charts/palette.ts';

const light = `${declarations(LIGHT)};--raised:#f5f6f8;--warn:#8a4b00`;
const dark = `${declarations(DARK)};--raised:#1d2126;--warn:#ffc27a`;

export const STYLES = `
:root{color-scheme:light dark;${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
.page{max-width:1240px;margin:0 auto;padding:20px 14px 48px}
h1{font-size:1.6rem;line-height:1.25;margin:.2em 0 .4em;font-weight:650;text-wrap:balance}
h2{font-size:1.15rem;margin:0 0 .35em;font-weight:650}
h3{font-size:1rem;margin:1em 0 .25em}
p{margin:.35em 0 .7em;max-width:75ch}
.eyebrow,.note,small,figcaption,caption{color:var(--faint)}
.eyebrow{margin:0;letter-spacing:.02em}
.note,figcaption,caption{font-size:.88rem}
.standing{font-size:1.02rem}
section{margin:0 0 34px;padding-top:20px;border-top:1px solid var(--rule)}
.origin{font-size:.78rem;font-weight:400;color:var(--faint);border:1px solid var(--other);border-radius:9px;padding:1px 8px;margin-left:8px;vertical-align:2px;white-space:nowrap}
figure{margin:18px 0 0}
figcaption{margin-bottom:8px;color:var(--ink);font-weight:550}
.drawing svg{display:block;max-width:100%;height:auto;overflow:visible}
.readout{font-size:.85rem;min-height:1.5em;margin:2px 0 -6px;color:var(--faint)}
.figures{display:flex;flex-wrap:wrap;gap:10px 30px;margin:10px 0}
.figures dt{font-size:.85rem;color:var(--faint)}
.figures dd{margin:0}
.figures b{font-size:1.35rem;font-weight:600}
.facts{display:grid;grid-template-columns:minmax(7em,max-content) 1fr;gap:3px 16px;margin:12px 0}
.facts dt{color:var(--faint)}
.facts dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;font-size:.9rem;width:100%}
caption{text-align:left;padding-bottom:4px}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top}
th{font-weight:550}
thead th{color:var(--faint);font-weight:400;vertical-align:bottom}
thead .number{white-space:normal}
tbody th{overflow-wrap:break-word;min-width:8.5em;max-width:16em}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.stage{display:inline-block}
.warnings{padding-left:1.2em}
.warnings li{margin-bottom:6px}
.warnings li::marker{content:"! ";color:var(--warn);font-weight:700}
code,pre{font:.85rem/1.45 ui-monospace,monospace}
pre{background:var(--raised);padding:10px 12px;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0}
pre.columns{white-space:pre;overflow-x:auto;overflow-wrap:normal}
#status{position:sticky;top:0;z-index:2;background:var(--paper);border:2px solid var(--limit);border-radius:8px;padding:8px 12px;margin:12px 0;display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline}
#status[hidden]{display:none}
#status b{color:var(--limit)}
#status p{margin:0;flex:1 1 16em}
button{font:inherit;font-size:.9rem;color:var(--ink);background:var(--raised);border:1px solid var(--other);border-radius:6px;padding:4px 14px;cursor:pointer}
button:disabled{opacity:.5;cursor:default}
#what-if{background:var(--raised);border-radius:10px;padding:12px 14px;margin:16px 0}
#what-if[hidden]{display:none}
#what-if summary{cursor:pointer}
#what-if summary h2{display:inline;margin:0}
fieldset{border:0;border-top:1px solid var(--rule);margin:12px 0 0;padding:8px 0 0;min-width:0}
legend{font-weight:550;padding:0 8px 0 0}
.control{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 8px;align-items:center;padding:5px 0}
.control .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.control .slider{grid-column:1/-1;display:flex;gap:8px;align-items:center}
.control output{min-width:3.4em;text-align:right;font-variant-numeric:tabular-nums;font-size:.9rem}
.control input[type=range]{flex:1;min-width:0;accent-color:var(--accent);height:22px}
.control.off .slider{opacity:.4}
select{font:inherit;font-size:.9rem;color:var(--ink);background:var(--paper);border:1px solid var(--other);border-radius:5px;padding:2px 4px;max-width:100%}
input[type=checkbox]{accent-color:var(--accent);width:1.05em;height:1.05em;vertical-align:-2px}
:root main figure{transition:opacity .1s}
:root[data-state=searching] main figure{transition-delay:.25s}
:root[data-state=searching] main figure,:root[data-state=failed] main figure{opacity:.55}
:root[data-state=planned] :is(figcaption,h1,.what)::before,:root[data-state=compared] :is(figcaption,h1,.what)::before{content:"what-if";font-size:.78rem;font-weight:400;border:1px solid var(--limit);color:var(--limit);border-radius:9px;padding:1px 8px;margin-right:8px;white-space:nowrap}
:root :is(figcaption,h1,.what)::before{vertical-align:2px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media screen and (max-width:640px){
h1{font-size:1.35rem}
thead{position:absolute;clip-path:inset(50%)}
table,tbody,tr,th,td,caption{display:block}
tr{border-bottom:1px solid var(--rule);padding:6px 0}
th,td{border:0;padding:1px 0;max-width:none}
td{display:grid;grid-template-columns:8.2em minmax(0,1fr);gap:0 8px;white-space:normal}
td::before{content:attr(data-title);color:var(--faint);font-size:.85rem}
td.number{text-align:left}
#status{padding:5px 10px;font-size:.9rem}
#status p{order:1;flex-basis:100%}
#status b{flex:1}
}
@media (min-width:1000px){
.page{padding:28px 28px 60px}
.columns{display:grid;grid-template-columns:minmax(0,1fr) 300px;gap:0 40px;align-items:start}
main{grid-column:1;grid-row:1}
#what-if{grid-column:2;grid-row:1;position:sticky;top:14px;max-height:calc(100vh - 28px);overflow-y:auto;margin:20px 0 0}
}
@media print{
body{font-size:10.5pt}
.page{max-width:none;padding:0}
.columns{display:block}
#what-if,button,.readout{display:none!important}
#status{position:static}
figure,tr,li,.drawing svg{break-inside:avoid}
h2,h3,figcaption,.note,caption{break-after:avoid}
.drawing svg{width:100%}
.long figure{break-inside:auto}
.scroll{overflow:visible}
section{margin-bottom:18px}
}
`.trim();
