import { randomUUID } from 'node:crypto';
import { chmod, lstat, rename, rm, writeFile } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { Store } from '../db/store.ts';
import { readAtOneInstant } from '../db/transaction.ts';
import { EtlError, messageOf } from '../errors.ts';
import type { ReportData } from '../report/data.ts';
import { reportPage } from '../report/page.ts';
import { dateAfter, readReportData } from './report-data.ts';

/** What a report is to be about. */
export interface ReportOptions {
  /** Absolute path; what is there is replaced. */
  readonly file: string;
  /** Names; null for all. */
  readonly organizations: readonly string[] | null;
  /** UTC date; null for `defaultDays` before the end. */
  readonly from: string | null;
  /** UTC date, exclusive; null for the present day, which has not ended. */
  readonly to: string | null;
}

/** What was written. */
export interface WrittenReport {
  readonly file: string;
  readonly bytes: number;
  readonly organizations: readonly string[];
  /** UTC dates, `to` excluded. */
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly days_missing: number;
  readonly days_not_final: number;
  readonly spend: readonly {
    readonly currency: string;
    readonly amount: string;
    readonly previous_amount: string | null;
    readonly amount_not_final: string;
    readonly unattributed: string;
    readonly difference: string;
  }[];
}

/** What a report is about unless it is told. */
export const defaultDays = 30;

/**
 * Writes the report as one HTML file, whole or not at all. Reads the views of `openai_bi` and nothing else, all of them
 * at one instant. Rejects with `folder_unusable` where the file cannot be written.
 */
export async function writeReport(
  {
    store,
    clock,
    signal,
  }: { readonly store: Pick<Store, 'pool'>; readonly clock: Clock; readonly signal: AbortSignal },
  options: ReportOptions,
): Promise<WrittenReport> {
  const now = clock.now();
  const scope = { organizations: options.organizations, ...periodOf(options, now) };
  const data = await readAtOneInstant(store.pool, (reader) => readReportData(reader, scope, now));
  signal.throwIfAborted();
  const page = await reportPage(data);
  await replaceFile(options.file, page);
  return summary(data, options.file, Buffer.byteLength(page));
}

/** The closed days before the present one, unless others are asked for. */
function periodOf({ from, to }: ReportOptions, now: Date): { readonly from: string; readonly to: string } {
  const today = now.toISOString().slice(0, 10);
  const tomorrow = dateAfter(today, 1);
  // From today on, there is nothing but the present day to show; after it, nothing.
  const asked = to ?? (from === today ? tomorrow : today);
  const [end = asked] = [asked, tomorrow].toSorted();
  return { from: from ?? dateAfter(end, -defaultDays), to: end };
}

const privateMode = 0o600;
const permissions = 0o777;

/** A reader of the file sees the page that was or the one that is, never half of one. */
async function replaceFile(file: string, content: string): Promise<void> {
  const aside = `${file}.${randomUUID()}.part`;
  try {
    // A new file, never what somebody has put there. Closed to others, unless the page that was is not.
    await writeFile(aside, content, { flag: 'wx', mode: privateMode });
    const before = await lstat(file).catch(() => null);
    if (before?.isFile() === true) await chmod(aside, before.mode & permissions);
    await rename(aside, file);
  } catch (thrown) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw new EtlError('folder_unusable', `${file} cannot be written: ${messageOf(thrown)}`, {
      cause: thrown,
      remedy: 'Name a file in a folder that can be written, with --out FILE.',
    });
  }
}

function summary({ organizations, period, days, spend }: ReportData, file: string, bytes: number): WrittenReport {
  const count = (states: readonly string[]) => days.filter(({ costs }) => states.includes(costs)).length;
  return {
    file,
    bytes,
    organizations,
    ...period,
    days: days.length,
    days_missing: count(['missing', 'refused']),
    days_not_final: count(['loaded']),
    spend: spend.map(({ currency, amount, previous_amount, amount_not_final, reconciliation }) => ({
      currency,
      amount,
      previous_amount,
      amount_not_final,
      unattributed: reconciliation.unattributed,
      difference: reconciliation.difference,
    })),
  };
}
