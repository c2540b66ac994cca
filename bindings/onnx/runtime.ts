/** Loading of `onnxruntime-web`: apart from sessions, whose types must not need the package. */
import { HeterodyneError } from '../../src/core/errors.ts';

/** What is set of it. Told by structure: whoever compiles against these types need not have the optional package. */
interface Settable {
  env: { wasm: { numThreads?: number }; logLevel?: unknown };
}

/**
 * The runtime, set to one thread and to silence. `load` imports the package.
 *
 * @throws HeterodyneError `NOT_READABLE`: not installed, or not permitted.
 */
export async function loadRuntime<Runtime extends Settable>(load: () => Promise<Runtime>): Promise<Runtime> {
  const runtime = await load().catch((error) => {
    throw cannotLoad(error);
  });
  // One thread: the result does not depend on the machine, and no workers outlive their caller.
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = 'error';
  return runtime;
}

/** The package is missing, or its WebAssembly (which it reads when the first session opens) is out of reach. */
export function cannotLoad(error: unknown): HeterodyneError {
  return new HeterodyneError('NOT_READABLE', `onnxruntime-web cannot be loaded: ${reason(error)}`, {
    path: 'onnxruntime-web',
    expected: 'the package onnxruntime-web, an optional peer of heterodyne',
    hint: 'Install it: npm install onnxruntime-web (Deno: deno add npm:onnxruntime-web, and run with --allow-read).',
    cause: error,
  });
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Which of the optional runtimes could be loaded, as far as looking for their packages tells. */
export function installedRuntimes(): { native: boolean; wasm: boolean } {
  const found = (name: string): boolean => {
    try {
      import.meta.resolve(name);
      return true;
    } catch {
      return false;
    }
  };
  return { native: found('onnxruntime-node'), wasm: found('onnxruntime-web') };
}
