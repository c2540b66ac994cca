/** A process that sets clocks of a board and then leaves in the way it is told: the subject of the restore tests. */
import process from 'node:process';
import { Actuators } from '../../bindings/host/clocks/index.ts';

const [root, journal, way] = process.argv.slice(2);
const actuators = new Actuators({ root, journal, write: true, leastIntervalMs: 0 });
const release = actuators.restoreOnExit();
actuators.set('cpu0', 2035.2e6);
actuators.set('cpu1', 960e6);
actuators.set('gpu', 675.75e6);
actuators.set('emc', 1.2e9);
process.stdout.write('set\n');
if (way === 'success') release();
else if (way === 'exit') process.exit(0);
else if (way === 'exception') throw new Error('on purpose');
else setInterval(() => {}, 1000);
