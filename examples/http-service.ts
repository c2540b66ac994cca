/**
 * Inference as a service: several models on one machine, placed by a plan, behind plain HTTP.
 *
 *   heterodyne profile --models squeezenet,mobilenet-v2 --platform host --out profile.json
 *   heterodyne plan --platform host --profile profile.json --out plan.json
 *   npx tsx examples/http-service.ts plan.json profile.json 8080
 *
 *   GET  /models          names, inputs, outputs
 *   POST /infer/NAME      body: the first input as raw little-endian float32; answer: the first output, as JSON
 *   GET  /metrics         for Prometheus
 *
 * A process that dies is started anew while requests wait. Ctrl-C answers what is under way, then ends.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import process from 'node:process';
import { HeterodyneError, planDocument, profileDocument } from 'heterodyne';
import { deploy, METRICS_TYPE, metersOf, metricsText } from 'heterodyne/runtime';

const [planFile = 'plan.json', profileFile = 'profile.json', port = '8080'] = process.argv.slice(2);
/** More is no picture. */
const MOST_BYTES = 64 * 2 ** 20;

const { document: plan } = planDocument.parse(await readFile(planFile, 'utf8'), planFile);
const { document: profile } = profileDocument.parse(await readFile(profileFile, 'utf8'), profileFile);
let restarts = 0;
const runtime = await deploy(plan, {
  profile,
  onEvent: (event) => {
    if (event.kind === 'restarted') restarts++;
    console.error(JSON.stringify(event));
  },
});
const meters = metersOf(runtime);
for (const [name, meter] of meters) runtime.observe(name, meter);

async function bodyOf(request: IncomingMessage): Promise<ArrayBuffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw new HeterodyneError('LIMIT', `a body holds at most ${MOST_BYTES} bytes`);
    pieces.push(piece);
  }
  // A copy of its own: numbers begin at multiples of their size.
  return Uint8Array.from(Buffer.concat(pieces)).buffer;
}

async function infer(name: string, request: IncomingMessage): Promise<unknown> {
  const { inputs, outputs } = runtime.model(name);
  const dims = inputs[0].shape.map(Number);
  const bytes = Float32Array.BYTES_PER_ELEMENT * dims.reduce((product, size) => product * size, 1);
  const body = await bodyOf(request);
  if (body.byteLength !== bytes) {
    throw new HeterodyneError('BAD_INPUT', `${name} takes ${bytes} bytes, not ${body.byteLength}`, {
      hint: `${inputs[0].name}: ${dims.join(' x ')} numbers as little-endian float32`,
    });
  }
  const data = new Float32Array(body);
  const result = await runtime.infer(name, { [inputs[0].name]: { type: 'float32', data, dims } });
  const { data: values, dims: shape } = result.outputs[outputs[0]];
  return {
    model: name,
    form: result.variant,
    responseMs: result.responseMs,
    shape,
    values: Array.from(values as Float32Array),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const json = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  };
  try {
    if (pathname === '/metrics') {
      response.writeHead(200, { 'content-type': METRICS_TYPE }).end(metricsText({ runtime, meters, restarts }));
    } else if (pathname === '/models') {
      json(
        200,
        runtime.models.map(({ name, inputs, outputs }) => ({ name, inputs, outputs })),
      );
    } else if (request.method === 'POST' && pathname.startsWith('/infer/')) {
      json(200, await infer(decodeURIComponent(pathname.slice('/infer/'.length)), request));
    } else json(404, { error: 'see /models, /infer/NAME, /metrics' });
  } catch (error) {
    const known = error instanceof HeterodyneError ? error : undefined;
    const status = known === undefined ? 500 : known.code === 'PROCESS' ? 503 : known.code === 'LIMIT' ? 413 : 400;
    json(status, { error: known?.message ?? 'internal error', hint: known?.hint });
  }
}

const server = createServer((request, response) => void answer(request, response));
server.listen(Number(port), '127.0.0.1', () =>
  console.error(`http://127.0.0.1:${(server.address() as { port: number }).port}`),
);
process.once('SIGINT', async () => {
  server.close();
  await runtime.drain();
  await runtime.close();
  process.exit(0);
});
