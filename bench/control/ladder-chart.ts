/** Draws the ladder beside the original's rule on the replay `level-4-to-2`: `docs/charts/ladder-replay.svg`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PAPER_FRAME } from '../../src/report/charts/frame.ts';
import { type TimePanel, timePanels } from '../../src/report/charts/time-panels.ts';
import { DISTURBED_FROM, DISTURBED_TO, LIMIT_MS } from './ladder-fixture.ts';
import { type SimulatedLadder, simulateLadder } from './ladder-simulated.ts';

const SEED = 2;
const START_LEVEL = 4;

function panelsOf(title: string, { course, moves }: SimulatedLadder): TimePanel[] {
  const frames = (course?.frames ?? []).filter(({ ended }) => !Number.isNaN(ended));
  return [
    {
      title: `${title}: latency, ms`,
      kind: 'dots',
      points: frames.map(({ released, ended }) => ({ at: ended, value: (ended - released) * 1000 })),
      limit: LIMIT_MS,
      height: 80,
    },
    {
      title: `${title}: level`,
      kind: 'steps',
      points: [{ at: 0, value: START_LEVEL }, ...moves.map(({ atMs, to }) => ({ at: atMs / 1000, value: to }))],
      height: 30,
    },
  ];
}

/** The drawing; the same on every host. */
export async function ladderChart(): Promise<string> {
  const ours = await simulateLadder({ seed: SEED, course: true });
  const original = await simulateLadder({ seed: SEED, controller: 'ladder-one-step', course: true });
  return timePanels(PAPER_FRAME, {
    id: 'ladder-replay',
    title: 'A training job beside a network of six levels: direct jump and one step at a time, simulated',
    description:
      'Latency and level over 20 s. The direct jump goes from level 4 to 2 within a second of the job; the rule of the original visits level 3, which is still over the limit, and needs more than three seconds.',
    caption: 'seconds; dashed across: the limit of 60 ms, dashed down: the job comes and goes; simulated, seed 2',
    from: 0,
    until: 20,
    panels: [...panelsOf('ladder', ours), ...panelsOf("the original's rule", original)],
    marks: [
      { at: DISTURBED_FROM, text: 'the job comes' },
      { at: DISTURBED_TO, text: 'the job goes' },
    ],
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = fileURLToPath(new URL('../../docs/charts/ladder-replay.svg', import.meta.url));
  writeFileSync(file, `<?xml version="1.0" encoding="UTF-8"?>\n${await ladderChart()}\n`);
}
