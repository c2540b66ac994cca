/** A process that starts another one: what is left of that when this one is killed? */
import { serveRequests } from '../../bindings/host/index.ts';
import { openProcessor } from '../../src/execution/processor.ts';

serveRequests(async () => {
  const processor = await openProcessor({ runtime: 'native', cores: [0], threads: 1 });
  return { header: { child: processor.pid } };
});
