/** What the drawing of the steady state cannot keep of the plan. */
import { shownTimeline } from '../../charts/gantt.ts';
import { element, escapeText } from '../../charts/svg.ts';
import type { Part } from './part.ts';

/** About the part of time that is shown, which the axis says already. */
const ABOUT_THE_WINDOW = new Set(['WINDOW_SHORT', 'WARM_UP_SHORT']);
const WIDTH = 760;

export const COURSE: Part = {
  id: 'course',
  markup: (view) => {
    const warnings = shownTimeline(view, WIDTH).warnings.filter(({ code }) => !ABOUT_THE_WINDOW.has(code));
    if (warnings.length === 0) return '';
    return element(
      'ul',
      { class: 'warnings' },
      ...warnings.map(({ message }) => element('li', {}, escapeText(message))),
    );
  },
};
