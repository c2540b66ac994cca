/** Options that several commands share, declared once. */
import { ZOO } from '../models/zoo/zoo.ts';
import { platformIds } from '../platforms/registry.ts';
import type { Options } from './command.ts';

/** How results, progress and messages come out. */
export const OUTPUT_OPTIONS = {
  out: {
    type: 'string',
    alias: 'o',
    valueHint: 'FILE',
    description: 'write the JSON document to FILE, whole or not at all; - means standard output',
  },
  json: { type: 'boolean', description: 'print the JSON document alone, the same bytes that --out writes' },
  quiet: { type: 'boolean', description: 'print no progress and no warnings' },
  verbose: { type: 'boolean', description: 'tell on standard error what was done, and how long it took' },
  progress: { type: 'boolean', default: true, negativeDescription: 'draw no progress bar, not even on a terminal' },
} as const satisfies Options;

export const SEED_OPTION = {
  seed: {
    type: 'string',
    valueHint: 'N',
    description: 'seed of all random choices, 0 to 4294967295; the same seed gives the same bytes (1)',
  },
} as const satisfies Options;

export const PLATFORM_OPTION = {
  platform: {
    type: 'string',
    valueHint: 'ID|FILE',
    known: platformIds,
    description: 'a known platform (heterodyne platforms list), host, or a platform document',
  },
} as const satisfies Options;

/** Which models, and in which form. */
export const MODEL_OPTIONS = {
  models: {
    type: 'string',
    valueHint: 'LIST',
    repeatable: true,
    known: () => ZOO.map(({ name }) => name),
    description:
      'ONNX files and zoo names, with commas between: alexnet,./my.onnx; NAME=MODEL gives a name, MODEL*2 takes it twice',
  },
  shape: {
    type: 'string',
    valueHint: '[MODEL:]INPUT=1x3x224x224',
    repeatable: true,
    description: 'shape of an input with open dimensions; may be repeated',
  },
  batch: { type: 'string', valueHint: 'N', description: 'size of open batch dimensions (1)' },
  cut: {
    type: 'string',
    valueHint: 'block|operator|N',
    description: 'where models may be cut: between building blocks, operators, or into at most N blocks (block)',
  },
} as const satisfies Options;

export const WORKLOAD_OPTION = {
  workload: {
    type: 'string',
    valueHint: 'FILE',
    description: 'workload document instead of --models: with rates, deadlines, priorities; paths are relative to FILE',
  },
} as const satisfies Options;

/** The values of {@link OUTPUT_OPTIONS}. */
export interface OutputSettings {
  out?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  progress: boolean;
}
