/** Matrix products in float32; twin of assembly/training/matmul.ts. */
import type { MatrixProduct, RowProduct } from '../../core/training.ts';
import { f, laneSum } from './lanes.ts';

export function matmul(memory: Float32Array, product: MatrixProduct): void {
  const { a, aRow, aDepth, b, bRow, c, cRow, rows, columns, depth, accumulate } = product;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = accumulate ? memory[c + i * cRow + j] : 0;
      for (let k = 0; k < depth; k++) sum = f(sum + f(memory[a + i * aRow + k * aDepth] * memory[b + k * bRow + j]));
      memory[c + i * cRow + j] = sum;
    }
  }
}

export function matmulRows(memory: Float32Array, product: RowProduct): void {
  const { a, aRow, b, bRow, c, cRow, rows, columns, depth } = product;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      memory[c + i * cRow + j] += laneSum(depth, (k) => f(memory[a + i * aRow + k] * memory[b + j * bRow + k]));
    }
  }
}
