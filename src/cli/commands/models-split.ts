/** `models split`: the stages of a placement as ONNX files, and the manifest that says how tensors go between them. */
import { join } from 'node:path';
import { readText, refuseOverwrite, writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import { verifyStages } from '../../execution/artefacts/verify-stages.ts';
import { type CuttableModel, type Piece, stageModels } from '../../models/cut.ts';
import { hashBytes } from '../../models/load.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import { type StageManifest, stageManifestDocument } from '../../models/stage-manifest.ts';
import { modelWarnings } from '../../models/warnings.ts';
import { type PlannedStage, planDocument } from '../../planners/schema.ts';
import { splitText } from '../../report/split.ts';
import { type Call, defineCommand } from '../command.ts';
import { ONE_MODEL_OPTIONS, type OpenedModel, openModel } from '../cuttable-choice.ts';
import { wholeNumber } from '../option-values.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { deliver, openFolder } from '../output.ts';
import { startProgress } from '../progress.ts';

const { json, quiet, verbose, progress } = OUTPUT_OPTIONS;

export const modelsSplitCommand = defineCommand({
  options: {
    ...ONE_MODEL_OPTIONS,
    at: { type: 'string', valueHint: 'LIST', description: 'first blocks of the second and later stages: 4,9' },
    plan: { type: 'string', valueHint: 'FILE', description: 'take the stages from a plan document instead' },
    name: { type: 'string', valueHint: 'NAME', description: "the model's name in the plan (its name here)" },
    'out-dir': { type: 'string', valueHint: 'DIR', description: 'folder for the files, made if missing (.)' },
    verify: { type: 'boolean', description: 'run the stages and the whole in ONNX Runtime, and compare their outputs' },
    json: { ...json, description: 'print the stages document alone, the same bytes as in the folder' },
    quiet,
    verbose,
    progress,
  },
  examples: [
    'heterodyne models split squeezenet --at 4,9 --out-dir ./stages --verify',
    'heterodyne models split resnet-50 --plan plan.json --out-dir ./stages',
  ],
  details: [
    'Every stage becomes an ONNX file that any runtime loads; NAME.stages.json says which tensors go from file to file. Block numbers are those of heterodyne models info.',
  ],
  async run(values, call) {
    const folder = values['out-dir'] ?? '.';
    const opened = await openModel(values, call.repeated.shape ?? []);
    const { model, name } = opened;
    const cuts = await chosenCuts(values, opened);
    const pieces = stageModels(model, cuts.cuts);
    const fileOf = (s: number): string => `${name}.stage${s}.onnx`;
    const manifestFile = join(folder, `${name}.stages.json`);
    const inputs = [...opened.inputs, ...(values.plan === undefined ? [] : [values.plan])];
    for (const file of [manifestFile, ...pieces.map((_, s) => join(folder, fileOf(s)))]) {
      await refuseOverwrite(file, inputs, '--out-dir');
    }
    await openFolder('--out-dir', folder);
    const bar = await startProgress(values, call);
    const written: { file: string; bytes: number; sha256: string }[] = [];
    let verified: StageManifest['verified'];
    try {
      for (const [s, piece] of pieces.entries()) {
        call.signal.throwIfAborted();
        bar.update(s / pieces.length, fileOf(s));
        const bytes = writeOnnx(piece.graph, model.weightsOf);
        await writeFileWhole(join(folder, fileOf(s)), bytes, { signal: call.signal });
        written.push({ file: fileOf(s), bytes: bytes.length, sha256: await hashBytes(bytes) });
      }
      if (values.verify) verified = await verify(model, cuts.cuts, call, bar.update);
    } finally {
      bar.end();
    }
    const warnings = modelWarnings([model.blocked]);
    const { blocked } = model;
    const manifest: StageManifest = {
      kind: 'stages',
      schemaVersion: 1,
      name,
      source: blocked.source,
      hash: blocked.hash,
      ...(opened.seed !== undefined && { seed: opened.seed }),
      ...(cuts.planHash !== undefined && { planHash: cuts.planHash }),
      blocks: blocked.blocks.length,
      inputs: blocked.inputs,
      outputs: blocked.outputs,
      stages: pieces.map((piece, s) => stageEntry(piece, written[s]!, cuts.stages?.[s]?.processor, pieces)),
      ...(verified !== undefined && { verified }),
      ...(warnings.length > 0 && { warnings }),
    };
    const text = stageManifestDocument.write(manifest);
    await writeFileWhole(manifestFile, text);
    await deliver(
      { json: text, text: (style) => splitText(manifest, folder, style), warnings },
      { ...values, out: undefined },
      call,
    );
    const failed = verified !== undefined && verified.largestRelativeError > TOLERANCE;
    return failed ? 2 : 0;
  },
});

/** Another order of additions in a float32 sum of a few thousand terms. */
const TOLERANCE = 1e-5;

async function verify(
  model: CuttableModel,
  cuts: readonly number[],
  call: Call,
  update: (share: number, note: string) => void,
): Promise<StageManifest['verified']> {
  const error = await verifyStages(model, cuts, {
    signal: call.signal,
    onProgress: (done, all) => update(done / all, 'comparing with the whole'),
  });
  return {
    bitEqual: error.bitEqual,
    largestRelativeError: error.largestRelative,
    runtime: 'onnxruntime-web, one thread, graph optimisation off',
  };
}

function stageEntry(
  piece: Piece,
  file: { file: string; bytes: number; sha256: string },
  processor: string | undefined,
  pieces: readonly Piece[],
): StageManifest['stages'][number] {
  const maker = (name: string): number | 'caller' => {
    const index = pieces.findIndex(({ outputs }) => outputs.some((output) => output.name === name));
    return index < 0 ? 'caller' : index;
  };
  return {
    ...file,
    firstBlock: piece.firstBlock,
    lastBlock: piece.lastBlock,
    ...(processor !== undefined && { processor }),
    inputs: piece.inputs.map((input) => ({ ...input, from: maker(input.name) })),
    outputs: piece.outputs,
  };
}

interface ChosenCuts {
  cuts: number[];
  stages?: PlannedStage[];
  planHash?: string;
}

async function chosenCuts(
  { at, plan: file, name }: { at?: string; plan?: string; name?: string },
  opened: OpenedModel,
): Promise<ChosenCuts> {
  if ((at === undefined) === (file === undefined)) {
    throw new HeterodyneError(
      'USAGE',
      at === undefined ? 'no cuts are given' : '--at and --plan contradict each other',
      {
        path: at === undefined ? '--at' : '--plan',
        expected: '--at 4,9 or --plan FILE',
        received: at === undefined ? 'neither' : 'both',
      },
    );
  }
  const count = opened.model.blocked.blocks.length;
  if (at !== undefined) {
    return { cuts: at.split(',').map((cut) => wholeNumber(cut, '--at', 1, Math.max(1, count - 1))) };
  }
  const { document: plan } = planDocument.parse(await readText(file!), file!);
  const names = plan.models.map((model) => model.name);
  const wanted = name ?? (names.length === 1 ? names[0]! : opened.name);
  const planned = plan.models.find((model) => model.name === wanted);
  if (planned === undefined) {
    throw new HeterodyneError('USAGE', `${file} plans no model "${wanted}"`, {
      path: '--name',
      expected: `one of ${names.join(', ')}`,
      received: `"${wanted}"`,
    });
  }
  const blocks = planned.stages.at(-1)!.lastBlock + 1;
  if (blocks !== count) {
    throw new HeterodyneError('USAGE', `"${wanted}" is cut otherwise in ${file}`, {
      path: '--plan',
      expected: `${count} blocks, as ${opened.model.blocked.source} has`,
      received: `${blocks} blocks`,
      hint: 'give the same model, --shape, --batch and --cut as to heterodyne plan',
    });
  }
  return {
    cuts: planned.stages.slice(1).map((stage) => stage.firstBlock),
    stages: planned.stages,
    planHash: contentHash(plan),
  };
}
