/** SVG plots of the control study, drawn by hand: misses against energy, and the ladder's replay. */

interface Series {
  name: string;
  points: { x: number; y: number }[];
}

interface Plot {
  title: string;
  xLabel: string;
  yLabel: string;
  series: Series[];
  /** Draw lines between points. */
  lines?: boolean;
  /** x = sqrt(value): zero stays visible beside large values. */
  rootX?: boolean;
  /** Horizontal marks. */
  marks?: { y: number; name: string }[];
  xMost?: number;
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 64;
const RIGHT = 150;
const TOP = 30;
const BOTTOM = 44;
const COLOURS = [
  '#0b6e4f',
  '#c8553d',
  '#3d5a80',
  '#9a8c98',
  '#e0a030',
  '#6a4c93',
  '#2a9d8f',
  '#b5179e',
  '#555555',
  '#8ab17d',
  '#1d3557',
];
const SHAPES = ['circle', 'square', 'diamond'] as const;

export function plotSvg(plot: Plot): string {
  const all = plot.series.flatMap(({ points }) => points);
  const root = (x: number) => (plot.rootX ? Math.sqrt(x) : x);
  const xMost = plot.xMost ?? Math.max(...all.map(({ x }) => x), 1e-9);
  const ys = [...all.map(({ y }) => y), ...(plot.marks ?? []).map(({ y }) => y)];
  const yLeast = Math.min(...ys) * 0.95;
  const yMost = Math.max(...ys) * 1.03;
  const xAt = (x: number) => LEFT + ((WIDTH - LEFT - RIGHT) * root(x)) / root(xMost);
  const yAt = (y: number) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (y - yLeast)) / (yMost - yLeast);
  const body: string[] = [];
  const text = (x: number, y: number, value: string, rest = '') =>
    body.push(`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${rest}>${escaped(value)}</text>`);
  text(8, 18, plot.title, 'font-size="12"');
  for (let i = 0; i <= 4; i++) {
    const y = yLeast + ((yMost - yLeast) * i) / 4;
    body.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${yAt(y).toFixed(1)}" y2="${yAt(y).toFixed(1)}" stroke="#ddd"/>`,
    );
    text(LEFT - 6, yAt(y) + 4, short(y), 'text-anchor="end"');
    const x = plot.rootX ? xMost * (i / 4) ** 2 : (xMost * i) / 4;
    text(xAt(x), HEIGHT - BOTTOM + 16, short(x), 'text-anchor="middle"');
  }
  text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, plot.xLabel, 'text-anchor="middle"');
  body.push(
    `<text transform="translate(14 ${(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">${escaped(plot.yLabel)}</text>`,
  );
  for (const { y, name } of plot.marks ?? []) {
    body.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${yAt(y).toFixed(1)}" y2="${yAt(y).toFixed(1)}" stroke="#333" stroke-dasharray="5 3"/>`,
    );
    text(WIDTH - RIGHT + 6, yAt(y) + 4, name);
  }
  plot.series.forEach(({ name, points }, s) => {
    const colour = COLOURS[s % COLOURS.length];
    const shape = SHAPES[Math.floor(s / 4) % SHAPES.length];
    if (plot.lines) {
      const path = points.map(({ x, y }) => `${xAt(x).toFixed(1)},${yAt(y).toFixed(1)}`).join(' ');
      body.push(`<polyline fill="none" stroke="${colour}" stroke-width="1.2" points="${path}"/>`);
    } else for (const { x, y } of points) body.push(mark(shape, xAt(x), yAt(y), colour));
    const legend = TOP + 14 + 17 * s;
    body.push(mark(shape, WIDTH - RIGHT + 14, legend - 4, colour));
    text(WIDTH - RIGHT + 24, legend, name);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11" role="img" aria-label="${escaped(plot.title)}"><rect width="100%" height="100%" fill="#fff"/>
${body.join('\n')}
</svg>
`;
}

function mark(shape: (typeof SHAPES)[number], x: number, y: number, colour: string): string {
  const at = `${x.toFixed(1)} ${y.toFixed(1)}`;
  if (shape === 'circle') return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="${colour}"/>`;
  const turn = shape === 'diamond' ? ' rotate(45)' : '';
  return `<rect x="-3.5" y="-3.5" width="7" height="7" transform="translate(${at})${turn}" fill="${colour}"/>`;
}

function short(value: number): string {
  return value === 0 ? '0' : value >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, '');
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
