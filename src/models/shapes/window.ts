/** The arithmetic of sliding windows, shared by convolution and pooling. All lengths in elements of one axis. */
import type { NodeView } from './node.ts';

/** A window along one axis. */
export interface Window {
  kernel: number;
  stride: number;
  dilation: number;
  padBefore: number;
  padAfter: number;
}

/** Elements that a dilated kernel spans. */
export function span(window: Window): number {
  return (window.kernel - 1) * window.dilation + 1;
}

/** An attribute with one number per spatial axis. */
function perAxis(node: NodeView, name: string, rank: number, fallback: number, least: number): readonly number[] {
  const values = node.ints(name);
  if (values === undefined || values.length === 0) return new Array(rank).fill(fallback);
  if (values.length !== rank || values.some((value) => value < least)) {
    node.fail(`attribute "${name}" does not fit`, {
      expected: `${rank} numbers of at least ${least}`,
      received: `[${values.join(', ')}]`,
    });
  }
  return values;
}

/**
 * Kernel, strides, dilations and explicit pads of a convolution or pooling over `rank` spatial axes. `pads` lists all
 * begins, then all ends.
 */
export function readWindows(node: NodeView, kernel: readonly number[]): Window[] {
  const rank = kernel.length;
  const strides = perAxis(node, 'strides', rank, 1, 1);
  const dilations = perAxis(node, 'dilations', rank, 1, 1);
  const pads = node.ints('pads');
  if (pads !== undefined && pads.length !== 0 && pads.length !== 2 * rank) {
    node.fail('attribute "pads" does not fit', { expected: `${2 * rank} numbers`, received: `[${pads.join(', ')}]` });
  }
  return kernel.map((size, i) => ({
    kernel: size,
    stride: strides[i]!,
    dilation: dilations[i]!,
    padBefore: pads?.[i] ?? 0,
    padAfter: pads?.[rank + i] ?? 0,
  }));
}

export function readKernel(node: NodeView, rank: number): readonly number[] {
  const kernel = node.requiredInts('kernel_shape');
  if (kernel.length !== rank || kernel.some((size) => size < 1)) {
    node.fail('attribute "kernel_shape" does not fit', {
      expected: `${rank} positive numbers`,
      received: `[${kernel.join(', ')}]`,
    });
  }
  return kernel;
}

export type AutoPad = 'NOTSET' | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID';

export function readAutoPad(node: NodeView): AutoPad {
  const value = node.string('auto_pad') ?? 'NOTSET';
  if (value === '' || value === 'NOTSET') return 'NOTSET';
  if (value === 'SAME_UPPER' || value === 'SAME_LOWER' || value === 'VALID') return value;
  return node.fail('attribute "auto_pad" is unknown', {
    expected: 'NOTSET, SAME_UPPER, SAME_LOWER or VALID',
    received: value,
  });
}

/**
 * Positions of a window over `size` elements. ONNX Conv and pooling: SAME keeps ceil(size / stride); VALID ignores
 * pads; `ceilMode` also counts a last, partial window unless it would start in the padding after the data.
 */
export function slidePositions(
  node: NodeView,
  size: number,
  window: Window,
  autoPad: AutoPad,
  ceilMode = false,
): number {
  if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') return Math.ceil(size / window.stride);
  const padBefore = autoPad === 'VALID' ? 0 : window.padBefore;
  const padded = size + padBefore + (autoPad === 'VALID' ? 0 : window.padAfter);
  const slack = padded - span(window);
  if (ceilMode) {
    const positions = Math.ceil(slack / window.stride) + 1;
    if (positions > 0) return (positions - 1) * window.stride >= size + padBefore ? positions - 1 : positions;
  }
  if (slack < 0) {
    node.fail('the window is larger than the padded input', {
      expected: `at least ${span(window)} elements`,
      received: `${size} (${padded} with pads)`,
      hint: 'give a larger input shape',
    });
  }
  return Math.floor(slack / window.stride) + 1;
}
