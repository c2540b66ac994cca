/** What else looks on while a plan runs: metrics for Prometheus, and a log of what happens, one JSON object a line. */
import { createServer, type Server } from 'node:http';
import { appendLine, checkWritable, writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { RuntimeEvent } from '../runtime/deploy.ts';
import { told } from '../runtime/document.ts';
import { METRICS_TYPE } from '../runtime/metrics.ts';
import { answerWish, type Steering } from './run-steering.ts';

/** How often a file of metrics is written anew. */
const FILE_MS = 1000;
/** Characters of a wish. */
const MOST_WISH = 1000;

export interface MetricsOutlet {
  /** Where they are, for people. */
  place: string;
  end(): Promise<void>;
}

const HIGHEST_PORT = 65_535;

/**
 * `--metrics`: a port of this machine, or a file.
 *
 * @param steering what `/mode` on the port steers
 * @throws HeterodyneError `USAGE` for a port that is taken or is none
 */
export async function openMetrics(
  given: string,
  text: () => string,
  steering: Steering | undefined,
): Promise<MetricsOutlet> {
  if (/^\d+$/.test(given)) return serve(Number(given), text, steering);
  await checkWritable(given);
  const write = (): Promise<void> => writeFileWhole(given, text());
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    last = last.then(write).catch(() => {});
  }, FILE_MS);
  return {
    place: given,
    async end() {
      clearInterval(timer);
      await last;
      await write();
    },
  };
}

async function serve(port: number, text: () => string, steering: Steering | undefined): Promise<MetricsOutlet> {
  const server: Server = createServer((request, response) => {
    const tell = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, connection: 'close' });
      response.end(body);
    };
    if (request.url === '/metrics') tell(200, METRICS_TYPE, text());
    else if (request.url !== '/mode') tell(404, 'text/plain', 'see /metrics and /mode\n');
    else {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (piece: string) => {
        body += piece;
        if (body.length > MOST_WISH) request.destroy();
      });
      request.on('end', () => {
        const { method = '', headers } = request;
        const answer = answerWish(steering, { method, body, ...(headers.origin && { origin: headers.origin }) });
        tell(answer.status, 'application/json', answer.body);
      });
    }
  });
  const refused = (cause?: unknown) =>
    new HeterodyneError('USAGE', `--metrics cannot listen on port ${port}`, {
      path: '--metrics',
      expected: `a free port from 0 to ${HIGHEST_PORT}, or a file name`,
      received: String(port),
      cause,
    });
  if (port > HIGHEST_PORT) throw refused();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(refused(cause)));
    // This machine alone: nobody asked for an open port.
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    place: `http://127.0.0.1:${actual}/metrics`,
    end: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** `--log`: events as they come. Lines that cannot be written are left out: the run goes on. */
export async function openLog(file: string): Promise<(event: RuntimeEvent) => void> {
  await checkWritable(file);
  const began = performance.now();
  let last: Promise<unknown> = Promise.resolve();
  return (event) => {
    const line = JSON.stringify({ atMs: Math.round(performance.now() - began), ...told(event) });
    last = last.then(() => appendLine(file, line)).catch(() => {});
  };
}
