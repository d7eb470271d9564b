import { refusalTexts } from '../../run/known-refusals.ts';
import type { DatasetReport, DirectoryReport, ErrorReport, RunReport } from '../../run/report.ts';
import { count, counted, instant } from '../numbers.ts';
import { printableValue } from '../printable.ts';
import type { Style } from '../style.ts';

interface Note {
  readonly subject: string;
  readonly text: string;
  readonly remedy: string | null;
}

/** Names are not numbers: what is missing of them is said, and changes nothing else. */
function nameNotes({ org_id, status, detail, remedy, lists }: DirectoryReport, report: RunReport): readonly Note[] {
  if (status === 'read') return [];
  const missing = lists.flatMap((list) => (list.status === 'read' ? [] : [list.list]));
  const numbers = hasAllNumbers(org_id, report) ? '; numbers are complete' : '';
  const text = `names not read${missing.length === 0 ? '' : ` (${missing.join(', ')})`}${numbers}: ${detail ?? ''}`;
  return [{ subject: org_id, text, remedy }];
}

/** False also where nothing was asked for: then nothing is known of them. */
function hasAllNumbers(org: string, { datasets, errors }: RunReport): boolean {
  const asked = datasets.filter(({ org_id }) => org_id === org);
  const isWhole = asked.every(({ status }) => status === 'ok' || status === 'unavailable');
  return asked.some(({ status }) => status === 'ok') && isWhole && !errors.some(({ org_id }) => org_id === org);
}

/** What a person may have to look at: every note once, whoever it is about. */
export function attention(report: RunReport, style: Style): readonly string[] {
  const notes = [
    ...report.errors.map((error) => errorNote(error.org_id, error)),
    ...report.datasets.flatMap((dataset) => notesOf(dataset, report.started_at)),
    ...report.cost_splits.flatMap(({ errors }) => errors.map((error) => errorNote('split of costs', error))),
    ...report.directory.flatMap((names) => nameNotes(names, report)),
  ];
  if (notes.length === 0) return [];
  const lines = grouped(notes).flatMap(({ subject, text, remedy }) => [
    `  ${style.warn('•')} ${style.bold(subject)}: ${printableValue(text)}`,
    ...(remedy === null ? [] : [`    → ${remedy}`]),
  ]);
  return [[style.bold('Needs attention'), ...lines].join('\n')];
}

/** What becomes of the buckets that the API refuses something of. */
const kept = {
  horizon: 'what is stored from before stays and is no longer corrected, what is not stored is missing',
  grouping: 'those buckets are read without it where that can be done, else not at all',
} as const;

/** `startedAt`: a horizon is told in the run that proved it; a dimension that is missing, every time. */
function notesOf(report: DatasetReport, startedAt: string): readonly Note[] {
  const subject = `${report.dataset} ${report.bucket_width}`;
  // An optional endpoint that an organization lacks shows in the table; there is nothing to do about it.
  if (report.status === 'unavailable') return [];
  const notes = report.errors.map((error) => errorNote(subject, error));
  const note = (text: string, remedy: string | null = null) => notes.push({ subject, text, remedy });
  if (report.status === 'busy') note('another run is loading it; skipped', 'Nothing to do, or run again later.');
  const told = report.refusals.filter(({ kind, proved_at }) => kind === 'grouping' || proved_at >= startedAt);
  for (const { kind, text, ask_again_at } of refusalTexts(told))
    note(`${text}: ${kept[kind]}; sync asks again from ${instant(ask_again_at)}`);
  if (report.quarantined > 0) {
    note(
      `${counted(report.quarantined, 'result')} cannot be stored as sent: kept in quarantine, counted nowhere`,
      'Run usage-etl status to see why.',
    );
  }
  if (report.buckets_unanswered > 0) {
    note(
      `${counted(report.buckets_unanswered, 'bucket')} asked for and not answered: what is stored of them stays, and they are read again`,
    );
  }
  for (const text of placeless(report)) note(`received and without a place: ${text}`);
  if (report.amounts_missing > 0) {
    const cost = report.amounts_missing === 1 ? 'cost came' : 'costs came';
    note(
      `${count(report.amounts_missing)} ${cost} without an amount or its currency: stored as unknown, in no sum`,
      'Nothing to do: their days count as incomplete until the API tells the amounts. openai_bi.coverage names them.',
    );
  }
  if (report.tie_out?.detail) note(`not compared with the API's own totals: ${report.tie_out.detail}`);
  if (report.drift.length > 0) note(`the API sends what the catalog does not know: ${report.drift.join(', ')}`);
  if (report.buckets_kept > 0)
    note(`${counted(report.buckets_kept, 'bucket')} left alone: the store holds a finer or newer reading`);
  return notes;
}

function placeless({ without_place: { outside, undated } }: DatasetReport): readonly string[] {
  const told = ({ buckets, results }: typeof outside, where: string) =>
    buckets === 0 ? [] : [`${counted(results, 'result')} in ${counted(buckets, 'bucket')} ${where}`];
  return [...told(outside, 'outside what was asked for'), ...told(undated, 'without a start that can be read')];
}

function errorNote(subject: string, { message, remedy }: ErrorReport): Note {
  const said = `${subject}: `;
  return { subject, text: message.startsWith(said) ? message.slice(said.length) : message, remedy };
}

/** What befell several datasets alike is said once. */
function grouped(notes: readonly Note[]): readonly Note[] {
  const byText = Map.groupBy(notes, ({ text, remedy }) => `${text}\n${remedy ?? ''}`);
  return [...byText.values()].flatMap((alike) => {
    const subject = [...new Set(alike.map((note) => note.subject))].join(', ');
    return alike.slice(0, 1).map((note) => ({ ...note, subject }));
  });
}
