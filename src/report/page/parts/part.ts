/** A part of the page: markup that follows from the view, and is written anew when the view changes. */
import type { PlanView } from '../../charts/plan-view.ts';
import { element, escapeText } from '../../charts/svg.ts';

export interface Part {
  id: string;
  markup(view: PlanView): string;
}

export function paragraph(text: string, className?: string): string {
  return element('p', { class: className }, escapeText(keepUnits(text)));
}

/** A number and its unit stay on one line. */
function keepUnits(text: string): string {
  return text.replace(/(\d) (?=%|(?:ms|s|mJ|[kMG]?B)(?!\w))/g, '$1\u00a0');
}

/** A table whose first column names the rows. Cells are markup. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cell = (name: 'th' | 'td', content: string, c: number, scope?: string) =>
    element(
      name,
      {
        scope,
        class: columns[c]?.number ? 'number' : undefined,
        // Stands before the cell where there is no room for columns.
        'data-title': name === 'td' ? columns[c]?.title : undefined,
      },
      content,
    );
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', {}, escapeText(caption)),
      element(
        'thead',
        {},
        element('tr', {}, ...columns.map(({ title }, c) => cell('th', escapeText(title), c, 'col'))),
      ),
      element(
        'tbody',
        {},
        ...rows.map((row) =>
          element(
            'tr',
            {},
            ...row.map((content, c) => (c === 0 ? cell('th', content, c, 'row') : cell('td', content, c))),
          ),
        ),
      ),
    ),
  );
}

export interface Column {
  title: string;
  /** Aligned to the right. */
  number?: boolean;
}

/** The word that stands beside every figure: where it comes from. */
export function originLabel(word: string, explanation: string): string {
  return element('span', { class: 'origin', title: explanation }, escapeText(word));
}
