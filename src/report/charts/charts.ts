/** All charts of a plan, in the order in which a reader wants them. */
import type { Drawing, Frame } from './frame.ts';
import { PAPER_FRAME } from './frame.ts';
import { ganttChart, ganttTitle } from './gantt.ts';
import { heatMapChart, heatMapPieces, heatMapTitle } from './heat-map.ts';
import { memoryChart, memoryTitle } from './memory.ts';
import type { PlanView } from './plan-view.ts';
import { progressChart, progressTitle } from './progress.ts';
import { scoreChart, scoreTitle } from './score.ts';
import { throughputChart, throughputTitle } from './throughput.ts';
import { utilizationChart, utilizationTitle } from './utilization.ts';

export interface Chart {
  /** Also the name of its file. */
  id: string;
  /** What it shows, with unit. */
  title(view: PlanView): string;
  draw(view: PlanView, frame: Frame): string;
  /** The same in pieces, between which a page may break; absent = in one. */
  pieces?(view: PlanView, frame: Frame): Drawing[];
}

export const CHARTS: readonly Chart[] = [
  { id: 'score', title: scoreTitle, draw: scoreChart },
  { id: 'gantt', title: ganttTitle, draw: ganttChart },
  { id: 'utilization', title: utilizationTitle, draw: utilizationChart },
  { id: 'memory', title: memoryTitle, draw: memoryChart },
  { id: 'throughput', title: throughputTitle, draw: throughputChart },
  { id: 'progress', title: progressTitle, draw: progressChart },
  { id: 'heat-map', title: heatMapTitle, draw: heatMapChart, pieces: heatMapPieces },
];

/** Every chart as an SVG file for a paper, one column wide: file name and content. */
export function chartFiles(view: PlanView): { name: string; content: string }[] {
  return CHARTS.map(({ id, draw }) => ({
    name: `${id}.svg`,
    content: `<?xml version="1.0" encoding="UTF-8"?>\n${draw(view, PAPER_FRAME)}\n`,
  }));
}
