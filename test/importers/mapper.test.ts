import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cuttable } from '../../src/models/cuttable.ts';
import { zooModel } from '../../src/models/zoo/zoo.ts';
import { platformById } from '../../src/platforms/registry.ts';
import { blockCosts } from '../../src/profiles/importers/block-costs.ts';
import { importedProfile } from '../../src/profiles/importers/imported-profile.ts';
import { partsOf, spellings } from '../../src/profiles/importers/kernel-names.ts';
import { isOverhead, layerTypesOf } from '../../src/profiles/importers/kernel-types.ts';
import { layersOf, type ModelLayers } from '../../src/profiles/importers/layers.ts';
import { mapKernels } from '../../src/profiles/importers/mapper.ts';
import { mergeProfiles } from '../../src/profiles/importers/merge.ts';
import type { ImportedOp } from '../../src/profiles/importers/record.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { openvinoReport, read, trtProfileText, trtTimesText } from './samples.ts';

const test = suite('kernels to blocks');

const squeezenet = cuttable(zooModel('squeezenet', { resolution: 64 }), {
  name: 'squeezenet',
  source: 'zoo:squeezenet',
  hash: 'h',
});
const model = layersOf(squeezenet);
const named = (name: string): number => model.layers.find((layer) => layer.name === name)!.index;

const ops = (...entries: (string | Partial<ImportedOp>)[]): ImportedOp[] =>
  entries.map((entry, index) => ({
    name: '',
    index,
    avgMs: 1,
    calls: 1,
    share: 1 / entries.length,
    ...(typeof entry === 'string' ? { name: entry } : entry),
  }));
const members = (list: readonly ImportedOp[], layers: ModelLayers = model): (readonly number[])[] =>
  mapKernels(list, layers).kernels.map((kernel) => kernel.members);

test('names of nodes match, as they stand and as runtimes change them', () => {
  assert.equal(members(ops('conv1', 'fused conv1', 'conv1_nchwc', '[conv1]:0', 'conv1_token_12')), [
    [0],
    [0],
    [0],
    [0],
    [0],
  ]);
});

test('a convolution that carries the name of its activation runs both', () => {
  const [kernel] = mapKernels(ops({ name: 'conv1_relu_nchwc', type: 'Conv' }), model).kernels;
  assert.equal(kernel?.members, [named('conv1'), named('conv1_relu')]);
});

test('joined names are taken apart: plus, bars, semicolons, PWN around PWN', () => {
  assert.equal(partsOf('conv1 + PWN(Clip_3)'), ['conv1', 'Clip_3']);
  assert.equal(partsOf('PWN(PWN(Sigmoid_1), Mul_2) + a || b||c'), ['Sigmoid_1', 'Mul_2', 'a', 'b', 'c']);
  assert.equal(partsOf('[x/conv;x/relu]:12'), ['x/conv', 'x/relu']);
  assert.equal(partsOf('a (b + c'), ['a (b', 'c'], 'an open parenthesis is a letter');
  assert.ok(spellings('fused conv1_nchwc').includes('conv1'));
  assert.equal(members(ops('conv1 + PWN(conv1_relu)')), [[named('conv1'), named('conv1_relu')]]);
});

test('a joined name of which less than half is known is not mapped', () => {
  const { kernels } = mapKernels(ops('conv1 + x + y', 'conv10'), model);
  assert.is(kernels[0]?.kind, 'unmapped');
});

test('a region is everything between its ends', () => {
  const [region] = members(ops('{ForeignNode[conv1...pool1]}', 'conv10'));
  assert.equal(region, [0, 1, 2]);
});

test('kernels of other names pair up in order where their number fits between two known ones', () => {
  const list = ops(
    'conv1',
    'conv1_relu',
    'pool1',
    { name: 'x', type: 'CONV_2D' },
    { name: 'y', type: 'CONV_2D' },
    { name: 'z', type: 'Convolution' },
    {
      name: 'fire2_concat',
    },
  );
  assert.equal(members(list).slice(3, 6), [
    [named('fire2_squeeze')],
    [named('fire2_expand1x1')],
    [named('fire2_expand3x3')],
  ]);
});

test('where their number does not fit, nothing is guessed; shapes may decide', () => {
  const two = ['x', 'y'].map((name) => ({ name, type: 'Conv' }));
  const [, ...free] = mapKernels(ops('pool1', ...two, 'fire2_concat'), model).kernels;
  assert.equal(
    free.slice(0, 2).map(({ kind }) => kind),
    ['unmapped', 'unmapped'],
  );
  const shape = [...(model.layers[named('fire2_squeeze')]!.shape ?? [])];
  const [, known, open] = mapKernels(
    ops('pool1', { ...two[0], outputs: [shape] }, { ...two[1], outputs: [[1, 2, 3]] }, 'fire2_concat'),
    model,
  ).kernels;
  assert.equal(known?.members, [named('fire2_squeeze')]);
  assert.is(open?.kind, 'unmapped');
});

test('a whole run list of types alone is mapped when every type occurs as often as in the model', () => {
  const kernelTypes = model.layers.filter(({ role }) => role !== 'constant').map(({ type }) => ({ name: 'n', type }));
  const { mappedShare } = mapKernels(ops(...kernelTypes), model);
  assert.is(mappedShare, 1);
});

test('copies and reformatting are overhead, and count to the block that they serve', () => {
  for (const [name, type] of [
    ['Reformatting CopyNode for Input Tensor 0 to conv9', undefined],
    ['639 copy', undefined],
    ['ReorderOutput', 'ReorderOutput'],
    ['x', 'Reorder'],
    ['y', 'Convert (NC, F32, QC8)'],
  ] as const)
    assert.ok(isOverhead(name, type), name);
  assert.not.ok(isOverhead('copyright_head', 'Conv'));
  const mapping = mapKernels(
    ops(
      'conv1',
      'Reformatting CopyNode for Output Tensor 0 to conv1',
      'Reformatting CopyNode for Input Tensor 0 to conv10',
      'fire2_squeeze',
      'conv10',
    ),
    model,
  );
  const { ms } = blockCosts(mapping, model, false);
  assert.is(mapping.overheadShare, 0.4);
  assert.is(ms[0], 2);
  assert.is(ms.at(-1), 2);
});

test('blocks add up to the kernels, whatever was mapped', () => {
  const mapping = mapKernels(ops('nobody', 'conv1', 'ReorderOutput', 'who', 'fire2_squeeze', 'conv10', 'last'), model);
  const { ms } = blockCosts(mapping, model, true);
  assert.ok(Math.abs(ms.reduce((sum, part) => sum + part, 0) - 7) < 1e-12);
});

test('a kernel over several blocks is divided by multiply-accumulates, on request alone', () => {
  const mapping = mapKernels(ops('conv1 + fire2_squeeze'), model);
  const kept = blockCosts(mapping, model, false);
  assert.is(kept.spanning.length, 1);
  assert.is(kept.ms[0], 0);
  const { ms, dividedMs } = blockCosts(mapping, model, true);
  const macs = (name: string): number => model.layers[named(name)]!.macs;
  assert.ok(Math.abs(ms[0]! / ms[1]! - macs('conv1') / macs('fire2_squeeze')) < 1e-9);
  assert.equal(dividedMs, ms);
});

test('types of other tools name types of ONNX', () => {
  for (const [type, onnx] of [
    ['CONV_2D', 'Conv'],
    ['DEPTHWISE_CONV_2D', 'DepthwiseConv'],
    ['Convolution (NHWC, QC8) IGEMM', 'Conv'],
    ['FusedConv', 'Conv'],
    ['FULLY_CONNECTED', 'Gemm'],
    ['Fully Connected (NC, F32) GEMM', 'Gemm'],
    ['AVERAGE_POOL_2D', 'AveragePool'],
    ['MEAN', 'ReduceMean'],
    ['LOGISTIC', 'Sigmoid'],
    ['GroupConvolution', 'DepthwiseConv'],
    ['Elu', 'Elu'],
  ] as const)
    assert.ok(layerTypesOf(type).includes(onnx), type);
  assert.not.ok(layerTypesOf('DEPTHWISE_CONV_2D').includes('Conv'));
});

test('100,000 kernels without a name are mapped in moments', () => {
  const started = performance.now();
  mapKernels(
    ops(...Array.from({ length: 100_000 }, (_, i) => ({ name: `k${i}`, type: i % 2 ? 'Conv' : `T${i}` }))),
    model,
  );
  blockCosts(
    mapKernels(
      ops(...Array.from({ length: 100_000 }, (_, i) => `Reformatting CopyNode for Input Tensor 0 to k${i}`)),
      model,
    ),
    model,
    false,
  );
  assert.ok(performance.now() - started < 10_000);
});

const { platform } = platformById('orange-pi-5');
const target = { model: squeezenet.blocked, layers: model, platform, processor: 'big' };
const layersText = trtProfileText(
  model.layers.filter(({ role }) => role === 'kernel').map(({ name }) => ({ name, ms: 0.5 })),
);

test('an import is a valid profile of one processor, with its file named', async () => {
  const { profile } = importedProfile(await read(layersText), target);
  assert.equal(profileDocument.problems(profile), []);
  assert.equal(profile.processors, ['big']);
  const [only] = profile.models;
  assert.equal(only?.origin, { big: 'imported' });
  assert.is(only?.sources?.big?.file, 'sample');
  assert.is(only?.sources?.big?.mappedShare, 1);
  assert.is(
    profileDocument.write(profile),
    profileDocument.write(importedProfile(await read(layersText), target).profile),
  );
});

test('times that are none, or longer than months, are told as the reason why a file is of no use', async () => {
  const zero = layersText.replaceAll(/"(timeMs|averageMs)" : [\d.e-]+/g, '"$1" : 0');
  const none = await read(zero);
  assert.throws(
    () => importedProfile(none, target),
    (error: { message: string; received?: string }) =>
      /no time that could be used/.test(error.message) && /kernels of no time/.test(error.received ?? ''),
  );
  for (const time of ['-0.5', '1e308', '"0,5"']) {
    const text = layersText.replaceAll(/"(timeMs|averageMs)" : [\d.e-]+/g, `"$1" : ${time}`);
    const error = await read(text).catch((thrown) => thrown);
    assert.match(error.received, /no durations .*left out/);
  }
});

test('whole-model times scale the layers to their median', async () => {
  const times = await read(trtTimesText(200, { computeMs: 2.5 }));
  const { profile } = importedProfile(await read(layersText), { ...target, times });
  const total = profile.models[0]!.blocks.reduce(
    (sum, { costs }) => sum + (costs.big === 'unsupported' ? 0 : costs.big!.latencyMs.mean),
    0,
  );
  assert.ok(Math.abs(total - 2.5) < 1e-9, `${total}`);
  const busy = await read(openvinoReport({ api: 'async', nireq: 4 }));
  assert.throws(
    () => importedProfile({ ...busy, ops: [] }, { ...target, divide: true }),
    (error: Error) => /latency of a single request/.test(error.message),
  );
});

test('times of the whole model alone need leave to be divided, and count as modelled then', async () => {
  const record = await read(openvinoReport());
  assert.throws(
    () => importedProfile(record, target),
    (error: { hint?: string }) => /--divide/.test(error.hint ?? ''),
  );
  const { profile, warnings } = importedProfile(record, { ...target, divide: true });
  assert.is(profile.models[0]!.origin.big, 'roofline');
  for (const { costs } of profile.models[0]!.blocks)
    assert.is(costs.big === 'unsupported' ? '' : costs.big!.origin, 'roofline');
  assert.ok(warnings.some(({ code }) => code === 'ASSUMED'));
  for (const { message } of warnings) assert.match(message, `${target.model.name} on ${target.processor}: `);
});

test('too little mapped is refused with the dearest names, unless forced', async () => {
  const record = await read(
    trtProfileText([
      { name: 'alien', ms: 9 },
      { name: 'conv1', ms: 1 },
    ]),
  );
  assert.throws(
    () => importedProfile(record, target),
    (error: { code?: string; received?: string }) => error.code === 'BAD_INPUT' && /"alien"/.test(error.received ?? ''),
  );
  const { profile } = importedProfile(record, { ...target, force: true });
  const [first, second] = profile.models[0]!.blocks;
  assert.is(first?.costs.big === 'unsupported' ? 0 : first?.costs.big?.latencyMs.mean, 10, 'time of the unknown stays');
  assert.is(second?.costs.big, 'unsupported');
  assert.match(second?.reasons?.big ?? '', 'no kernel of sample');
});

test('a block that computes and has no kernel is never free', async () => {
  const some = model.layers
    .filter(({ role, block }) => role === 'kernel' && block !== 3)
    .map(({ name }) => ({ name, ms: 1 }));
  const record = await read(trtProfileText(some));
  assert.throws(
    () => importedProfile(record, target),
    (error: Error) => /1 of 18 blocks have no kernel/.test(error.message),
  );
});

test('a processor that the platform has not, and another batch, are refused', async () => {
  const record = await read(layersText);
  assert.throws(
    () => importedProfile(record, { ...target, processor: 'dsp' }),
    (error: { code?: string }) => error.code === 'USAGE',
  );
  assert.throws(
    () => importedProfile({ ...record, batch: 4 }, target),
    (error: { code?: string }) => error.code === 'BAD_INPUT',
  );
});

test('merged into a profile, costs replace those of the same model and processor alone', async () => {
  const { profile } = importedProfile(await read(layersText), target);
  const whole = rooflineProfile([squeezenet.blocked], platform);
  const merged = mergeProfiles(whole, profile);
  assert.equal(profileDocument.problems(merged), []);
  assert.equal(merged.processors, whole.processors);
  assert.is(merged.models[0]!.origin.big, 'imported');
  assert.is(merged.models[0]!.origin.gpu, 'roofline');
  assert.equal(merged.models[0]!.blocks[0]!.costs.gpu, whole.models[0]!.blocks[0]!.costs.gpu);
  assert.equal(merged.models[0]!.blocks[0]!.costs.big, profile.models[0]!.blocks[0]!.costs.big);
});

test('a merge that leaves holes fills them as unsupported, and another form of the model is refused', async () => {
  const { profile } = importedProfile(await read(layersText), target);
  const onGpu = importedProfile(await read(layersText), {
    ...target,
    processor: 'gpu',
    model: { ...squeezenet.blocked, name: 'other' },
  });
  const merged = mergeProfiles(profile, onGpu.profile);
  assert.equal(profileDocument.problems(merged), []);
  assert.is(merged.models[0]!.blocks[0]!.costs.gpu, 'unsupported');
  assert.is(merged.models[1]!.blocks[0]!.reasons?.big, 'was not profiled for this model');
  const changed = { ...profile, models: [{ ...profile.models[0]!, hash: 'another' }] };
  assert.throws(
    () => mergeProfiles(changed, profile),
    (error: Error) => /hash of the model differ/.test(error.message),
  );
  assert.throws(
    () => mergeProfiles({ ...profile, platform: 'hikey970' }, profile),
    (error: { code?: string }) => error.code === 'BAD_INPUT',
  );
});

test.run();
