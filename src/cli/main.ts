#!/usr/bin/env node
/** The command line as a process. */
import process from 'node:process';
import { runProgram } from './program.ts';
import { processSession } from './session.ts';

process.exitCode = await runProgram(process.argv.slice(2), processSession());
