/** The workload document: the models that run together, and what is asked of each. */
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { PRECISIONS } from '../platforms/precision.ts';

const positive = z.number().gt(0);

/** `native`: every processor computes in the format it prefers for a float model (`nativePrecision`). */
export const WORKLOAD_PRECISIONS = ['native', ...PRECISIONS] as const;
export type WorkloadPrecision = (typeof WORKLOAD_PRECISIONS)[number];

const variantName = z.string().min(1);
const fraction = z.number().min(0).max(1);

const variantSchema = z.strictObject({
  name: variantName,
  model: z.string().min(1).optional().describe('Path of its ONNX file; absent = the profile has it.'),
  precision: z.enum(WORKLOAD_PRECISIONS).optional().describe('That its costs are modelled in; absent = as the model.'),
  accuracy: fraction.optional().describe('A fraction, measured on labelled data; absent = unknown.'),
  accuracySource: z.string().optional().describe('Who measured it, on which data.'),
});

const workloadModelSchema = z.strictObject({
  model: z.string().min(1).describe('Path of an ONNX file, or the name of a zoo entry.'),
  name: z.string().min(1).optional().describe('Unique in the workload; absent = derived from model.'),
  shapes: z
    .record(z.string(), z.array(z.int().min(1)))
    .optional()
    .describe('Shapes of inputs with symbolic dimensions, by input name.'),
  batch: z.int().min(1).optional().describe('Value of a symbolic batch dimension; absent = 1.'),
  precision: z.enum(WORKLOAD_PRECISIONS).optional().describe('Absent = native.'),
  ratePerS: positive
    .optional()
    .describe('Frames per second that arrive: more are never processed. Also the rate that priority demands.'),
  minRatePerS: positive.optional().describe('Frames per second that must be reached (objective energy).'),
  deadlineMs: positive.optional(),
  priority: z.int().min(0).max(3).optional().describe('Class of the objective priority: 0 (highest, default) to 3.'),
  weight: z.number().min(0).optional().describe('Weight v of the objective weighted; absent = 1.'),
  shareWeight: positive.optional().describe('Weight w of max-min sharing; absent = 1.'),
  callsPerFrame: positive.optional().describe('Inferences per frame; absent = 1.'),
  variants: z
    .array(z.union([variantName, variantSchema]))
    .min(1)
    .optional()
    .describe('Forms of the model that may be used: original and others; absent = the original alone.'),
  minAccuracy: fraction.optional().describe('Only forms that are known to be as accurate may be used.'),
});

const shape = {
  name: z.string().optional(),
  models: z.array(workloadModelSchema).min(1),
};

export type Workload = DocumentFrom<'workload', typeof shape>;
export type WorkloadModel = Workload['models'][number];

export const workloadDocument = defineDocument({
  kind: 'workload',
  schemaVersion: 1,
  title: 'Heterodyne workload: the models that run together, with rates, deadlines and priorities',
  shape,
  check: checkWorkload,
});

/** One form of a model that a workload allows. */
export type WorkloadVariant = z.infer<typeof variantSchema>;

/** The forms that an entry allows, in its order. */
export function workloadVariants({ variants = ['original'] }: WorkloadModel): WorkloadVariant[] {
  return variants.map((variant) => (typeof variant === 'string' ? { name: variant } : variant));
}

function checkWorkload(workload: Workload): Problem[] {
  const problems: Problem[] = [];
  const names = workload.models.map((model) => model.name);
  workload.models.forEach((model, i) => {
    if (model.name !== undefined && names.indexOf(model.name) < i) {
      problems.push({
        path: `/models/${i}/name`,
        message: `"${model.name}" occurs twice`,
        expected: 'names that occur once',
        received: `"${model.name}"`,
      });
    }
    const forms = workloadVariants(model).map(({ name }) => name);
    forms.forEach((form, v) => {
      if (forms.indexOf(form) === v) return;
      problems.push({
        path: `/models/${i}/variants/${v}`,
        message: `form "${form}" is given twice`,
        expected: 'names that occur once',
        received: `"${form}"`,
      });
    });
    if (model.minRatePerS !== undefined && model.ratePerS !== undefined && model.minRatePerS > model.ratePerS) {
      problems.push({
        path: `/models/${i}/minRatePerS`,
        message: 'the demanded rate is higher than the arrival rate',
        expected: `at most ratePerS (${model.ratePerS})`,
        received: `${model.minRatePerS}`,
      });
    }
  });
  return problems;
}

/**
 * Workload of a plain list of models (`--models a.onnx,resnet-50`). A model that occurs several times becomes several
 * instances, named by {@link workloadNames}.
 */
export function workloadOf(models: readonly string[]): Workload {
  return { kind: 'workload', schemaVersion: 1, models: models.map((model) => ({ model })) };
}

/**
 * One unique name per model, in order: its own `name`, else the file name without folder and `.onnx`, numbered from
 * the second occurrence on (`resnet-50`, `resnet-50-2`).
 */
export function workloadNames(workload: Workload): string[] {
  const taken = new Set(workload.models.flatMap((model) => (model.name === undefined ? [] : [model.name])));
  return workload.models.map((model) => {
    if (model.name !== undefined) return model.name;
    const base = (model.model.split(/[/\\]/).at(-1) ?? model.model).replace(/\.onnx$/i, '') || model.model;
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
    taken.add(name);
    return name;
  });
}
