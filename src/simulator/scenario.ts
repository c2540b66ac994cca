/** The scenario document: what happens to a device and its workload while they run. */
import { z } from 'zod';
import { CONTROL_MODES } from '../core/control-modes.ts';
import type { Problem } from '../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';

const atMs = z.number().min(0).describe('When it happens, after the start.');
const untilMs = z.number().gt(0).optional().describe('When it is over; absent = it stays.');

const eventSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('job'),
      atMs,
      untilMs,
      processor: z.string().describe('Processor that it shares with the models.'),
      slowdown: z.number().gt(1).describe('How many times longer everything there takes meanwhile.'),
    })
    .describe('Another job runs on a processor.'),
  z
    .strictObject({
      type: z.literal('thermal-cap'),
      atMs,
      untilMs,
      operatingPoint: z.string().min(1).describe('Clocks and cores that are not exceeded: a name, or settings.'),
    })
    .describe('The device is held at lower clocks, whoever asks for more.'),
  z
    .strictObject({ type: z.literal('processor-lost'), atMs, untilMs, processor: z.string() })
    .describe('A processor vanishes; its models are placed anew on the rest, or stand still until it is back.'),
  z
    .strictObject({ type: z.literal('model-added'), atMs, model: z.string() })
    .describe('A model of the plan comes; before, none of its frames are released.'),
  z
    .strictObject({ type: z.literal('model-removed'), atMs, model: z.string() })
    .describe('No further frames of a model.'),
  z
    .strictObject({ type: z.literal('mode'), atMs, mode: z.enum(CONTROL_MODES) })
    .describe('An outside policy sets what the controller aims at.'),
]);

const shape = {
  name: z.string().optional(),
  events: z.array(eventSchema),
};

export type Scenario = DocumentFrom<'scenario', typeof shape>;
export type ScenarioEvent = Scenario['events'][number];

export const scenarioDocument = defineDocument({
  kind: 'scenario',
  schemaVersion: 1,
  title: 'Heterodyne scenario: what happens to a device and its workload while they run',
  shape,
  check: checkScenario,
});

function checkScenario(scenario: Scenario): Problem[] {
  return scenario.events.flatMap((event, i) =>
    'untilMs' in event && event.untilMs !== undefined && event.untilMs <= event.atMs
      ? [
          {
            path: `/events/${i}/untilMs`,
            message: 'it is over before it begins',
            expected: `more than ${event.atMs}`,
            received: String(event.untilMs),
          },
        ]
      : [],
  );
}
