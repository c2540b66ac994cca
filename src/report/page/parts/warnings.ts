/** What the reader should know before trusting the plan. */
import { element, escapeText } from '../../charts/svg.ts';
import { type Part, paragraph } from './part.ts';

export const WARNINGS: Part = {
  id: 'warnings',
  markup: ({ plan }) => {
    if (plan.warnings.length === 0) return paragraph('None.');
    const items = plan.warnings.map(({ message, path, count }) => {
      const often = count === undefined || count === 1 ? '' : ` (${count} times)`;
      const place = path === undefined ? '' : ` ${element('code', {}, escapeText(path))}`;
      return element('li', {}, `${escapeText(message)}${often}${place}`);
    });
    return element('ul', { class: 'warnings' }, ...items);
  },
};
