import { EventEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type KeyInput, keysOf } from '../../src/cli/keys.ts';
import { runProgram } from '../../src/cli/program.ts';
import { answerWish } from '../../src/cli/run-steering.ts';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { createController } from '../../src/controllers/registry.ts';
import type { ControlSystem } from '../../src/controllers/system.ts';
import type { ControlMode } from '../../src/core/control-modes.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { thisHost } from '../../src/execution/this-host.ts';
import { cuttableOnnx } from '../../src/models/cuttable.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { planDocument } from '../../src/planners/schema.ts';
import { PLAIN } from '../../src/report/style.ts';
import { HeldController } from '../../src/runtime/held-controller.ts';
import { runDocument } from '../../src/runtime/schema.ts';
import { type SteeredControl, steer, wishOfKey } from '../../src/runtime/steering.ts';
import { inFolder } from '../cli/captured.ts';
import { layers, missingRuntime } from '../execution/models.ts';
import { planByHand } from './plans.ts';

const test = suite('steering what runs');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

/** Three forms of 30, 20 and 10 ms, a ladder with a limit of 25 ms, and a clock that tests turn. */
function atWork() {
  const forms = [30, 20, 10].map((ms, v) => ({
    name: `form ${ms}`,
    loss: v / 10,
    seconds: Float64Array.of(ms / 1000),
  }));
  const system: ControlSystem = {
    instances: [
      {
        name: 'one',
        blocks: 1,
        deadlineSeconds: 0.025,
        periodSeconds: Number.POSITIVE_INFINITY,
        criticality: 0,
        weight: 1,
        variants: forms,
      },
    ],
    points: [{ id: 'max', levels: Int32Array.of(0), busyWatts: 1, idleWatts: 0 }],
    domains: [{ name: 'cpu', delaySeconds: 0, stallSeconds: 0 }],
    reference: 0,
    start: 0,
    variantChange: 'frame',
    canSkip: false,
  };
  const changes: number[] = [];
  const controller = new HeldController(createController('ladder', system, { limitMs: 25 }));
  const loop = new ControlLoop(
    system,
    controller,
    { setPoint() {}, setVariant: (_instance, variant) => void changes.push(variant), skipFrame() {}, wakeAt() {} },
    { mode: 'balanced' },
  );
  let now = 0;
  let frame = 0;
  let heldLevel: number | undefined;
  const control: SteeredControl = {
    get mode() {
      return loop.state.mode;
    },
    setMode: (mode: ControlMode) => loop.setMode(mode, now),
    levels: 3,
    get level() {
      return 3 - loop.state.wantedVariant[0]!;
    },
    get heldLevel() {
      return heldLevel;
    },
    hold(level) {
      heldLevel = level;
      controller.hold(level === undefined ? undefined : [3 - level]);
      loop.setMode(loop.state.mode, now);
    },
  };
  /** Frames as the form at work takes. */
  const frames = (count: number): void => {
    for (let i = 0; i < count; i++) {
      loop.released(0, frame, now);
      const seconds = forms[loop.state.variant[0]!]!.seconds[0]!;
      now += seconds;
      loop.blockEnded(0, frame, 0, seconds, now);
      loop.frameEnded(0, frame++, now);
    }
  };
  return { control, frames, changes };
}

test('a level held by hand stays, whatever the controller would do, and is let go to where that was', () => {
  const { control, frames, changes } = atWork();
  frames(40);
  assert.is(control.level, 2, 'the ladder keeps its limit');
  assert.equal(steer(control, 'level 3'), { mode: 'balanced', level: 3, levels: 3, held: true });
  frames(60);
  assert.is(control.level, 3, 'over the limit, and held');
  assert.equal(steer(control, 'level -1'), { mode: 'balanced', level: 2, levels: 3, held: true });
  steer(control, 'level -1');
  assert.is(steer(control, 'level -1').level, 1, 'there is none below');
  frames(60);
  assert.is(control.level, 1);
  assert.equal(steer(control, 'level auto'), { mode: 'balanced', level: 2, levels: 3, held: false });
  frames(60);
  assert.is(control.level, 2);
  assert.equal(changes.slice(-4), [0, 1, 2, 1]);
});

test('a mode is set by its name, a wish that nobody understands changes nothing', () => {
  const { control } = atWork();
  assert.is(steer(control, ' Max-Accuracy\n').mode, 'max-accuracy');
  for (const wish of ['', 'max-acuracy', 'level', 'level x', 'level 2 3', 'mode']) {
    let thrown: unknown;
    try {
      steer(control, wish);
    } catch (error) {
      thrown = error;
    }
    assert.instance(thrown, HeterodyneError, wish);
    assert.is((thrown as HeterodyneError).code, 'USAGE');
  }
  assert.is(control.mode, 'max-accuracy');
  assert.is(control.heldLevel, undefined);
});

test('keys go through the modes, step through the levels, hold and let go', () => {
  const { control, frames } = atWork();
  frames(40);
  assert.is(wishOfKey(control, 'm'), 'min-energy');
  steer(control, 'min-energy');
  assert.is(wishOfKey(control, 'm'), 'max-accuracy');
  assert.is(wishOfKey(control, '+'), 'level +1');
  assert.is(wishOfKey(control, '-'), 'level -1');
  assert.is(wishOfKey(control, 'l'), 'level 2');
  steer(control, 'level 2');
  assert.is(wishOfKey(control, 'l'), 'level auto');
  assert.is(wishOfKey(control, 'x'), undefined);
});

test('keys are read from terminals alone, Ctrl-C still interrupts, and the terminal is given back', () => {
  class Input extends EventEmitter implements KeyInput {
    isTTY = true;
    raw = false;
    flows = false;
    setRawMode(raw: boolean): void {
      this.raw = raw;
    }
    resume(): void {
      this.flows = true;
    }
    pause(): void {
      this.flows = false;
    }
  }
  const input = new Input();
  let interruptions = 0;
  const pressed: string[] = [];
  const letGo = keysOf(input, () => interruptions++)!((key) => pressed.push(key));
  assert.ok(input.raw && input.flows);
  input.emit('data', new TextEncoder().encode('m+\u0003l'));
  assert.equal(pressed, ['m', '+', 'l']);
  assert.is(interruptions, 1);
  letGo();
  input.emit('data', 'm');
  assert.is(pressed.length, 3);
  assert.not(input.raw || input.flows);
  assert.is(
    keysOf(Object.assign(new Input(), { isTTY: false }), () => {}),
    undefined,
  );
});

test('without a controller, and from a page in a browser, nothing is steered', () => {
  assert.is(answerWish(undefined, { method: 'POST', body: 'min-energy' }).status, 409);
  assert.is(answerWish(undefined, { method: 'POST', origin: 'http://example.org', body: 'min-energy' }).status, 403);
  assert.is(answerWish(undefined, { method: 'DELETE', body: '' }).status, 405);
});

claim('a plan that runs changes its mode and level by POST /mode and by keys, and its document tells of it', () =>
  inFolder(async (folder) => {
    const { platform } = await thisHost();
    const { id } = platform.processors.find(({ execution }) => execution?.threads === 1) ?? platform.processors[0]!;
    // Thirty times the work: noise does not make the small form look the slower one.
    for (const [name, count] of [
      ['large', 30],
      ['small', 1],
    ] as const)
      writeFileSync(`${folder}/${name}.onnx`, writeOnnx(layers(count, 512)));
    const source = `${folder}/large.onnx`;
    const model = await cuttableOnnx(readFileSync(source), { name: 'one', source });
    writeFileSync(`${folder}/plan.json`, planDocument.write(planByHand([{ model, places: [[id, 0]] }])));
    writeFileSync(
      `${folder}/workload.json`,
      JSON.stringify({
        kind: 'workload',
        schemaVersion: 1,
        models: [
          {
            model: './large.onnx',
            name: 'one',
            variants: [
              { name: 'original', accuracy: 0.8 },
              { name: 'small', model: './small.onnx', accuracy: 0.7 },
            ],
          },
        ],
      }),
    );
    const stop = new AbortController();
    let press: (key: string) => void = () => {};
    let err = '';
    let told: (url: string) => void = () => {};
    const place = new Promise<string>((resolve) => {
      told = resolve;
    });
    const sink = (write: (text: string) => void) => ({ write, style: PLAIN, redraws: false });
    const ended = runProgram(
      [
        'run',
        `${folder}/plan.json`,
        '--workload',
        `${folder}/workload.json`,
        ...['--controller', 'ladder', '--limit', '1min', '--for', '10min', '--warm-up', '0', '--metrics', '0'],
        ...['--out', `${folder}/run.json`],
      ],
      {
        out: sink(() => {}),
        err: sink((text) => {
          err += text;
          const found = /metrics at (http:\S+)\/metrics/.exec(err);
          if (found !== null) told(found[1]!);
        }),
        signal: stop.signal,
        keys: (listener) => {
          press = listener;
          return () => {
            press = () => {};
          };
        },
      },
    );
    const url = `${await Promise.race([place, ended.then((code) => assert.unreachable(`ended with ${code}: ${err}`))])}/mode`;
    const ask = async (init?: RequestInit) => {
      const response = await fetch(url, init);
      return { status: response.status, ...((await response.json()) as Record<string, unknown>) };
    };
    const post = (body: string, headers: Record<string, string> = {}) => ask({ method: 'POST', body, headers });
    assert.equal(await ask(), { status: 200, mode: 'balanced', level: 2, levels: 2, held: false });
    assert.equal(await post('min-energy'), { status: 200, mode: 'min-energy', level: 2, levels: 2, held: false });
    assert.equal(await post('{"mode": "balanced", "level": 1}'), {
      status: 200,
      mode: 'balanced',
      level: 1,
      levels: 2,
      held: true,
    });
    assert.is((await post('level 7')).status, 400);
    assert.is((await post('{"limit": 3}')).status, 400);
    assert.is((await post('min-energy', { origin: 'http://example.org' })).status, 403);
    press('+');
    assert.equal(await ask(), { status: 200, mode: 'balanced', level: 2, levels: 2, held: true });
    press('m');
    press('l');
    assert.equal(await ask(), { status: 200, mode: 'min-energy', level: 2, levels: 2, held: false });
    stop.abort(new Error('interrupted'));
    assert.is(await ended, 130, err);
    const { document } = runDocument.parse(readFileSync(`${folder}/run.json`, 'utf8'), 'run');
    assert.is(document.controller!.mode, 'min-energy');
    assert.equal(
      document.controller!.switches.map(({ to, reason }) => [to, reason]),
      [
        ['small', 'held by hand'],
        ['original', 'held by hand'],
      ],
    );
    assert.is(document.events.filter(({ kind }) => kind === 'steered').length, 6);
  }),
);

test.run();
