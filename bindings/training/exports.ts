/** What the training module exports; addresses and steps in bytes. `assembly/training` says what each does. */
export interface TrainingExports extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  matmul(
    a: number,
    aRow: number,
    aDepth: number,
    b: number,
    bRow: number,
    c: number,
    cRow: number,
    rows: number,
    columns: number,
    depth: number,
    accumulate: number,
  ): void;
  matmulRows(
    a: number,
    aRow: number,
    b: number,
    bRow: number,
    c: number,
    cRow: number,
    rows: number,
    columns: number,
    depth: number,
  ): void;
  imageToColumns: ColumnsFunction;
  columnsToImage: ColumnsFunction;
  depthwise(x: number, weights: number, channelStep: number, rowStep: number, y: number, ...shape: Depthwise): void;
  depthwiseInputGradient(
    dy: number,
    weights: number,
    channelStep: number,
    rowStep: number,
    dx: number,
    ...shape: Depthwise
  ): void;
  depthwiseWeightGradient(
    x: number,
    dy: number,
    dw: number,
    channelStep: number,
    rowStep: number,
    ...shape: Depthwise
  ): void;
  channelMoments(x: number, channels: number, columns: number, mean: number, variance: number): void;
  normalize(
    x: number,
    y: number,
    channels: number,
    columns: number,
    mean: number,
    inverse: number,
    gamma: number,
    beta: number,
  ): void;
  normalizeGradient(
    x: number,
    dy: number,
    dx: number,
    channels: number,
    columns: number,
    mean: number,
    inverse: number,
    gamma: number,
    dGamma: number,
    dBeta: number,
  ): void;
  activate(kind: number, x: number, y: number, count: number): void;
  activateGradient(kind: number, x: number, dy: number, dx: number, count: number): void;
  maxPool(x: number, y: number, winners: number, planes: number, ...window: Window): void;
  maxPoolGradient(dy: number, winners: number, dx: number, planes: number, pixels: number, outputs: number): void;
  sumAxis(x: number, y: number, outer: number, length: number, inner: number, factor: number): void;
  spreadAxis(y: number, x: number, outer: number, length: number, inner: number, factor: number): void;
  fill(at: number, count: number, value: number): void;
  add(a: number, b: number, y: number, count: number): void;
  scale(x: number, factor: number, count: number): void;
  addBias(y: number, bias: number, rows: number, columns: number): void;
  sumRows(x: number, sums: number, rows: number, columns: number): void;
  addMasked(x: number, mask: number, y: number, rows: number, columns: number): void;
  sumOfSquares(x: number, count: number): number;
  adam(
    weights: number,
    gradient: number,
    first: number,
    second: number,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    decay: number,
    firstCorrection: number,
    secondCorrection: number,
  ): void;
}

export type Window = [height: number, width: number, kernel: number, stride: number, padding: number];
export type Depthwise = [channels: number, images: number, ...Window];
type ColumnsFunction = (
  image: number,
  columns: number,
  channels: number,
  plane: number,
  height: number,
  width: number,
  kernel: number,
  stride: number,
  padding: number,
  firstLine: number,
  lines: number,
) => void;
