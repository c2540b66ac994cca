/**
 * Does every network compute the same in stages as at once? All of the zoo and all ONNX files of a folder, at random
 * placements each, in ONNX Runtime without rewriting.
 *
 *   npx tsx bench/split-equality.ts [--placements 3] [--models DIR] [NAME ...]
 *
 * Exit code 2 when one differs by more than 1e-5 of its largest output.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { verifyStages } from '../src/execution/artefacts/verify-stages.ts';
import type { CuttableModel } from '../src/models/cut.ts';
import { cuttableOnnx, cuttableZoo } from '../src/models/cuttable.ts';
import { ZOO } from '../src/models/zoo/zoo.ts';
import { Random } from '../src/reference/random.ts';

const TOLERANCE = 1e-5;
/** A device has few processors, and a placement uses each once. */
const MOST_CUTS = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    placements: { type: 'string', default: '3' },
    models: { type: 'string', default: fileURLToPath(new URL('../../shared/data/models/', import.meta.url)) },
  },
});

const files = existsSync(values.models) ? readdirSync(values.models).filter((file) => file.endsWith('.onnx')) : [];
const makers: [string, () => CuttableModel | Promise<CuttableModel>][] = [
  ...ZOO.map(({ name }) => [name, () => cuttableZoo(name)] as [string, () => CuttableModel]),
  ...files.map((file): [string, () => Promise<CuttableModel>] => {
    const source = join(values.models, file);
    return [file, () => cuttableOnnx(new Uint8Array(readFileSync(source)), { name: file, source })];
  }),
];

function drawCuts(random: Random, blocks: number): number[] {
  const cuts = new Set<number>();
  const wanted = Math.min(blocks - 1, 1 + random.below(MOST_CUTS));
  while (cuts.size < wanted) cuts.add(1 + random.below(blocks - 1));
  return [...cuts].sort((a, b) => a - b);
}

let equal = 0;
let all = 0;
let worst = 0;
for (const [name, make] of makers) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const model = await make();
  const random = new Random(33);
  for (let i = 0; i < Number(values.placements); i++) {
    const cuts = drawCuts(random, model.blocked.blocks.length);
    const { bitEqual, largestRelative } = await verifyStages(model, cuts);
    const result = bitEqual ? 'equal to the bit' : `differs by ${largestRelative}`;
    console.log(`${name.padEnd(26)} ${`before ${cuts.join(', ')}`.padEnd(24)} ${result}`);
    all++;
    if (bitEqual) equal++;
    worst = Math.max(worst, largestRelative);
  }
}
console.log(`${equal} of ${all} placements equal to the bit; largest relative difference ${worst}`);
if (worst > TOLERANCE) process.exitCode = 2;
