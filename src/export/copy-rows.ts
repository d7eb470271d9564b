import { EtlError } from '../errors.ts';
import type { FormedColumn } from './column.ts';
import { decimalPrecision } from './decimal-form.ts';

/** A value as the Parquet writer takes it; decimals as the integer of their units. */
export type Value = string | bigint | number | boolean | null;

/** Rows, column by column. */
export interface Batch {
  readonly rows: number;
  readonly columns: readonly Value[][];
}

/** What a binary COPY stream starts with: signature, flags, length of the header's extension. */
const headerBytes = 19;
const postgresEpochMicroseconds = 946_684_800_000_000n;
const postgresEpochDays = 10_957;

type Decode = (bytes: Buffer, at: number, length: number) => Value;

/**
 * Turns the chunks of a binary COPY into batches of at most `batchRows` rows and about `batchBytes` bytes. Rejects with
 * `internal` when the stream ends early or a decimal has more digits than its column's form.
 */
export async function* copyBatches(
  chunks: AsyncIterable<Buffer>,
  columns: readonly FormedColumn[],
  limits: { readonly batchRows: number; readonly batchBytes: number },
): AsyncGenerator<Batch> {
  const decoders = columns.map(decoderOf);
  let batch = emptyBatch(columns.length);
  let bytes = 0;
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  let ended = false;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!started) {
      if (rest.length < headerBytes) continue;
      started = true;
      at = headerBytes;
    }
    for (;;) {
      const end = tupleEnd(rest, at);
      if (end === 'trailer') ended = true;
      if (typeof end !== 'number') break;
      decodeTuple(rest, at, decoders, batch);
      bytes += end - at;
      at = end;
      if (batch.rows >= limits.batchRows || bytes >= limits.batchBytes) {
        yield batch;
        batch = emptyBatch(columns.length);
        bytes = 0;
      }
    }
    rest = rest.subarray(at);
  }
  if (!ended) throw new EtlError('internal', 'PostgreSQL ended a COPY before its trailer');
  if (batch.rows > 0) yield batch;
}

interface GrowingBatch {
  rows: number;
  readonly columns: Value[][];
}

function emptyBatch(width: number): GrowingBatch {
  return { rows: 0, columns: Array.from({ length: width }, () => []) };
}

/** Where the tuple that starts at `at` ends; null when it is not all there yet. */
function tupleEnd(bytes: Buffer, at: number): number | 'trailer' | null {
  if (at + 2 > bytes.length) return null;
  const fields = bytes.readInt16BE(at);
  if (fields === -1) return 'trailer';
  let end = at + 2;
  for (let field = 0; field < fields; field += 1) {
    if (end + 4 > bytes.length) return null;
    const length = bytes.readInt32BE(end);
    end += 4 + Math.max(length, 0);
  }
  return end > bytes.length ? null : end;
}

function decodeTuple(bytes: Buffer, start: number, decoders: readonly Decode[], batch: GrowingBatch): void {
  let at = start + 2;
  for (let index = 0; index < decoders.length; index += 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    batch.columns[index]?.push(length < 0 ? null : (decoders[index]?.(bytes, at, length) ?? null));
    at += Math.max(length, 0);
  }
  batch.rows += 1;
}

function tooNarrow(name: string): EtlError {
  return new EtlError('internal', `a value of ${name} has more digits than its form holds`);
}

function decoderOf({ name, kind, form }: FormedColumn): Decode {
  switch (kind) {
    case 'text':
      return textDecoder();
    case 'int64':
      return integerDecoder();
    case 'double':
      return (bytes, at) => bytes.readDoubleBE(at);
    case 'boolean':
      return (bytes, at) => bytes[at] === 1;
    case 'date':
      return (bytes, at) => bytes.readInt32BE(at) + postgresEpochDays;
    case 'timestamp':
      return integerDecoder((microseconds) => finite(name, microseconds) + postgresEpochMicroseconds);
    case 'decimal':
      // Text is what PostgreSQL was asked for where no decimal holds it.
      return form === 'text' ? textDecoder() : (bytes, at) => decimalUnits(name, bytes, at, form);
  }
}

/** Texts of a column that are kept to be given out again: every object that a batch holds is one to collect. */
const keptTexts = 20_000;

function textDecoder(): Decode {
  const kept = new Map<string, string>();
  return (bytes, at, length) => {
    const key = bytes.toString('latin1', at, at + length);
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= keptTexts) kept.clear();
    const text = bytes.toString('utf8', at, at + length);
    kept.set(key, text);
    return text;
  };
}

const smallIntegers: readonly bigint[] = Array.from({ length: 4096 }, (_, value) => BigInt(value));

/** Most counts are small, and most instants are those of the row before. */
function integerDecoder(convert: (value: bigint) => bigint = (value) => value): Decode {
  let [lastHigh, lastLow, last] = [0, 0, convert(0n)];
  const isPlain = last === 0n;
  return (bytes, at) => {
    const high = bytes.readInt32BE(at);
    const low = bytes.readUInt32BE(at + 4);
    if (isPlain && high === 0 && low < smallIntegers.length) return smallIntegers[low] ?? 0n;
    if (high === lastHigh && low === lastLow) return last;
    [lastHigh, lastLow, last] = [high, low, convert(bytes.readBigInt64BE(at))];
    return last;
  };
}

const infinities: ReadonlySet<bigint> = new Set([2n ** 63n - 1n, -(2n ** 63n)]);

function finite(name: string, microseconds: bigint): bigint {
  if (infinities.has(microseconds)) throw new EtlError('internal', `${name} holds an infinite instant`);
  return microseconds;
}

const powersOfTen: readonly bigint[] = Array.from({ length: 80 }, (_, exponent) => 10n ** BigInt(exponent));
const tooMany = powersOfTen[decimalPrecision] ?? 0n;
const negative = 0x4000;
const numberGroups = 3;

/**
 * A numeric as the integer of its units of 10^-scale. It comes as groups of four decimal digits, the weight of the first
 * group, the sign, and the number of digits after the point.
 */
function decimalUnits(name: string, bytes: Buffer, at: number, scale: number): bigint {
  const groups = bytes.readUInt16BE(at);
  const weight = bytes.readInt16BE(at + 2);
  const sign = bytes.readUInt16BE(at + 4);
  if (sign !== 0 && sign !== negative) throw new EtlError('internal', `${name} holds a numeric that is no number`);
  if (groups === 0) return 0n;
  const coefficient = coefficientOf(bytes, at + 8, groups);
  const exponent = 4 * (weight - groups + 1) + scale;
  const units = exponent >= 0 ? coefficient * powerOfTen(name, exponent) : shortened(name, coefficient, -exponent);
  if (units >= tooMany) throw tooNarrow(name);
  return sign === negative ? -units : units;
}

/** Three groups are exact in a double, and most amounts have no more. */
function coefficientOf(bytes: Buffer, at: number, groups: number): bigint {
  let coefficient = 0n;
  for (let first = 0; first < groups; first += numberGroups) {
    const last = Math.min(first + numberGroups, groups);
    let part = 0;
    for (let group = first; group < last; group += 1) part = part * 10_000 + bytes.readUInt16BE(at + 2 * group);
    coefficient = first === 0 ? BigInt(part) : coefficient * (powersOfTen[4 * (last - first)] ?? 0n) + BigInt(part);
  }
  return coefficient;
}

function powerOfTen(name: string, exponent: number): bigint {
  const power = powersOfTen[exponent];
  if (power === undefined) throw tooNarrow(name);
  return power;
}

/** Without its last digits, which must be zeros: the digits of the last group that are none of the number's. */
function shortened(name: string, coefficient: bigint, digits: number): bigint {
  const power = powerOfTen(name, digits);
  if (coefficient % power !== 0n) throw tooNarrow(name);
  return coefficient / power;
}
