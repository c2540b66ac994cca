/** Instruction sets of this machine that inference runtimes choose their kernels by. */
import { Sysfs } from './clocks/sysfs.ts';

/** Of x86-64 and arm64, as Linux names them: all that changes which kernels and memory layouts a runtime takes. */
const TELLING =
  /^(avx|avx2|avx_vnni|avx512\w+|amx\w+|fma|f16c|sse4_2|asimd|asimdhp|asimddp|i8mm|bf16|sve\w*|fphp|sme(?!p)\w*)$/;

/** Sorted; empty where the system does not tell (other systems than Linux; Deno without `--allow-read=/proc`). */
export function cpuFeatures(files = new Sysfs()): string[] {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(files.read('/proc/cpuinfo') ?? '')?.[1] ?? '';
  return [...new Set(line.split(/\s+/).filter((word) => TELLING.test(word)))].sort();
}
