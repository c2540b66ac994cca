/**
 * Runs every `*.test.ts` below test/ with uvu in this process, on Node (through tsx) and on Deno alike, and closes
 * with one line: `N passed, N failed`. Arguments pick files by substring.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
  .sort();

type QueuedSuite = () => Promise<[string | true, number, number, number]>;
const shared = globalThis as { UVU_DEFER?: number; UVU_QUEUE?: (string | QueuedSuite)[][]; UVU_INDEX?: number };
shared.UVU_DEFER = 1;
const queue = (shared.UVU_QUEUE = []) as (string | QueuedSuite)[][];
const { exec } = await import('uvu');

for (const [index, file] of files.entries()) {
  shared.UVU_INDEX = index;
  queue.push([file]);
  await import(pathToFileURL(root + file).href);
}

let passed = 0;
let failed = 0;
for (const group of queue) {
  for (let i = 1; i < group.length; i++) {
    const suite = group[i] as QueuedSuite;
    group[i] = async () => {
      const result = await suite();
      passed += result[1];
      failed += result[3] - result[1];
      return result;
    };
  }
}
await exec();
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
