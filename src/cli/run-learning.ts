/** `run --learn`, `--replan`: measured costs flow back into the profile, and a plan that drifted is made anew. */
import { writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { thisHost } from '../execution/this-host.ts';
import { plan as makePlan } from '../planners/plan.ts';
import { planDocument } from '../planners/schema.ts';
import { profileDocument } from '../profiles/schema.ts';
import { learn } from '../runtime/learn.ts';
import { workloadBeside } from '../runtime/plan-again.ts';
import type { RunDocument } from '../runtime/schema.ts';
import type { Call } from './command.ts';
import { readMoveCost } from './option-values.ts';
import type { OutputSettings } from './options.ts';
import { checkCompanion, tell, warn } from './output.ts';
import type { RunInputs } from './run-inputs.ts';

export interface LearnValues extends OutputSettings {
  learn?: string;
  replan?: string;
  'move-cost'?: string;
}

/** @throws HeterodyneError `USAGE` for options that need others; what cannot be written */
export async function checkLearning({ profile, files }: RunInputs, values: LearnValues): Promise<void> {
  const needs = (option: string, other: string): never => {
    throw new HeterodyneError('USAGE', `${option} means nothing without ${other}`, {
      path: option,
      expected: other,
      received: `${option} alone`,
    });
  };
  if (values.replan !== undefined && values.learn === undefined) needs('--replan', '--learn');
  if (values['move-cost'] !== undefined && values.replan === undefined) needs('--move-cost', '--replan');
  if (values['move-cost'] !== undefined) readMoveCost(values['move-cost']);
  if (values.learn !== undefined && profile === undefined) needs('--learn', '--profile');
  await checkCompanion('--learn', values.learn, values, files);
  await checkCompanion('--replan', values.replan, values, files);
}

export async function learnFrom(
  document: RunDocument,
  { plan, profile, workload }: RunInputs,
  values: LearnValues,
  call: Call,
): Promise<void> {
  if (values.learn === undefined || profile === undefined) return;
  const learned = learn(profile, document);
  await writeFileWhole(values.learn, profileDocument.write(learned.profile));
  if (!values.quiet) warn(learned.warnings, call);
  const worst = Math.max(0, ...learned.drifts.map(({ ratio }) => Math.abs(ratio - 1)));
  tell(`stages were off by up to ${Math.round(100 * worst)} %; costs in ${values.learn}`, values, call);
  if (values.replan === undefined) return;
  if (!learned.replan) {
    tell('the plan holds: no new one is written', values, call);
    return;
  }
  const { platform } = await thisHost();
  const fresh = await makePlan(
    {
      platform,
      profile: learned.profile,
      workload: workload ?? workloadBeside(plan, profile),
      objective: plan.objective,
      from: plan,
      ...(values['move-cost'] !== undefined && { moveCost: readMoveCost(values['move-cost']) }),
    },
    { signal: call.signal },
  );
  await writeFileWhole(values.replan, planDocument.write(fresh));
  const moved = fresh.replan?.moves.length ?? 0;
  tell(`${moved} of ${fresh.models.length} models move; the plan is in ${values.replan}`, values, call);
}
