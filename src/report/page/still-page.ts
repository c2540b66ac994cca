/**
 * A page without a script, in the dress of the plan's report: what reports of groups and of runs share. Every chart is
 * drawn for a page and for a phone; the style sheet shows one of the two.
 */
import { type Frame, pageFrame } from '../charts/frame.ts';
import { element, escapeText } from '../charts/svg.ts';
import { quoted } from '../command-line.ts';
import { originLabel } from './parts/part.ts';
import { STYLES } from './styles.ts';

/** CSS pixels. */
const WIDE = 760;
const NARROW = 332;
const CHOICE = '.narrow{display:none}@media screen and (max-width:640px){.wide{display:none}.narrow{display:block}}';
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export interface StillPage {
  /** What the page is about, for the window's title. */
  name: string;
  /** Kind of document, as in "Heterodyne run". */
  kind: string;
  headline: string;
  sections: readonly string[];
}

export function stillPage({ name, kind, headline, sections }: StillPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeText(POLICY)}">
<title>${escapeText(name)} – ${kind}</title>
<link rel="icon" href="data:,">
<style>
${STYLES}
.page{max-width:820px}
${CHOICE}
</style>
</head>
<body>
<div class="page">
<header>
<p class="eyebrow">${kind} report</p>
${headline}
</header>
<main>
${sections.join('\n')}
</main>
</div>
</body>
</html>
`;
}

/** @param chip where its figures come from, and what that means */
export function section(
  id: string,
  heading: string,
  chip: { origin: string; meaning: string } | undefined,
  ...content: string[]
): string {
  const label = chip === undefined ? '' : originLabel(chip.origin, chip.meaning);
  return element('section', { id }, element('h2', {}, escapeText(heading), label), ...content);
}

/** A chart at both widths; nothing where it does not apply. */
export function drawnTwice(id: string, caption: string, draw: (frame: Frame) => string | undefined): string {
  const wide = draw(pageFrame(WIDE));
  const narrow = draw({ ...pageFrame(NARROW), prefix: 'narrow-' });
  if (wide === undefined || narrow === undefined) return '';
  return element(
    'figure',
    { 'data-chart': id },
    element('figcaption', {}, escapeText(caption)),
    element('div', { class: 'drawing wide' }, wide),
    element('div', { class: 'drawing narrow' }, narrow),
  );
}

export function warningList(warnings: readonly { message: string }[]): string {
  return element('ul', { class: 'warnings' }, ...warnings.map(({ message }) => element('li', {}, escapeText(message))));
}

/** Names and values; those without a value are left out. */
export function factList(facts: readonly (readonly [name: string, value: string | undefined])[]): string {
  return element(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) =>
      value === undefined ? [] : [element('dt', {}, escapeText(name)), element('dd', {}, escapeText(value))],
    ),
  );
}

/** Nothing where the command is not known. */
export function commandText(heading: string, command: readonly string[]): string {
  if (command.length === 0) return '';
  return element('h3', {}, heading) + element('pre', {}, escapeText(command.map(quoted).join(' ')));
}
