#!/usr/bin/env node
import { keepCompiledCode } from './compile-cache.ts';
import { processTerminal } from './terminal.ts';

keepCompiledCode(process.env);
// Loaded after that, so that it is kept.
const { runCommandLine } = await import('./program.ts');
// Ended by hand: a socket that nobody waits for any more must not keep the process.
process.exit(await runCommandLine(process.argv.slice(2), processTerminal(process.env)));
