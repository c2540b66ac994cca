/**
 * The decision by definition, over all operating points, with lists and sorting: written from the specification without a
 * look at the kernels, to hold both against.
 */
import type { ControlChoice, ControlInput, ControlModel, ControlProblem } from '../../src/core/control.ts';

interface Row {
  point: number;
  variants: number[];
  power: number;
  loss: number;
  late: number[];
  infeasible: boolean;
}

export function bruteForce(problem: ControlProblem, choice: ControlChoice, input: ControlInput, current: number) {
  const cohort = problem.models.flatMap((model, m) => {
    const blocks = model.referenceSeconds.length;
    const done = input.position[m];
    if (done >= blocks) return [];
    const e = [...model.referenceSeconds];
    const total = sum(e);
    const d = problem.subDeadline === 'proportional' ? e.map((x) => (model.deadlineSeconds * x) / total) : e;
    const slack = problem.subDeadline === 'proportional' ? 0 : model.deadlineSeconds - total;
    const lag = sum(d.slice(0, done)) + slack - input.elapsed[m];
    const end = Math.min(blocks, done + problem.horizon);
    const available = sum(d.slice(done, end)) + lag - input.margin[m];
    const sigma = available > 0 ? (input.factor[m] * sum(e.slice(done, end))) / available : Number.POSITIVE_INFINITY;
    return [{ m, model, sigma, table: problem.tables[model.tableAt[done]], rest: sum(e.slice(done)) }];
  });
  const everyPoint = Array.from(problem.powerUp.keys());
  const bestFor = (sigma: number, table: Float32Array) => {
    const reach = everyPoint.filter((k) => table[k] >= sigma);
    if (reach.length > 0)
      return reach.sort((a, b) => problem.powerUp[a] - problem.powerUp[b] || table[b] - table[a] || a - b)[0];
    return everyPoint.toSorted((a, b) => table[b] - table[a] || problem.powerUp[a] - problem.powerUp[b] || a - b)[0];
  };
  const wanted =
    choice.candidates === 'all'
      ? everyPoint
      : [current, problem.fastest, ...cohort.map(({ sigma, table }) => bestFor(sigma, table))];
  const points = [...new Set(wanted)].sort((a, b) => a - b);

  const rows = points.map((point): Row => {
    const answers = cohort.map((each) => ({ ...each, ...answer(each.model, each.sigma / each.table[point]) }));
    const alone = answers.map(
      ({ rest, table, model, variant }) => rest / (table[point] * model.variantSpeedUp[variant]),
    );
    const losses = answers.map(({ model, variant, residual }) => {
      const own = choice.measure === 'loss' ? model.variantLoss[variant] : Math.max(1, residual);
      return choice.aggregate === 'weighted' ? model.weight * own : own;
    });
    const busy = sum(alone);
    const variants = problem.models.map((_, m) => answers.find((each) => each.m === m)?.variant ?? 0);
    return {
      point,
      variants,
      power:
        choice.objective === 'power'
          ? problem.powerUp[point]
          : problem.busyWatts[point] * busy + problem.idleWatts[point] * Math.max(0, choice.epochSeconds - busy),
      loss: choice.aggregate === 'max' ? Math.max(0, ...losses) : sum(losses),
      late: answers
        .map(({ m, model }, i) => input.elapsed[m] + input.factor[m] * alone[i] - model.deadlineSeconds)
        .filter((late) => late > 0),
      infeasible: answers.some(({ enough }) => !enough),
    };
  });
  const best = chooseRow(rows, choice);
  return { points, point: best.point, variants: best.variants };
}

function answer(model: ControlModel, residual: number) {
  if (residual <= 1) return { variant: 0, residual, enough: true };
  const forms = [...model.variantSpeedUp.keys()];
  const enough = forms.filter((v) => model.variantSpeedUp[v] >= residual);
  if (enough.length > 0)
    return {
      variant: enough.sort(
        (a, b) =>
          model.variantLoss[a] - model.variantLoss[b] || model.variantSpeedUp[b] - model.variantSpeedUp[a] || a - b,
      )[0],
      residual,
      enough: true,
    };
  return {
    variant: forms.sort(
      (a, b) =>
        model.variantSpeedUp[b] - model.variantSpeedUp[a] || model.variantLoss[a] - model.variantLoss[b] || a - b,
    )[0],
    residual,
    enough: false,
  };
}

function chooseRow(rows: Row[], choice: ControlChoice): Row {
  const ties = (a: Row, b: Row) => a.late.length - b.late.length || a.power - b.power || a.point - b.point;
  const by = (list: Row[], ...keys: ((row: Row) => number)[]) =>
    list.toSorted((a, b) => {
      for (const key of keys) if (key(a) !== key(b)) return key(a) - key(b);
      return ties(a, b);
    })[0];
  const feasible = rows.filter((row) => !row.infeasible);
  if (feasible.length === 0) return by(rows, (row) => sum(row.late));
  if (choice.mode === 'min-energy')
    return by(
      feasible,
      (row) => row.power,
      (row) => row.loss,
    );
  if (choice.mode === 'max-accuracy')
    return by(
      feasible,
      (row) => row.loss,
      (row) => row.power,
    );
  const front = feasible.filter(
    (row) =>
      !feasible.some(
        (other) =>
          other.power <= row.power &&
          other.loss <= row.loss &&
          (other.power < row.power || other.loss < row.loss || other.point < row.point),
      ),
  );
  const mean = (key: (row: Row) => number) => sum(front.map(key)) / front.length;
  const meanPower = mean(({ power }) => power);
  const meanLoss = mean(({ loss }) => loss);
  const beta =
    sum(front.map(({ power, loss }) => (power - meanPower) * (loss - meanLoss))) /
    sum(front.map(({ power }) => (power - meanPower) * (power - meanPower)));
  if (choice.balanced === 'trend-residual' && front.length >= 3 && beta < 0)
    return by(front, ({ power, loss }) => loss - beta * power);
  const scaled = (key: 'power' | 'loss', row: Row) => {
    const all = front.map((each) => each[key]);
    const least = Math.min(...all);
    const range = Math.max(...all) - least;
    return range > 0 ? (row[key] - least) / range : 0;
  };
  return by(front, (row) =>
    Math.sqrt(scaled('power', row) * scaled('power', row) + scaled('loss', row) * scaled('loss', row)),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
