/** How long one frame takes through every resident form, alone and without waiting: what controllers expect. */
import { inputsToTime, packTensors } from '../execution/tensors.ts';
import { quantile } from '../profiles/samples.ts';
import type { DeployedModel } from './deploy.ts';
import type { Route } from './flow.ts';

export interface FormTimes {
  variant: string;
  /** Of whole frames, handing over included: the lower quartile, which other programs disturb least. */
  seconds: number;
  /** The same, shared out over the stages as their calls took. */
  stageSeconds: number[];
}

const CALLS = 15;
const WARMUP_CALLS = 2;
const QUARTILE = 0.25;

/** Nothing else may feed the model meanwhile. @returns times by form, the planned one first */
export async function calibrate(model: DeployedModel): Promise<FormTimes[]> {
  const { flow } = model;
  const planned = flow.route;
  const times: FormTimes[] = [];
  try {
    for (const route of model.routes.values()) times.push(await timesOf(model, route));
  } finally {
    flow.route = planned;
  }
  return times;
}

async function timesOf({ flow, inputs, selfFed }: DeployedModel, route: Route): Promise<FormTimes> {
  flow.route = route;
  const feeds = selfFed ? undefined : packTensors(inputsToTime(inputs));
  const whole: number[] = [];
  const stages = route.stops.map((): number[] => []);
  const forget = flow.listen({ stageEnded: (_frame, _stop, s, { latencyMs }) => void stages[s]!.push(latencyMs) });
  try {
    for (let i = 0; i < WARMUP_CALLS + CALLS; i++) whole.push((await flow.offer(feeds, false))!.responseMs);
  } finally {
    forget();
  }
  const typical = (all: readonly number[]): number =>
    quantile(Float64Array.from(all.slice(WARMUP_CALLS)).sort(), QUARTILE);
  const seconds = typical(whole) / 1000;
  const calls = stages.map(typical);
  const sum = calls.reduce((total, each) => total + each, 0);
  return { variant: route.name, seconds, stageSeconds: calls.map((each) => (seconds * each) / sum) };
}
