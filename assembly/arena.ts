/**
 * The arena: memory is handed out upwards from the end of the static data. An instance lives as long as one problem or
 * one search and goes as a whole, or gives back what a search took, for the next one on the same problem.
 *
 *   0            __heap_base                 top                memory.size() * 64 KiB
 *   ├─ static ───┼─ handed out ──────────────┼─ free, zero ─────┤
 *
 * Fresh WebAssembly memory is zero, and so is everything that `allocate` returns.
 */

/** Refuse to grow beyond 1 GiB: the largest problem within the stated limits needs less. */
const MAX_BYTES: usize = 1 << 30;

let top: usize = __heap_base;

/** Address of `bytes` zero bytes, aligned to a cache line (64), or 0 when the host has no memory left. */
export function allocate(bytes: usize): usize {
  const address = (top + 63) & ~(<usize>63);
  const end = address + bytes;
  if (end > MAX_BYTES || end < address) return 0;
  const missing = <isize>end - (<isize>memory.size() << 16);
  if (missing > 0 && memory.grow(<i32>((missing + 0xffff) >> 16)) < 0) return 0;
  top = end;
  return address;
}

/** Take back everything from `address` on, and make it zero again. */
export function release(address: usize): void {
  memory.fill(address, 0, top - address);
  top = address;
}

/** Bytes handed out so far. */
export function allocatedBytes(): usize {
  return top - __heap_base;
}
