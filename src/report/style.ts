/** How a stream shows text. Decided by the command line, once per stream; reports only obey. */
import * as ansi from 'deno-std/fmt/colors.js';

export interface TextStyle {
  color: boolean;
  /** Arrows, bars and ellipses; otherwise ASCII. */
  unicode: boolean;
  /** Columns to fit into. */
  width: number;
}

/** Text without colour, in ASCII, for files and tests. */
export const PLAIN: TextStyle = { color: false, unicode: false, width: 100 };

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const unpainted = (text: string): string => text;

/** The colours of a style, or none. */
export function paint(style: TextStyle): Paint {
  if (!style.color) {
    return {
      bold: unpainted,
      dim: unpainted,
      red: unpainted,
      green: unpainted,
      yellow: unpainted,
      cyan: unpainted,
    };
  }
  ansi.setColorEnabled(true);
  return ansi;
}

/** Signs that have an ASCII stand-in. */
export function signs(style: TextStyle): {
  arrow: string;
  dash: string;
  times: string;
  ellipsis: string;
  line: string;
} {
  return style.unicode
    ? { arrow: '→', dash: '–', times: '×', ellipsis: '…', line: '─' }
    : { arrow: '->', dash: '-', times: 'x', ellipsis: '...', line: '-' };
}
