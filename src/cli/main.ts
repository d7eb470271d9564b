#!/usr/bin/env node
import { runCommandLine } from './program.ts';
import { processTerminal } from './terminal.ts';

const terminal = processTerminal(process.env);
// Ended by hand: a socket that nobody waits for any more must not keep the process.
process.exit(await runCommandLine(process.argv.slice(2), terminal));
