/** Writes `schemas/*.schema.json` from the documents' own definitions; a test compares the files with that. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { canonicalJson } from '../documents/canonical.ts';
import { DOCUMENT_KINDS } from './document-kinds.ts';

/** File name and text of each schema. */
export function schemaFiles(): { name: string; text: string }[] {
  return DOCUMENT_KINDS.map((document) => ({ name: document.schemaFile, text: canonicalJson(document.jsonSchema()) }));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = fileURLToPath(new URL('../../schemas/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of schemaFiles()) writeFileSync(folder + name, text);
}
