import type { ExportCheckReport, ExportedStream, ExportReport } from '../../run/export.ts';
import { counted } from '../numbers.ts';
import type { Style } from '../style.ts';

/** What was exported, for people: a line per stream that changed, and what there is altogether. */
export function exportText(report: ExportReport): (style: Style) => string {
  return (style) => {
    const changed = report.streams.filter(({ partitions_written }) => partitions_written > 0);
    const unchanged = report.streams.length - changed.length;
    return [
      ...changed.map(lineOf),
      ...(unchanged === 0 ? [] : [style.dim(`${counted(unchanged, 'stream')} as before`)]),
      `Exported to ${style.bold(report.out)}: ${counted(report.rows, 'row')}, ${sizeOf(report.bytes)}, ${counted(report.files_written, 'file')} new.`,
      style.dim(`Cursor ${report.cursor}`),
    ].join('\n');
  };
}

function lineOf({ name, partitions, partitions_written, rows_written, bytes_written }: ExportedStream): string {
  return `${name}: ${partitions_written} of ${counted(partitions, 'partition')} new, ${counted(rows_written, 'row')}, ${sizeOf(bytes_written)}`;
}

/** What a check found, for people: a line per partition that is not as the store has it. */
export function exportCheckText(report: ExportCheckReport): (style: Style) => string {
  return (style) => {
    const { partitions, out, status, files, rows } = report;
    const lines = partitions
      .filter(({ verdict }) => verdict !== 'equal')
      .map(({ stream, month, path, verdict }) => {
        const what = month === null ? stream : `${stream} of ${month}`;
        return `${verdict === 'changed' ? style.warn(verdict) : style.bad(verdict)}  ${what}  ${path ?? 'not exported yet'}`;
      });
    const summaries = {
      equal: style.good(`${out} equals the store`),
      changed: style.warn(`${out} is whole; the store has changed since ${report.exported_at}`),
      broken: style.bad(`${out} is not what was exported`),
    };
    return [...lines, `${summaries[status]}: ${counted(files, 'file')}, ${counted(rows, 'row')}.`].join('\n');
  };
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

function sizeOf(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
