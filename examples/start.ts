/**
 * The first look at Heterodyne (`npm start`): writes four networks as ONNX files and plans them for one board. It runs
 * nothing but the commands that it prints.
 */
import process from 'node:process';
import { runProgram } from '../src/cli/program.ts';
import { processSession } from '../src/cli/session.ts';

const FOLDER = 'build/models';
const NETWORKS = ['alexnet', 'mobilenet-v1', 'resnet-50', 'squeezenet'];

const PLAN = [
  'plan',
  '--platform',
  'hikey970',
  '--models',
  NETWORKS.map((name) => `${FOLDER}/${name}.onnx`).join(','),
  '--evaluations',
  '2000',
];

/** The mean rate may starve a model; the geometric mean shares more evenly. */
const COMMANDS = [
  ['models', 'export', NETWORKS.join(','), '--out-dir', FOLDER],
  PLAN,
  [...PLAN, '--objective', 'geometric-mean'],
];

const session = processSession();
for (const words of COMMANDS) {
  session.out.write(`$ npx heterodyne ${words.join(' ')}\n`);
  process.exitCode = await runProgram(words, session);
  if (process.exitCode !== 0) break;
  session.out.write('\n');
}
