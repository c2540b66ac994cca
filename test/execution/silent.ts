/** A process that writes nonsense instead of answers. */
import process from 'node:process';

process.stdout.write('this is no message, and was never meant to be one');
setInterval(() => {}, 1000);
