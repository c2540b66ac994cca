/** All commands. Each is loaded when it is called, so that no command waits for what another one needs. */
import type { Command } from './command.ts';

export interface CommandEntry {
  kind: 'command';
  /** One sentence. */
  summary: string;
  load(): Promise<Command>;
  /** Commands under this one, by the word that follows its name; they take no other words. */
  members?: Readonly<Record<string, CommandEntry>>;
}

export interface GroupEntry {
  kind: 'group';
  summary: string;
  examples: readonly string[];
  members: Readonly<Record<string, CommandEntry | GroupEntry>>;
}

const command = (
  summary: string,
  load: () => Promise<Command>,
  members?: Readonly<Record<string, CommandEntry>>,
): CommandEntry => ({ kind: 'command', summary, load, ...(members !== undefined && { members }) });

export const COMMANDS: GroupEntry = {
  kind: 'group',
  summary:
    'Heterodyne decides where, when, at which clock and in which size several neural networks run together on one heterogeneous device.',
  examples: [
    'heterodyne plan --platform hikey970 --models alexnet,mobilenet-v1,resnet-50',
    'heterodyne models info resnet-50',
  ],
  members: {
    plan: command('Decide which processor runs which part of each model.', async () => {
      return (await import('./commands/plan.ts')).planCommand;
    }),
    profile: command(
      'Write down what every block of every model costs on every processor.',
      async () => (await import('./commands/profile.ts')).profileCommand,
      {
        import: command('Take block costs from what another profiler wrote.', async () => {
          return (await import('./commands/profile-import.ts')).profileImportCommand;
        }),
      },
    ),
    simulate: command('Run a plan in virtual time, under noise, scenarios and controllers.', async () => {
      return (await import('./commands/simulate.ts')).simulateCommand;
    }),
    run: command('Run a plan on this machine, and show what it gives beside what it predicted.', async () => {
      return (await import('./commands/run.ts')).runCommand;
    }),
    estimator: {
      kind: 'group',
      summary: 'Learned throughput estimators: make data, train, test.',
      examples: ['heterodyne estimator dataset --platform hikey970 --out data.json'],
      members: {
        dataset: command('Make placements of many mixes, labelled with the rates that they reach.', async () => {
          return (await import('./commands/estimator-dataset.ts')).estimatorDatasetCommand;
        }),
        train: command('Learn to predict rates from a data set, and write the network as ONNX.', async () => {
          return (await import('./commands/estimator-train.ts')).estimatorTrainCommand;
        }),
        test: command('Judge an estimator on mixes that it never saw.', async () => {
          return (await import('./commands/estimator-test.ts')).estimatorTestCommand;
        }),
      },
    },
    search: command('Search the sub-networks of a supernet for the best accuracy within a cost.', async () => {
      return (await import('./commands/search.ts')).searchCommand;
    }),
    models: {
      kind: 'group',
      summary: 'Look at models: ONNX files, and the networks that Heterodyne can build itself (the zoo).',
      examples: ['heterodyne models info resnet-50'],
      members: {
        list: command('List the networks of the zoo.', async () => {
          return (await import('./commands/models-list.ts')).modelsListCommand;
        }),
        info: command('Show inputs, outputs, blocks and work of a model.', async () => {
          return (await import('./commands/models-info.ts')).modelsInfoCommand;
        }),
        export: command('Write networks of the zoo as ONNX files with random weights.', async () => {
          return (await import('./commands/models-export.ts')).modelsExportCommand;
        }),
        split: command('Write the stages of a placement as ONNX files.', async () => {
          return (await import('./commands/models-split.ts')).modelsSplitCommand;
        }),
        optimize: command('Build other forms of a model (rewritten, float16, int8), and measure them.', async () => {
          return (await import('./commands/models-optimize.ts')).modelsOptimizeCommand;
        }),
        approximate: command('Build low-rank forms of a model, and measure every layer.', async () => {
          return (await import('./commands/models-approximate.ts')).modelsApproximateCommand;
        }),
      },
    },
    platforms: {
      kind: 'group',
      summary: 'Look at platforms: the devices that plans are made for.',
      examples: ['heterodyne platforms show hikey970'],
      members: {
        list: command('List the known platforms.', async () => {
          return (await import('./commands/platforms-list.ts')).platformsListCommand;
        }),
        show: command('Show the parts of a platform, and where its numbers come from.', async () => {
          return (await import('./commands/platforms-show.ts')).platformsShowCommand;
        }),
        detect: command('Describe this machine as a platform.', async () => {
          return (await import('./commands/platforms-detect.ts')).platformsDetectCommand;
        }),
      },
    },
    report: command('Write the page and the charts about any document.', async () => {
      return (await import('./commands/report.ts')).reportCommand;
    }),
    trace: {
      kind: 'group',
      summary: 'Look at traces: plans as courses of events, for Perfetto.',
      examples: ['heterodyne trace check trace.json --plan plan.json'],
      members: {
        check: command('Check a trace against every rule that viewers need.', async () => {
          return (await import('./commands/trace-check.ts')).traceCheckCommand;
        }),
      },
    },
  },
};
