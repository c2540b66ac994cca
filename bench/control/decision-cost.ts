/**
 * What controllers cost in the control study's cohorts: time in the control loop per block, over whole runs. The study
 * charges these figures, rounded up, to every block.
 *
 *   node --import tsx bench/control/decision-cost.ts
 */
import process from 'node:process';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { boardOf, cohortOf, STUDY_COHORTS, STUDY_NOISE } from './cohort.ts';
import { replay } from './replay.ts';

const CALLS = ['released', 'blockEnded', 'frameEnded', 'frameSkipped', 'pointHolds', 'woken'] as const;
const ROUNDS = 5;

let blocks = 0;
let nanoseconds = 0n;
for (const name of CALLS) {
  const call = ControlLoop.prototype[name] as (...values: unknown[]) => void;
  Object.defineProperty(ControlLoop.prototype, name, {
    value(this: ControlLoop, ...values: unknown[]) {
      const start = process.hrtime.bigint();
      call.apply(this, values);
      nanoseconds += process.hrtime.bigint() - start;
      if (name === 'blockEnded') blocks++;
    },
  });
}

console.log('| controller | cohort | µs per block |\n| --- | --- | ---: |');
for (const controller of ['predictive', 'neuos', 'neuos-heuristic', 'predjoule-like', 'apnet-like', 'alert-like']) {
  for (const { name, networks } of STUDY_COHORTS) {
    const options = { delays: true, approximation: true, decisionSeconds: 0, factor: 1.2 };
    const cohort = cohortOf(boardOf('jetson-tx2'), networks, options);
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      blocks = 0;
      nanoseconds = 0n;
      replay(cohort, { controller, mode: 'max-accuracy', seed: 1, frames: 100, noise: STUDY_NOISE });
      least = Math.min(least, Number(nanoseconds) / blocks);
    }
    console.log(`| ${controller} | ${name} | ${(least / 1000).toFixed(2)} |`);
  }
}
