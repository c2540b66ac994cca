/** The host: files, permissions and facts about the machine, on Node and Deno alike. */

export { type CommandOptions, commandWords, runCommand } from './commands.ts';
export { type CoreWaits, coreWaits, waitedMs } from './core-waits.ts';
export { cpuFeatures } from './cpu-features.ts';
export { type CpuTime, cpuTime, ownCoreMs } from './cpu-time.ts';
export {
  appendLine,
  checkWritable,
  createFolder,
  exists,
  folderNames,
  readBytes,
  readText,
  refuseOverwrite,
  removeFile,
  streamError,
  type WriteOptions,
  writeFileWhole,
} from './files.ts';
export { type MachineFacts, machineFacts } from './machine.ts';
export { environmentVariable, type HostPermission, isGranted } from './permissions.ts';
export {
  type Answer,
  canPin,
  type HostProcess,
  type ProcessOptions,
  type RequestOptions,
  serveRequests,
  startProcess,
} from './processes.ts';
export { openScratchFolder, takeTextFiles, withScratchFolder } from './scratch.ts';
export { type CoreGroup, type CoreTopology, coreTopology } from './topology.ts';
