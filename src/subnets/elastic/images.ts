/**
 * Images that the project draws itself: twelve kinds of shapes and textures in random colours, places, sizes and tilts,
 * crossed by strokes and covered with noise. An image is described by numbers from its seed alone, so that it can be
 * drawn at any size; the noise is drawn per pixel.
 */
import { Random } from '../../reference/random.ts';

export const CLASSES = [
  'disc',
  'ring',
  'square',
  'frame',
  'triangle',
  'plus',
  'half-disc',
  'two-discs',
  'bars',
  'slanted-bars',
  'checkers',
  'dots',
] as const;

export interface LabelledImages {
  /** [3][count][size][size], about 0 on average. */
  images: Float32Array;
  labels: Uint8Array;
  count: number;
  size: number;
}

/** How much noise covers an image: standard deviation, where colours differ by about 1. */
const NOISE = 0.3;
const STROKES = 2;

interface Description {
  label: number;
  x: number;
  y: number;
  /** Half the extent, of a picture from -1 to 1. */
  radius: number;
  cos: number;
  sin: number;
  /** Bars, squares or dots across the picture. */
  repeats: number;
  phase: number;
  front: number[];
  back: number[];
  /** Lines a x + b y = c with half their width and a colour. */
  strokes: { a: number; b: number; c: number; half: number; colour: number[] }[];
}

/** `count` images from number `first` on; number i is the same picture in every call and at every size. */
export function drawImages(seed: number, first: number, count: number, size: number): LabelledImages {
  const images = new Float32Array(3 * count * size * size);
  const labels = new Uint8Array(count);
  const plane = size * size;
  for (let n = 0; n < count; n++) {
    const description = describe(new Random(mixed(seed, first + n)));
    const noise = new Random(mixed(seed ^ 0x5bd1e995, (first + n) * 64 + size));
    labels[n] = description.label;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const colour = colourAt(description, ((j + 0.5) / size) * 2 - 1, ((i + 0.5) / size) * 2 - 1);
        for (let c = 0; c < 3; c++) {
          images[(c * count + n) * plane + i * size + j] = colour[c] + NOISE * gaussian(noise);
        }
      }
    }
  }
  return { images, labels, count, size };
}

/** Rows n of a batch as [count][3][size][size], as ONNX models take them. */
export function toBatchFirst({ images, count, size }: LabelledImages): Float32Array {
  const plane = size * size;
  const out = new Float32Array(images.length);
  for (let c = 0; c < 3; c++) {
    for (let n = 0; n < count; n++) {
      out.set(images.subarray((c * count + n) * plane, (c * count + n + 1) * plane), (n * 3 + c) * plane);
    }
  }
  return out;
}

function mixed(seed: number, number: number): number {
  return (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0;
}

/** Sum of four uniform numbers: close enough to a normal one, with no more than arithmetic. */
function gaussian(random: Random): number {
  return (random.unit() + random.unit() + random.unit() + random.unit() - 2) * 1.7320508;
}

function describe(random: Random): Description {
  const between = (low: number, high: number) => low + (high - low) * random.unit();
  const label = random.below(CLASSES.length);
  // A tilt of at most 25 degrees without sine and cosine: t is the tangent of half of it.
  const t = between(-0.22, 0.22);
  const back = [0, 1, 2].map(() => between(-0.8, 0.8));
  const away = between(0.5, 1.1) * (random.below(2) === 0 ? 1 : -1);
  return {
    label,
    x: between(-0.25, 0.25),
    y: between(-0.25, 0.25),
    radius: between(0.45, 0.75),
    cos: (1 - t * t) / (1 + t * t),
    sin: (2 * t) / (1 + t * t),
    repeats: between(2, 4),
    phase: random.unit(),
    front: back.map((value) => value + away * between(0.6, 1.2)),
    back,
    strokes: Array.from({ length: random.below(STROKES + 1) }, () => {
      const u = between(-1, 1);
      const norm = 1 / (1 + u * u);
      return {
        a: (1 - u * u) * norm,
        b: 2 * u * norm,
        c: between(-0.8, 0.8),
        half: between(0.02, 0.06),
        colour: [0, 1, 2].map(() => between(-1, 1)),
      };
    }),
  };
}

function colourAt(d: Description, px: number, py: number): number[] {
  for (const { a, b, c, half, colour } of d.strokes) {
    if (Math.abs(a * px + b * py - c) < half) return colour;
  }
  const dx = (px - d.x) / d.radius;
  const dy = (py - d.y) / d.radius;
  const u = dx * d.cos + dy * d.sin;
  const v = dy * d.cos - dx * d.sin;
  return inside(d, u, v) ? d.front : d.back;
}

/** Whether (u, v), the shape's own coordinates from -1 to 1, is on it. */
function inside({ label, repeats, phase }: Description, u: number, v: number): boolean {
  const square = Math.max(Math.abs(u), Math.abs(v));
  const distance = u * u + v * v;
  const stripe = (x: number) => (((x * repeats * 0.5 + phase) % 1) + 1) % 1;
  switch (CLASSES[label]) {
    case 'disc':
      return distance < 1;
    case 'ring':
      return distance < 1 && distance > 0.36;
    case 'square':
      return square < 0.9;
    case 'frame':
      return square < 0.95 && square > 0.55;
    case 'triangle':
      return v < 0.85 && v > -1 && Math.abs(u) < (v + 1) * 0.55;
    case 'plus':
      return square < 1 && (Math.abs(u) < 0.32 || Math.abs(v) < 0.32);
    case 'half-disc':
      return distance < 1.1 && v > 0;
    case 'two-discs':
      return (u - 0.55) ** 2 + v * v < 0.22 || (u + 0.55) ** 2 + v * v < 0.22;
    case 'bars':
      return stripe(v) < 0.5 && square < 1.4;
    case 'slanted-bars':
      return stripe((u + v) * 0.75) < 0.5 && square < 1.4;
    case 'checkers':
      return stripe(u) < 0.5 !== stripe(v) < 0.5 && square < 1.4;
    default:
      return (stripe(u) - 0.5) ** 2 + (stripe(v) - 0.5) ** 2 < 0.09 && square < 1.4;
  }
}
