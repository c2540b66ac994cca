/**
 * Deno's permissions, asked without a prompt: a command line that waits for an answer on a terminal hangs in a script.
 * On Node everything is granted.
 */
import { HeterodyneError } from '../../src/core/errors.ts';

export type HostPermission =
  | { name: 'read' | 'write'; path: string }
  | { name: 'env'; variable: string }
  | { name: 'run' }
  | { name: 'sys'; kind: SystemFact | readonly SystemFact[] };

/** What Deno guards under these names. */
export type SystemFact = 'cpus' | 'systemMemoryInfo' | 'hostname';

interface DenoPermissions {
  querySync(descriptor: object): { state: 'granted' | 'prompt' | 'denied' };
}

function denoPermissions(): DenoPermissions | undefined {
  return (globalThis as { Deno?: { permissions?: DenoPermissions } }).Deno?.permissions;
}

/** `--allow-read=PATH` and so on: what must be added to the command for this permission. */
function permissionFlag(permission: HostPermission): string {
  switch (permission.name) {
    case 'read':
    case 'write':
      return `--allow-${permission.name}=${permission.path}`;
    case 'env':
      return `--allow-env=${permission.variable}`;
    case 'run':
      return '--allow-run';
    case 'sys':
      return `--allow-sys=${[permission.kind].flat().join(',')}`;
  }
}

export function isGranted(permission: HostPermission): boolean {
  const deno = denoPermissions();
  if (deno === undefined) return true;
  const single =
    permission.name === 'sys' ? [permission.kind].flat().map((kind) => ({ name: 'sys', kind })) : [permission];
  return single.every((descriptor) => deno.querySync(descriptor).state === 'granted');
}

/** @throws HeterodyneError `NOT_READABLE` that names the flag, when Deno was started without it */
export function requirePermission(permission: HostPermission, what: string): void {
  if (isGranted(permission)) return;
  const flag = permissionFlag(permission);
  const path = 'path' in permission ? permission.path : undefined;
  throw new HeterodyneError('NOT_READABLE', `${what}: Deno was not given the permission`, {
    source: path,
    expected: flag,
    received: 'no such permission',
    hint: `run deno with ${flag}`,
  });
}

/**
 * An environment variable, or undefined where it is not set or may not be read. Without permission Deno tells
 * whether NO_COLOR is set, and nothing else.
 */
export function environmentVariable(name: string): string | undefined {
  const deno = (globalThis as { Deno?: { noColor?: boolean } }).Deno;
  if (deno !== undefined && !isGranted({ name: 'env', variable: name })) {
    return name === 'NO_COLOR' && deno.noColor === true ? '1' : undefined;
  }
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
}
