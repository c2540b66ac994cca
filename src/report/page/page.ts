/**
 * The report: one HTML file that needs nothing else. It shows the plan without its script; with it, charts follow the
 * width of the window, and the what-if panel plans again with the kernels that the script carries.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { PlanView } from '../charts/plan-view.ts';
import { element, escapeText } from '../charts/svg.ts';
import { counted } from '../charts/units.ts';
import { quoted } from '../command-line.ts';
import { controlsMarkup } from './controls.ts';
import { partMarkup, sectionsMarkup } from './layout.ts';
import { type PageData, packProfile, type SearchSettings } from './page-data.ts';
import { PAGE_SCRIPT } from './script.generated.ts';
import { STYLES } from './styles.ts';

/** Width of the charts before the script has looked, CSS pixels. */
const WIDTH = 760;

export interface PageOptions {
  settings: SearchSettings;
  /** The command that makes this plan, as words. */
  command?: readonly string[];
}

/** The same view and options give the same bytes. */
export function planPage(view: PlanView, { settings, command }: PageOptions): string {
  const { plan, platform } = view;
  const data: PageData = { view: { ...view, profile: packProfile(view.profile) }, settings };
  const name = `${counted(plan.models.length, 'model')} on ${platform.name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeText(policy(PAGE_SCRIPT))}">
<title>${escapeText(name)} – Heterodyne plan</title>
<link rel="icon" href="data:,">
<style>
${STYLES}
</style>
</head>
<body>
<div class="page">
<header>
<p class="eyebrow">Heterodyne plan report</p>
${partMarkup(view, 'headline')}
${partMarkup(view, 'standing')}
<p class="note">Every figure says where it comes from: modelled (computed), imported (from another tool) or measured (on the device).</p>
</header>
<div id="status" role="status" hidden><b>What-if</b><p></p><button type="button" class="reset">Reset</button></div>
<div class="columns">
${controlsMarkup(view, settings)}
<main>
${sectionsMarkup(view, WIDTH, command === undefined ? '' : commandMarkup(command))}
</main>
</div>
</div>
<script type="application/json" id="data">${scriptText(JSON.stringify(data))}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** Nothing is loaded from anywhere, and no other script runs than the page's own. */
function policy(script: string): string {
  const hash = btoa(String.fromCharCode(...sha256(utf8ToBytes(script))));
  return `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'`;
}

/** JSON inside a script element: no sign of it may end the element. */
function scriptText(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function commandMarkup(command: readonly string[]): string {
  return element('h3', {}, 'The same plan again') + element('pre', {}, escapeText(command.map(quoted).join(' ')));
}
