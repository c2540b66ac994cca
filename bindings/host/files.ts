/**
 * Files, on Node and Deno through the same built-in modules. Whatever goes wrong becomes one error that says which
 * file, what stands in the way, and in Deno which flag opens it.
 */
import { constants, type Stats } from 'node:fs';
import {
  access,
  appendFile,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import process from 'node:process';
import { HeterodyneError } from '../../src/core/errors.ts';
import { requirePermission } from './permissions.ts';

/** Documents are read whole as text; nobody writes a larger one by hand or by tool. */
const LARGEST_TEXT = 512 * 2 ** 20;
/** Node reads no larger file at once, and protobuf describes no larger message. */
const LARGEST_BINARY = 2 ** 31 - 1;

/** What the operating system's error codes mean, in words. */
const CAUSES: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  EEXIST: 'it exists already',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'symbolic links lead in a circle',
  EMFILE: 'too many open files',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EFBIG: 'the file is too large',
  EIO: 'the device failed',
};

function fileError(action: 'read' | 'write', path: string, cause: unknown): HeterodyneError {
  if (cause instanceof HeterodyneError) return cause;
  const code = (cause as { code?: string } | null)?.code ?? '';
  const text = cause instanceof Error ? cause.message : String(cause);
  const reason = CAUSES[code] ?? text;
  let hint: string | undefined;
  if (action === 'write' && (code === 'ENOENT' || code === 'ENOTDIR'))
    hint = `create the folder ${dirname(path)} first`;
  else if (code === 'ENOENT' && !isAbsolute(path)) hint = `looked in ${process.cwd()}`;
  return new HeterodyneError('NOT_READABLE', `cannot ${action} ${path}: ${reason}`, {
    source: path,
    expected: action === 'read' ? 'a file that can be read' : 'a place that can be written to',
    received: reason,
    hint,
    cause,
  });
}

/** Why nothing more could be written to a stream that is no file of ours, such as standard output on a full disk. */
export function streamError(name: string, cause: unknown): HeterodyneError {
  return fileError('write', name, cause);
}

function notAFile(path: string, found: string): HeterodyneError {
  return new HeterodyneError('NOT_READABLE', `cannot read ${path}: it is ${found}`, {
    source: path,
    expected: 'a file',
    received: found,
  });
}

function tooLarge(path: string, bytes: number, most: number): HeterodyneError {
  return new HeterodyneError('LIMIT', `${path} is too large`, {
    source: path,
    expected: `at most ${most} bytes`,
    received: `${bytes} bytes`,
  });
}

/** Size and kind, refusing folders and devices: reading `/dev/zero` would never end. */
async function checkedSize(path: string, most: number): Promise<Stats> {
  requirePermission({ name: 'read', path }, `cannot read ${path}`);
  const found = await stat(path);
  if (found.isDirectory()) throw notAFile(path, 'a folder');
  if (found.isCharacterDevice() || found.isBlockDevice()) throw notAFile(path, 'a device');
  if (found.size > most) throw tooLarge(path, found.size, most);
  return found;
}

/** All bytes of a file. @throws HeterodyneError `NOT_READABLE`, `LIMIT` (2 GiB and more) */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    await checkedSize(path, LARGEST_BINARY);
    return await readFile(path);
  } catch (cause) {
    throw fileError('read', path, cause);
  }
}

/** A text file as UTF-8. @throws HeterodyneError `NOT_READABLE`, `BAD_INPUT` (not UTF-8), `LIMIT` (above 512 MiB) */
export async function readText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    await checkedSize(path, LARGEST_TEXT);
    bytes = await readFile(path);
  } catch (cause) {
    throw fileError('read', path, cause);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HeterodyneError('BAD_INPUT', `${path} is not text`, {
      source: path,
      expected: 'UTF-8',
      received: 'other bytes',
      cause,
    });
  }
}

/** Whether a file or folder stands at `path`; false also where that may not be known. */
export async function exists(path: string): Promise<boolean> {
  try {
    requirePermission({ name: 'read', path }, path);
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Names in a folder, sorted; undefined when `path` is no folder. @throws HeterodyneError `NOT_READABLE` */
export async function folderNames(path: string): Promise<string[] | undefined> {
  try {
    requirePermission({ name: 'read', path }, `cannot read ${path}`);
    return (await stat(path)).isDirectory() ? (await readdir(path)).sort() : undefined;
  } catch (cause) {
    throw fileError('read', path, cause);
  }
}

/** Creates a folder and those above it. @throws HeterodyneError `NOT_READABLE` */
export async function createFolder(path: string): Promise<void> {
  try {
    requirePermission({ name: 'write', path }, `cannot create ${path}`);
    await makeFolders(path);
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/** Not Node's `recursive`: that never returns where a folder exists but takes no new ones (`/proc`). */
async function makeFolders(path: string): Promise<void> {
  const reason = await mkdir(path).then(
    () => undefined,
    (cause: NodeJS.ErrnoException) => cause,
  );
  if (reason === undefined || (await isFolder(path))) return;
  const above = dirname(path);
  if (reason.code !== 'ENOENT' || above === path || (await isFolder(above))) throw reason;
  await makeFolders(above);
  await mkdir(path);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Refuses to write over a file that was read, or that is written too.
 *
 * @param option that named the output, for the message
 * @param role of the other files, for the message
 * @throws HeterodyneError `USAGE` when `output` is one of `inputs`, through whatever links
 */
export async function refuseOverwrite(
  output: string,
  inputs: readonly string[],
  option = '--out',
  role = 'an input file',
): Promise<void> {
  const target = await identityOf(output);
  for (const input of inputs) {
    if (!(await identityOf(input)).some((name) => target.includes(name))) continue;
    throw new HeterodyneError('USAGE', `${output} is ${role} and would be overwritten`, {
      path: option,
      expected: 'another file name',
      received: output,
    });
  }
}

/** Names that tell whether two paths are the same file: the path without links, and the file's number on its disk. */
async function identityOf(path: string): Promise<string[]> {
  const names = [resolve(path)];
  try {
    names.push(await realpath(path));
    const { dev, ino } = await stat(path, { bigint: true });
    if (ino !== 0n) names.push(`${dev}:${ino}`);
  } catch {
    // No such file yet, or no right to look: the path alone must do.
  }
  return names;
}

/** Where the content must go, and whether by way of a temporary file. */
interface Target {
  path: string;
  /** Permission bits of the file that is replaced. */
  mode?: number;
  /** A device or pipe (`/dev/null`): written to directly, since renaming onto it would replace it. */
  direct: boolean;
}

async function targetOf(path: string): Promise<Target> {
  try {
    const link = (await lstat(path)).isSymbolicLink();
    const real = link ? await realpath(path) : path;
    const found = await stat(real);
    if (found.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    return { path: real, mode: found.mode & 0o777, direct: !found.isFile() };
  } catch (cause) {
    if ((cause as { code?: string }).code === 'EISDIR') throw cause;
    return { path, direct: false };
  }
}

/**
 * Looks whether `path` can be written, so that long work is not lost at its end.
 *
 * @throws HeterodyneError `NOT_READABLE`
 */
export async function checkWritable(path: string): Promise<void> {
  requirePermission({ name: 'write', path }, `cannot write ${path}`);
  await attempt(path, async () => {
    const target = await targetOf(path);
    try {
      await access(target.direct ? target.path : dirname(target.path), constants.W_OK);
    } catch (cause) {
      // Without the right to look (Deno), writing itself will tell.
      if (CAUSES[(cause as { code?: string }).code ?? ''] !== undefined) throw cause;
    }
  });
}

export interface WriteOptions {
  /** Stops between pieces; the file is then as if nothing had been written. */
  signal?: AbortSignal;
  onBytes?: (written: number) => void;
}

/**
 * Writes a file whole or not at all: under a temporary name in the same folder, then renamed. Pieces are written as
 * they come, so that a large file never stands in memory.
 *
 * @throws HeterodyneError `NOT_READABLE`; the signal's reason after an abort; whatever the pieces throw
 */
export async function writeFileWhole(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<void> {
  const encoded = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const pieces = encoded instanceof Uint8Array ? [encoded] : encoded;
  let temporary: string | undefined;
  let file: FileHandle | undefined;
  try {
    requirePermission({ name: 'write', path }, `cannot write ${path}`);
    const target = await attempt(path, () => targetOf(path));
    if (!target.direct) {
      temporary = join(dirname(target.path), `.${basename(target.path)}.${crypto.randomUUID()}.tmp`);
      requirePermission({ name: 'write', path: dirname(target.path) }, `cannot write ${path}`);
    }
    file = await attempt(path, () => open(temporary ?? target.path, temporary ? 'wx' : 'w', target.mode));
    await writePieces(path, file, pieces, options);
    await attempt(path, () => file!.close());
    file = undefined;
    if (temporary !== undefined) await attempt(path, () => rename(temporary!, target.path));
    temporary = undefined;
  } finally {
    await file?.close().catch(() => {});
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {});
  }
}

async function writePieces(
  path: string,
  file: FileHandle,
  pieces: Iterable<Uint8Array>,
  { signal, onBytes }: WriteOptions,
): Promise<void> {
  let written = 0;
  for (const piece of pieces) {
    signal?.throwIfAborted();
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await attempt(path, () => file.write(piece, done, piece.length - done));
      done += bytesWritten;
    }
    written += piece.length;
    onBytes?.(written);
  }
}

async function attempt<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/** Adds a line to a file, which is made if missing: for records that must outlive whatever comes next. */
export async function appendLine(path: string, line: string): Promise<void> {
  requirePermission({ name: 'write', path }, `cannot write ${path}`);
  await attempt(path, () => appendFile(path, `${line}\n`));
}

/** Removes a file; nothing happens where there is none. */
export async function removeFile(path: string): Promise<void> {
  requirePermission({ name: 'write', path }, `cannot remove ${path}`);
  await attempt(path, () => rm(path, { force: true }));
}
