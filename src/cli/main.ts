#!/usr/bin/env node
// Nothing is imported before this: an older Node would fail on what it does not have, and say so in its own words.
const oldest = [22, 22] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  const has = `this is Node ${process.versions.node} (${process.execPath})`;
  process.stderr.write(`usage-etl needs Node ${oldest.join('.')} or newer; ${has}\n`);
  process.exit(2);
}

const { keepCompiledCode } = await import('./compile-cache.ts');
keepCompiledCode(process.env);
// Loaded after that, so that it is kept.
const { processTerminal } = await import('./terminal.ts');
const { runCommandLine } = await import('./program.ts');
// Ended by hand: a socket that nobody waits for any more must not keep the process.
process.exit(await runCommandLine(process.argv.slice(2), processTerminal(process.env)));

export {};
