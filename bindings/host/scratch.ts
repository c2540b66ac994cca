/** Folders that live as long as some work does. */

import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const open = new Set<string>();
let guarding = false;

/** An empty folder, to be removed by whoever asked for it; gone also when the process ends before. */
export async function openScratchFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'heterodyne-'));
  open.add(folder);
  if (!guarding) {
    guarding = true;
    process.on('exit', () => {
      for (const each of open) rmSync(each, { recursive: true, force: true });
    });
  }
  return {
    folder,
    async remove() {
      await rm(folder, { recursive: true, force: true });
      open.delete(folder);
    },
  };
}

/** Runs `work` with an empty folder of its own, which is gone afterwards, also when the process ends before. */
export async function withScratchFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const { folder, remove } = await openScratchFolder();
  try {
    return await work(folder);
  } finally {
    await remove();
  }
}

/** Texts of the files that `work` leaves in a folder of its own, by name. */
export async function takeTextFiles(work: (folder: string) => Promise<void>): Promise<string[]> {
  return withScratchFolder(async (folder) => {
    await work(folder);
    const names = (await readdir(folder)).sort();
    return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  });
}
