/**
 * Colours by role. Files get fixed colours; the page gets custom properties, so that one drawing serves light, dark
 * and print. Fills are Paul Tol's "light" scheme (technical note SRON/EPS/TN/09-002, issue 3.2): told apart with the
 * common colour deficiencies, and light enough for black text on each. Colour never stands alone: every model also has
 * a number, every ninth shares its fill with another texture, lines differ in dashes and carry their names.
 */

/** Models told apart by colour before a texture is added. */
export const FILLS = [
  '#77aadd',
  '#ee8866',
  '#eedd88',
  '#ffaabb',
  '#99ddff',
  '#44bb99',
  '#bbcc33',
  '#aaaa00',
  '#dddddd',
];

/** Steps of the heat map, cheap to dear: lightness falls (on white) or rises (on black) evenly. */
const HEAT_LIGHT = ['#f1f6fb', '#dbe8f4', '#bdd5ea', '#97bcdc', '#6d9fca', '#4680b3', '#2a6096', '#174474', '#0a2a4f'];
const HEAT_DARK = ['#16202c', '#1b2d42', '#203c5b', '#274d77', '#316295', '#437bb3', '#649acb', '#95bfe2', '#d0e5f7'];
const HEAT_INK_LIGHT = ['#000', '#000', '#000', '#000', '#000', '#fff', '#fff', '#fff', '#fff'];
const HEAT_INK_DARK = ['#fff', '#fff', '#fff', '#fff', '#fff', '#000', '#000', '#000', '#000'];

export const HEAT_STEPS = HEAT_LIGHT.length;

export interface Palette {
  paper: string;
  ink: string;
  /** Text of second rank. */
  faint: string;
  /** Grid lines and empty tracks. */
  rule: string;
  /** The plan itself, and what it is compared with. */
  accent: string;
  other: string;
  /** Limits: bounds, capacities. */
  limit: string;
  /** The placement drawn into the cost table, and the halo around it. */
  path: string;
  halo: string;
  /** Outline of a fill. */
  edge: string;
  fills: readonly string[];
  onFill: string;
  heat: readonly string[];
  onHeat: readonly string[];
  /** What cannot run. */
  hatch: string;
}

export const LIGHT: Palette = {
  paper: '#ffffff',
  ink: '#1a1d21',
  faint: '#565d66',
  rule: '#dfe3e8',
  accent: '#0b62a8',
  other: '#a3abb5',
  limit: '#b0330f',
  path: '#b0330f',
  halo: '#ffffff',
  edge: '#4a5058',
  fills: FILLS,
  onFill: '#000000',
  heat: HEAT_LIGHT,
  onHeat: HEAT_INK_LIGHT,
  hatch: '#9aa2ab',
};

export const DARK: Palette = {
  paper: '#14171a',
  ink: '#e8eaed',
  faint: '#a5adb7',
  rule: '#343a41',
  accent: '#62b0f0',
  other: '#6c757f',
  limit: '#ff9b70',
  path: '#ff9b70',
  halo: '#14171a',
  edge: '#14171a',
  fills: FILLS,
  onFill: '#000000',
  heat: HEAT_DARK,
  onHeat: HEAT_INK_DARK,
  hatch: '#5d656e',
};

/** Each colour as `var(--name)`. */
export const PAGE: Palette = named((name) => `var(--${name})`);

/** Declarations of the custom properties that `PAGE` uses. */
export function declarations(palette: Palette): string {
  const lines: string[] = [];
  named((name, pick) => {
    lines.push(`--${name}:${pick(palette)}`);
    return name;
  });
  return lines.join(';');
}

function named(nameOf: (name: string, pick: (palette: Palette) => string) => string): Palette {
  const one = (role: Exclude<keyof Palette, 'fills' | 'heat' | 'onHeat'>) => nameOf(role, (palette) => palette[role]);
  const list = (role: 'fills' | 'heat' | 'onHeat') =>
    LIGHT[role].map((_, i) => nameOf(`${role}${i}`, (palette) => palette[role][i] as string));
  return {
    paper: one('paper'),
    ink: one('ink'),
    faint: one('faint'),
    rule: one('rule'),
    accent: one('accent'),
    other: one('other'),
    limit: one('limit'),
    path: one('path'),
    halo: one('halo'),
    edge: one('edge'),
    fills: list('fills'),
    onFill: one('onFill'),
    heat: list('heat'),
    onHeat: list('onHeat'),
    hatch: one('hatch'),
  };
}
