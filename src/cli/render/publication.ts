import type { PublicationStatus } from '../../run/publication.ts';

/** True when a follower of the publication would be told of every change. */
export function isReady({ exists, missing, unidentified, wal_level: walLevel }: PublicationStatus): boolean {
  return exists && missing.length === 0 && unidentified.length === 0 && walLevel === 'logical';
}

/** A publication for people: what there is, what is missing, who holds back write-ahead log. */
export function publicationText(status: PublicationStatus): string {
  const { name, exists, tables, missing, unidentified, slots } = status;
  const lines = [
    exists ? `publication ${name}: ${tables.length} tables` : `no publication ${name}: usage-etl publication create`,
    ...(exists && missing.length > 0 ? [`missing: ${missing.join(', ')}; usage-etl publication create adds them`] : []),
    ...(unidentified.length > 0 ? [`without a key to tell rows by: ${unidentified.join(', ')}`] : []),
    ...(status.wal_level === 'logical'
      ? []
      : [`wal_level is ${status.wal_level}: set it to logical and restart PostgreSQL; until then nothing can follow`]),
    ...(status.max_slot_wal_keep_size === '-1'
      ? ['max_slot_wal_keep_size is -1: a slot that nobody reads fills the disk; set a limit']
      : []),
    ...slots.map(({ name: slot, plugin, active, retained_bytes: bytes, wal_status: state }) => {
      const kept = bytes === null ? 'unknown' : `${bytes} bytes`;
      return `slot ${slot} (${plugin}): ${active ? 'followed' : 'not followed now'}, write-ahead log kept ${kept}, ${state ?? 'unknown'}`;
    }),
  ];
  return lines.join('\n');
}
