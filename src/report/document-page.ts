/**
 * The page of a document whose command writes none of its own: what the command prints, with its charts and warnings, in
 * the dress of the plan's report.
 */
import type { Warning } from '../documents/warnings.ts';
import { type Frame, PAPER_FRAME } from './charts/frame.ts';
import { element, escapeText } from './charts/svg.ts';
import { drawnTwice, factList, section, stillPage, warningList } from './page/still-page.ts';

export interface DocumentChart {
  /** Also the name of its file. */
  id: string;
  title: string;
  draw(frame: Frame): string;
}

export interface ShownDocument {
  /** As in "Heterodyne profile". */
  kind: string;
  /** What it is about: the heading of the page. */
  name: string;
  /** As the command prints it, without colour. */
  text: string;
  charts: readonly DocumentChart[];
  warnings: readonly Pick<Warning, 'message'>[];
  /** Of the document. */
  hash: string;
}

/** The same document gives the same bytes. */
export function documentPage({ kind, name, text, charts, warnings, hash }: ShownDocument): string {
  const sections = [
    ...(charts.length === 0
      ? []
      : [section('charts', 'Charts', undefined, ...charts.map(({ id, title, draw }) => drawnTwice(id, title, draw)))]),
    section('figures', 'Figures', undefined, element('pre', { class: 'columns' }, escapeText(text))),
    ...(warnings.length === 0 ? [] : [section('warnings', 'Warnings', undefined, warningList(warnings))]),
    section('provenance', 'Provenance', undefined, factList([['document hash', hash]])),
  ];
  const headline = element('h1', {}, escapeText(name));
  return stillPage({ name, kind: `Heterodyne ${kind}`, headline, sections });
}

/** Every chart as an SVG file for a paper, one column wide. */
export function documentChartFiles(charts: readonly DocumentChart[]): { name: string; content: string }[] {
  return charts.map(({ id, draw }) => ({
    name: `${id}.svg`,
    content: `<?xml version="1.0" encoding="UTF-8"?>\n${draw(PAPER_FRAME)}\n`,
  }));
}
