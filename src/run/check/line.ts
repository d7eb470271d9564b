import { toEtlError } from '../../errors.ts';
import { redact } from '../../log.ts';

/** One thing that was tried. */
export interface CheckLine {
  /** Null for what concerns every organization. */
  readonly org_id: string | null;
  readonly name: string;
  /** `notice`: it does not work, and nothing asked for depends on it. `skipped`: pointless after an earlier failure. */
  readonly status: 'ok' | 'notice' | 'failed' | 'skipped';
  readonly detail: string;
  readonly remedy: string | null;
}

/** It works. */
export function ok(org_id: string | null, name: string, detail: string): CheckLine {
  return { org_id, name, status: 'ok', detail, remedy: null };
}

/** Pointless after an earlier failure. */
export function skipped(org_id: string, name: string, detail: string): CheckLine {
  return { org_id, name, status: 'skipped', detail, remedy: null };
}

/** It does not work, for the reason thrown. */
export function failed(org_id: string | null, name: string, thrown: unknown): CheckLine {
  const { message, remedy } = toEtlError(thrown);
  return { org_id, name, status: 'failed', detail: redact(message), remedy };
}
