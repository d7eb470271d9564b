import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/**
 * Asks the registry for known vulnerabilities of what the package installs with its users. Fails on one of level high or
 * critical. Where the registry gives no report nothing was audited: it says so and ends with 69, which is neither a pass nor a
 * finding.
 */

const failing = ['high', 'critical'];
/** EX_UNAVAILABLE of sysexits. */
const unavailable = 69;
const attempts = 3;
const pauseMs = 2_000;

const report = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      name: z.string(),
      severity: z.string(),
      range: z.string(),
      via: z.array(z.union([z.string(), z.object({ title: z.string(), url: z.string() })])),
    }),
  ),
  metadata: z.object({ dependencies: z.object({ prod: z.int(), optional: z.int() }) }),
});

type Report = z.output<typeof report>;

/** npm's report; null when the registry did not give it. npm exits with 1 in both cases that are not fine. */
function askRegistry(): Promise<Report | null> {
  const options = { cwd: join(import.meta.dirname, '..'), maxBuffer: 64 * 1024 * 1024, timeout: 120_000 };
  return new Promise<string>((resolve) => {
    execFile('npm', ['audit', '--omit=dev', '--json'], options, (_failure, stdout) => resolve(stdout));
  }).then(read);
}

/** A report in a form that is not known is no silence: it fails, or vulnerabilities would pass for an absent registry. */
function read(text: string): Report | null {
  const said = parsed(text);
  return typeof said === 'object' && said !== null && 'vulnerabilities' in said ? report.parse(said) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function askPatiently(): Promise<Report | null> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await askRegistry();
    if (answer !== null || attempt === attempts) return answer;
    await sleep(pauseMs);
  }
}

function tell({ vulnerabilities, metadata }: Report): void {
  const found = Object.values(vulnerabilities);
  for (const { name, severity, range, via } of found) {
    const why = via.map((cause) => (typeof cause === 'string' ? `through ${cause}` : `${cause.title} ${cause.url}`));
    console.log(`${severity}: ${name} ${range}: ${why.join('; ')}`);
  }
  const grave = found.filter(({ severity }) => failing.includes(severity)).length;
  const packages = metadata.dependencies.prod + metadata.dependencies.optional;
  console.log(
    `audited ${packages} packages: ${grave} with a vulnerability of level high or critical, ${found.length} in all`,
  );
  if (grave > 0) process.exitCode = 1;
}

const answer = await askPatiently();
if (answer !== null) {
  tell(answer);
} else {
  console.log(`NOT AUDITED: the registry's audit endpoint gave no report in ${attempts} attempts`);
  process.exitCode = unavailable;
}
