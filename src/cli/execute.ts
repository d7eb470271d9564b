import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { toEtlError } from '../errors.ts';
import type { CommonFlags, Handler, Invocation, Outcome } from './command.ts';
import { failureDocument, failureText, isDefect } from './failure.ts';
import { firstLevel, openLog } from './logging.ts';
import { printableJson, printableText } from './printable.ts';
import { createProgressBar, noProgress } from './progress.ts';
import { Interruption, type Output, type Terminal } from './terminal.ts';

/**
 * How long an interrupted command may take to roll back before the process ends anyway: half of what docker stop leaves
 * it, so that a database that does not answer never makes of an interrupted run a killed one.
 */
const rollbackPatienceMs = 5_000;

/** Runs one command to its exit code. Whatever goes wrong inside is reported here and nowhere else. */
export async function execute<Flags extends object>(
  terminal: Terminal,
  command: Command,
  handler: Handler<Flags>,
): Promise<number> {
  const flags = command.optsWithGlobals<Flags & CommonFlags>();
  const json = flags.json === true;
  const bar =
    terminal.err.isTerminal && flags.quiet !== true ? createProgressBar(terminal.err, terminal.clock) : noProgress;
  const log = openLog(firstLevel(terminal.env['LOG_LEVEL'], flags), terminal.err, bar);
  const overrides = flags.verbose === true || flags.quiet === true ? { logLevel: log.level } : {};
  const invocation: Invocation = {
    terminal,
    json,
    clock: terminal.clock,
    signal: terminal.signal,
    log,
    progress: bar,
    config: ({ needsKey }) => {
      const config = loadConfig({
        env: terminal.env,
        cwd: terminal.cwd,
        configFile: flags.config,
        overrides,
        needsKey,
        clock: terminal.clock,
      });
      log.level = config.logLevel;
      if (terminal.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
        log.warn(
          'NODE_TLS_REJECT_UNAUTHORIZED=0 does not count here: certificates are checked; NODE_EXTRA_CA_CERTS adds one',
        );
      return config;
    },
    print: (outcome) => print(terminal, json, outcome),
  };
  try {
    const outcome = await interruptible(terminal, handler(invocation, flags, given(command.processedArgs)));
    bar.finished();
    if (outcome !== null) await print(terminal, json, outcome);
    return exitStatus(terminal, outcome?.exit ?? 0, outcome !== null);
  } catch (thrown) {
    bar.finished();
    const error = toEtlError(terminal.signal.aborted ? terminal.signal.reason : thrown);
    if (isDefect(error)) log.debug({ stack: thrown instanceof Error ? thrown.stack : undefined }, 'unexpected error');
    await reportFailure(terminal, json, error);
    return exitStatus(terminal, error.exit, true);
  }
}

/** Arguments as texts. One that may be left out and was is undefined to commander, and nothing to us. */
function given(processedArgs: readonly unknown[]): readonly string[] {
  return processedArgs.filter((arg) => arg !== undefined).map(String);
}

/** The command's end, or the end of the patience with one that was interrupted and does not come to one. */
function interruptible<T>(terminal: Terminal, work: Promise<T>): Promise<T> {
  const { signal, clock } = terminal;
  const lateEnd = new Promise<never>((_resolve, reject) => {
    const wait = () => clock.sleep(rollbackPatienceMs).then(() => reject(signal.reason), reject);
    signal.addEventListener('abort', () => wait(), { once: true });
  });
  return Promise.race([work, lateEnd]);
}

/** A serving command ends well by being interrupted; any other was stopped before it was done. */
function exitStatus({ signal }: Terminal, exit: number, interruptedBeforeDone: boolean): number {
  return interruptedBeforeDone && signal.reason instanceof Interruption ? signal.reason.exitStatus : exit;
}

async function print({ out }: Terminal, json: boolean, outcome: Outcome): Promise<void> {
  const text = json ? jsonText(outcome.document) : shownText(outcome, out);
  await out.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
}

/** Names and messages in it are somebody else's; only data for other programs leaves as it is. */
function shownText(outcome: Outcome, { style }: Output): string {
  const text = outcome.text(style);
  return outcome.exact === true ? text : printableText(text, style.hasColour);
}

function jsonText(document: unknown): string {
  return printableJson(JSON.stringify(document, null, 2));
}

/** Says what went wrong: to people on standard error, to machines as the one document on standard output. */
export async function reportFailure({ out, err }: Terminal, json: boolean, thrown: unknown): Promise<void> {
  const error = toEtlError(thrown);
  if (json) await out.write(`${jsonText(failureDocument(error))}\n`);
  else await err.write(`${printableText(failureText(error, err.style), err.style.hasColour)}\n`);
}
