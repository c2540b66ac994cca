/**
 * The platform document: what a device is made of, in numbers, and where each number comes from.
 *
 *   resources    what is shared and can be busy: core groups, GPUs, accelerators, links, DRAM
 *   processors   what can run a block; each `uses` resources, so that two processors may overlap
 *   links, copy  how tensors travel between processors
 *   clockDomains what can be slowed down or switched off; all other figures hold at the highest clocks, all cores on
 *   provenance   the source of every number, as patterns over JSON pointers
 */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { checkPlatform } from './check.ts';
import { PRECISIONS } from './precision.ts';

/** Operator classes that a cost model tells apart; the same list as that of the models. */
export const EFFICIENCY_CLASSES = [
  'conv',
  'depthwise',
  'gemm',
  'pool',
  'elementwise',
  'normalization',
  'recurrent',
  'movement',
] as const;
export type EfficiencyClass = (typeof EFFICIENCY_CLASSES)[number];

const RESOURCE_KINDS = ['core-group', 'gpu', 'npu', 'dla', 'vpu', 'link', 'dram'] as const;
export const PROCESSOR_KINDS = ['cpu', 'gpu', 'npu', 'dla', 'vpu'] as const;

/** How far a source can be trusted. `stated` by the maker, `measured` by someone named, `estimated` here, `unverified`. */
const RELIABILITIES = ['stated', 'measured', 'estimated', 'unverified'] as const;

const id = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/);
const positive = z.number().gt(0);
const notNegative = z.number().min(0);
const fraction = z.number().gt(0).max(1);

const resourceSchema = z.strictObject({
  id,
  kind: z.enum(RESOURCE_KINDS),
  name: z.string().optional(),
  cores: z.int().min(1).optional().describe('Cores of a core group.'),
  bandwidthBytesPerS: positive.optional().describe('Of a link or DRAM.'),
  memoryBytes: positive.optional().describe('Of DRAM: shared by all processors that use it.'),
});

const processorSchema = z.strictObject({
  id,
  name: z.string(),
  kind: z.enum(PROCESSOR_KINDS),
  uses: z
    .array(id)
    .min(1)
    .describe('Resources that are busy while the processor works: compute resources, and the DRAM behind it.'),
  peakOpsPerS: z
    .strictObject({
      float32: positive.optional(),
      float16: positive.optional(),
      int8: positive.optional(),
    })
    .describe('Operations/s (2 per multiply-accumulate) by number format; a format that is absent is not supported.'),
  nativePrecision: z
    .enum(PRECISIONS)
    .describe('Format in which the processor runs a float model that nobody quantised.'),
  efficiency: z
    .strictObject({
      conv: fraction,
      depthwise: fraction,
      gemm: fraction,
      pool: fraction,
      elementwise: fraction,
      normalization: fraction,
      recurrent: fraction,
      movement: fraction,
    })
    .describe('Share of the peak that well-written kernels reach, by operator class.'),
  bandwidthBytesPerS: positive.describe('Bytes/s that the processor alone draws from memory.'),
  launchOverheadMs: notNegative.describe('Fixed cost of starting one operator.'),
  memoryBytes: positive.optional().describe('Memory of its own, or the most that it may occupy of a shared one.'),
  maxModels: z.int().min(1).optional().describe('Most models resident at once.'),
  supportedOperators: z
    .array(z.string())
    .optional()
    .describe('Operator types that it can run; absent = all, less unsupportedOperators.'),
  unsupportedOperators: z.array(z.string()).optional(),
  activeWatts: notNegative.optional().describe('Watts above the idle device while it works.'),
  dispatch: z
    .strictObject({ resource: id, share: notNegative.max(1) })
    .optional()
    .describe(
      'Core group whose clock sets the pace of this share of the launch overhead; the rest is constant. Absent = a CPU follows its own clock, any other processor none.',
    ),
  execution: z
    .strictObject({
      runtime: z.enum(['native', 'wasm']).describe('native: onnxruntime-node; wasm: onnxruntime-web.'),
      provider: z.string().optional().describe('Execution provider of the native runtime; absent = cpu.'),
      cores: z.array(z.int().min(0)).min(1).describe('Logical processors that its process is held to.'),
      threads: z.int().min(1).describe('Threads of one operator.'),
    })
    .optional()
    .describe('How the machine at hand carries it; absent = it is described, not at hand.'),
  off: z.literal(true).optional().describe('Switched off at this operating point: runs nothing.'),
});

const linkSchema = z.strictObject({
  from: id,
  to: id,
  resource: id
    .optional()
    .describe('Resource that is busy during the transfer; absent = what the receiving processor uses.'),
  bandwidthBytesPerS: positive.optional(),
  latencyMs: notNegative,
  bidirectional: z.boolean().optional().describe('true: the same in the other direction.'),
});

const coreStatesSchema = z.strictObject({
  choice: z.enum(['count', 'mask']).describe('count: the first n cores are on; mask: any set of cores.'),
  alwaysOn: z
    .int()
    .min(0)
    .describe('So many first cores cannot be switched off; 0 = the whole domain can be, which stops its clock.'),
});

const clockDomainSchema = z.strictObject({
  id,
  name: z.string().optional(),
  resources: z.array(id).min(1).describe('Resources that this clock drives; their cores are numbered in this order.'),
  frequencyHz: z.array(positive).min(1).describe('Legal frequencies, ascending.'),
  enumeratedHz: z
    .array(positive)
    .min(1)
    .optional()
    .describe('The part of them that numbered operating points run through, the highest included; absent = all.'),
  coreStates: coreStatesSchema.optional().describe('Cores that can be switched off; absent = all are always on.'),
  volts: z.array(positive).optional().describe('Supply voltage at each frequency, in the same order.'),
  watts: z
    .array(notNegative)
    .optional()
    .describe('Watts of the domain at full load at each frequency, in the same order.'),
  idleWatts: z
    .array(notNegative)
    .optional()
    .describe('Its part of power.idleWatts at each frequency, in the same order, while any of its cores is on.'),
  bandwidthShare: z
    .array(fraction)
    .optional()
    .describe(
      'Of a memory clock: bandwidth at each frequency, as a share of that at the highest; absent = proportional.',
    ),
  actuationDelayMs: notNegative.describe('Time from a request until the new frequency holds.'),
  stallMs: notNegative.optional().describe('How long work stands still during the change.'),
});

/** Clocks and cores of one setting of the device: what plans carry, too. */
export const operatingPointSchema = z.strictObject({
  id: z.string().min(1).describe('max, a name that the platform gives, or the settings that differ from max.'),
  frequencyHz: z.record(z.string(), positive).describe('By clock domain; a domain that is off has no entry.'),
  cores: z
    .record(z.string(), z.array(z.int().min(0)))
    .optional()
    .describe('By clock domain with cores to switch: those that are on; an empty list = off.'),
});
export type OperatingPoint = z.infer<typeof operatingPointSchema>;

const namedPointSchema = z.strictObject({
  id,
  name: z.string().optional(),
  frequencyHz: z.record(z.string(), positive).describe('By clock domain; a domain without an entry is at its highest.'),
  cores: z
    .record(z.string(), z.union([z.int().min(0), z.array(z.int().min(0))]))
    .optional()
    .describe('By clock domain: how many first cores are on, or which; a domain without an entry has all on.'),
});

const powerSchema = z.strictObject({
  idleWatts: notNegative.optional().describe('The whole device, idle.'),
  rails: z.array(z.strictObject({ id, name: z.string(), measures: z.array(id) })).optional(),
});

const sourceSchema = z.strictObject({
  id,
  title: z.string(),
  reliability: z.enum(RELIABILITIES),
});

const provenanceSchema = z.strictObject({
  path: z
    .string()
    .regex(/^(\/[^/]*)+$/)
    .describe(
      'JSON pointer, where an array entry may be named by its id; * stands for one segment, a final ** for any rest. A later entry overrides an earlier one.',
    ),
  source: id,
  note: z.string().optional(),
});

const shape = {
  id,
  name: z.string(),
  resources: z.array(resourceSchema).min(1),
  processors: z.array(processorSchema).min(1),
  links: z.array(linkSchema).optional(),
  copy: z
    .strictObject({ bandwidthBytesPerS: positive.optional(), latencyMs: notNegative })
    .optional()
    .describe('Transfers between processors that no link joins: a copy that the receiver pays.'),
  clockDomains: z.array(clockDomainSchema).optional(),
  operatingPoints: z.array(namedPointSchema).optional().describe('Settings that have a name, such as power modes.'),
  operatingPoint: operatingPointSchema
    .optional()
    .describe('Present where all figures are those of this setting; absent = all clocks at their highest.'),
  power: powerSchema.optional(),
  sources: z.array(sourceSchema).optional(),
  provenance: z.array(provenanceSchema).optional(),
};

export type Platform = DocumentFrom<'platform', typeof shape>;
export type Resource = Platform['resources'][number];
export type Processor = Platform['processors'][number];
export type ClockDomain = NonNullable<Platform['clockDomains']>[number];
export type NamedPoint = NonNullable<Platform['operatingPoints']>[number];

export const platformDocument = defineDocument({
  kind: 'platform',
  schemaVersion: 1,
  title: 'Heterodyne platform: the processors, links, memory and power of one device',
  shape,
  check: checkPlatform,
});
