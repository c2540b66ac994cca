/** A system flattened into arrays that the event loop reads, and its figures per setting of the clock domains. */
import { sigmaOfSum } from './noise.ts';
import { type EngineFigures, type EngineSystem, TRANSFER } from './system.ts';

/** Steps of all routes in one row: routes of a model lie next to each other. */
export class Steps {
  /** Per model: its first route; one more entry at the end. */
  readonly firstRoute: Int32Array;
  /** Per route: its first step; one more entry at the end. */
  readonly firstStep: Int32Array;
  readonly server: Int32Array;
  /** Segments first .. end - 1. */
  readonly first: Int32Array;
  readonly end: Int32Array;

  constructor({ models }: EngineSystem) {
    const routes = models.flatMap((model) => model.routes);
    const steps = routes.flatMap((route) => route.steps);
    this.firstRoute = runningSum(models.map((model) => model.routes.length));
    this.firstStep = runningSum(routes.map((route) => route.steps.length));
    this.server = Int32Array.from(steps, (step) => step.server);
    this.first = Int32Array.from(steps, (step) => step.first);
    this.end = Int32Array.from(steps, (step) => step.end);
  }
}

function runningSum(lengths: readonly number[]): Int32Array {
  const sums = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    sums[i + 1] = sums[i] + length;
  });
  return sums;
}

/** Figures of one setting, summed over each step. */
export interface StepFigures extends EngineFigures {
  stepSeconds: Float64Array;
  stepDramSeconds: Float64Array;
  /** Log-normal sigma of a whole step, transfers left out of what varies. */
  stepSigma: Float64Array;
}

/** Figures by setting, made when a setting is first reached. */
export class FigureTable {
  readonly #system: EngineSystem;
  readonly #steps: Steps;
  readonly #sigma: number;
  readonly #known = new Map<string, StepFigures>();

  constructor(system: EngineSystem, steps: Steps, sigma: number) {
    this.#system = system;
    this.#steps = steps;
    this.#sigma = sigma;
  }

  at(levels: Int32Array): StepFigures {
    const key = levels.join();
    let figures = this.#known.get(key);
    if (figures === undefined) {
      figures = this.#summed(this.#system.figures(levels));
      this.#known.set(key, figures);
    }
    return figures;
  }

  #summed(figures: EngineFigures): StepFigures {
    const { first, end } = this.#steps;
    const stepSeconds = new Float64Array(first.length);
    const stepDramSeconds = new Float64Array(first.length);
    const stepSigma = new Float64Array(first.length);
    for (let s = 0; s < first.length; s++) {
      let squares = 0;
      for (let i = first[s]; i < end[s]; i++) {
        const seconds = figures.seconds[i];
        stepSeconds[s] += seconds;
        stepDramSeconds[s] += figures.dramSeconds[i];
        if (this.#system.segmentBlock[i] !== TRANSFER) squares += seconds * seconds;
      }
      stepSigma[s] = sigmaOfSum(this.#sigma, stepSeconds[s], squares);
    }
    return { ...figures, stepSeconds, stepDramSeconds, stepSigma };
  }
}
