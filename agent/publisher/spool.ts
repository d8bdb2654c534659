import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DynoError, messageOf } from '../../base/errors.ts';
import {
  fingerprintOfHead,
  frameBytes,
  frameEnd,
  recordOf,
  type SpoolRecord,
  segmentHead,
  segmentHeadBytes,
  writeFrame,
} from './spool-segment.ts';

/** As `fs.writeSync` with a position; tests give one that meets a full disk. */
export type WriteAt = (fd: number, bytes: Buffer, offset: number, length: number, position: number) => number;

export interface SpoolOptions {
  readonly folder: string;
  /** Most bytes on disk; the oldest segment goes when a new record would exceed them. */
  readonly bytesMax: number;
  /** Default 1 MB, and never more than an eighth of `bytesMax`. */
  readonly segmentBytesMax?: number;
  /** Told of records lost because the spool is full or cannot be written. */
  readonly onDrop: (reason: 'spool_full' | 'spool_unwritable', records: number, cause?: unknown) => void;
  readonly write?: WriteAt;
}

/** The oldest records, to be sent; taken off with `remove` once they are acknowledged. */
export interface SpoolBatch {
  readonly fingerprint: string;
  readonly records: readonly SpoolRecord[];
  readonly segment: number;
  readonly end: number;
}

interface Segment {
  readonly number: number;
  readonly fingerprint: string;
  /** Where good records end. */
  end: number;
  /** Where records that were not yet acknowledged begin. */
  start: number;
  /** Records between start and end. */
  records: number;
}

/**
 * Records on disk in the order they came, kept while the log is away: append-only segment files, a checksum a record,
 * a torn tail after kill -9 cut off. Bounded: the oldest segment is dropped, and counted, for a new record. Synchronous:
 * it is used only in an outage, and a sample must be safe before the next one is taken.
 */
export class Spool {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #segmentBytesMax: number;
  readonly #onDrop: SpoolOptions['onDrop'];
  readonly #write: WriteAt;
  #segments: Segment[] = [];
  #tail: { readonly segment: Segment; readonly fd: number } | undefined;
  #nextNumber = 1;
  /** Segment of the batch that is being sent: it is not dropped, or its records would be both sent and dropped. */
  #sending: number | undefined;

  constructor(options: SpoolOptions) {
    this.#folder = options.folder;
    this.#bytesMax = options.bytesMax;
    this.#segmentBytesMax = Math.min(options.segmentBytesMax ?? 1_000_000, Math.floor(options.bytesMax / 8));
    this.#onDrop = options.onDrop;
    this.#write = options.write ?? writeSync;
    this.#recover();
  }

  get records(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.records, 0);
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.end, 0);
  }

  /** Appends in order; what cannot be kept is dropped and counted, never thrown. */
  append(fingerprint: string, records: readonly SpoolRecord[]): void {
    for (let from = 0; from < records.length; ) {
      const to = this.#fit(records, from);
      const part = records.slice(from, to);
      from = to;
      try {
        this.#appendPart(fingerprint, part);
      } catch (error) {
        this.#closeTail();
        this.#onDrop('spool_unwritable', part.length, error);
      }
    }
  }

  /**
   * The oldest records, at most about `bytesMax` of them and at least one; undefined when empty. What does not check out
   * is dropped. Throws `DYNO_AGENT_SPOOL_UNREADABLE` (retryable) when the disk gives nothing now: that loses nothing.
   */
  oldest(bytesMax: number): SpoolBatch | undefined {
    for (;;) {
      const segment = this.#segments.find((candidate) => candidate.records > 0);
      if (segment === undefined) return undefined;
      const batch = this.#read(segment, bytesMax);
      if (batch !== undefined) {
        this.#sending = segment.number;
        return batch;
      }
      this.#forget(segment);
      this.#onDrop('spool_unwritable', segment.records);
    }
  }

  /** The batch was not acknowledged: it stays and comes again. */
  keep(): void {
    this.#sending = undefined;
  }

  /** The batch was acknowledged. The position is kept on disk, so that a restart does not send it again. */
  remove(batch: SpoolBatch): void {
    this.#sending = undefined;
    const segment = this.#segments.find((candidate) => candidate.number === batch.segment);
    if (segment === undefined) return;
    segment.start = batch.end;
    segment.records -= batch.records.length;
    if (segment.records === 0) this.#forget(segment);
    else this.#saveCursor(segment);
  }

  close(): void {
    if (this.#tail === undefined) return;
    try {
      fsyncSync(this.#tail.fd);
    } catch {
      // A disk that cannot sync is reported by the next write; at the end there is nobody left to tell.
    }
    this.#closeTail();
  }

  /** How many records from `from` on go into one write: up to a segment's size, at least one. */
  #fit(records: readonly SpoolRecord[], from: number): number {
    let bytes = 0;
    let to = from;
    while (to < records.length) {
      bytes += frameBytes(records[to]!);
      if (to > from && bytes > this.#segmentBytesMax) break;
      to++;
    }
    return to;
  }

  #appendPart(fingerprint: string, records: readonly SpoolRecord[]): void {
    const bytes = records.reduce((sum, record) => sum + frameBytes(record), 0);
    const block = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const record of records) at = writeFrame(block, at, record);
    if (!this.#makeRoom(bytes + segmentHeadBytes)) {
      this.#onDrop('spool_full', records.length);
      return;
    }
    const { segment, fd } = this.#tailFor(fingerprint, bytes);
    this.#writeAll(fd, block, segment.end);
    segment.end += bytes;
    segment.records += records.length;
  }

  /** Drops oldest segments until `more` fits; false when that cannot be. */
  #makeRoom(more: number): boolean {
    while (this.bytes + more > this.#bytesMax) {
      const oldest = this.#segments.find((segment) => segment.number !== this.#sending);
      if (oldest === undefined) return false;
      this.#forget(oldest);
      if (oldest.records > 0) this.#onDrop('spool_full', oldest.records);
    }
    return true;
  }

  #tailFor(fingerprint: string, more: number): { readonly segment: Segment; readonly fd: number } {
    const tail = this.#tail;
    if (tail !== undefined) {
      const fits = tail.segment.end + more <= this.#segmentBytesMax || tail.segment.end === segmentHeadBytes;
      if (fits && tail.segment.fingerprint === fingerprint) return tail;
      this.#closeTail();
    }
    mkdirSync(this.#folder, { recursive: true });
    const number = this.#nextNumber++;
    const fd = openSync(this.#path(number), 'wx+');
    const segment = { number, fingerprint, end: segmentHeadBytes, start: segmentHeadBytes, records: 0 };
    this.#segments.push(segment);
    this.#tail = { segment, fd };
    this.#writeAll(fd, segmentHead(fingerprint), 0);
    return this.#tail;
  }

  /** All or nothing: what a failed write left behind is cut off again. */
  #writeAll(fd: number, bytes: Buffer, position: number): void {
    try {
      for (let done = 0; done < bytes.length; )
        done += this.#write(fd, bytes, done, bytes.length - done, position + done);
    } catch (error) {
      ftruncateSync(fd, position);
      throw error;
    }
  }

  #read(segment: Segment, bytesMax: number): SpoolBatch | undefined {
    const bytes = this.#readBytes(segment);
    if (bytes === undefined) return undefined;
    const records: SpoolRecord[] = [];
    let at = segment.start;
    while (at < bytes.length && (records.length === 0 || at - segment.start < bytesMax)) {
      const end = frameEnd(bytes, at);
      if (end === undefined) break;
      if (records.length > 0 && end - segment.start > bytesMax) break;
      records.push(recordOf(bytes, at, end));
      at = end;
    }
    if (records.length === 0) return undefined;
    return { fingerprint: segment.fingerprint, records, segment: segment.number, end: at };
  }

  /** Undefined when somebody has taken the file away. */
  #readBytes(segment: Segment): Buffer | undefined {
    const path = this.#path(segment.number);
    try {
      return readUpTo(path, segment.end);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw unreadable(path, error);
    }
  }

  #forget(segment: Segment): void {
    if (this.#tail?.segment === segment) this.#closeTail();
    this.#segments = this.#segments.filter((other) => other !== segment);
    try {
      rmSync(this.#path(segment.number), { force: true });
    } catch {
      // A file that cannot be removed is sent again after a restart; downstream drops the duplicates.
    }
  }

  #closeTail(): void {
    if (this.#tail === undefined) return;
    const { segment, fd } = this.#tail;
    this.#tail = undefined;
    closeSync(fd);
    if (segment.records === 0) this.#forget(segment);
  }

  /** What an earlier run left: whole records are kept, a torn tail is cut off, a file that is no segment is left alone. */
  #recover(): void {
    const cursor = this.#loadCursor();
    for (const number of segmentNumbers(this.#folder)) {
      this.#nextNumber = Math.max(this.#nextNumber, number + 1);
      const segment = this.#scan(number, cursor?.segment === number ? cursor.start : segmentHeadBytes);
      if (segment === undefined) continue;
      if (segment.records > 0) this.#segments.push(segment);
      else rmSync(this.#path(number), { force: true });
    }
  }

  #scan(number: number, start: number): Segment | undefined {
    const path = this.#path(number);
    const bytes = readSegment(path);
    const fingerprint = fingerprintOfHead(bytes);
    // Torn in its very head, so nothing was in it; or foreign.
    if (fingerprint === undefined) {
      if (bytes.length < segmentHeadBytes) rmSync(path, { force: true });
      return undefined;
    }
    let at = segmentHeadBytes;
    let records = 0;
    for (let end = frameEnd(bytes, at); end !== undefined; end = frameEnd(bytes, at)) {
      if (at >= start) records++;
      at = end;
    }
    if (at < bytes.length) truncateSync(path, at);
    return { number, fingerprint, end: at, start, records };
  }

  #saveCursor(segment: Segment): void {
    try {
      const path = join(this.#folder, cursorName);
      writeFileSync(`${path}.new`, JSON.stringify({ segment: segment.number, start: segment.start }));
      renameSync(`${path}.new`, path);
    } catch {
      // Without it a restart sends part of one segment again; downstream drops the duplicates.
    }
  }

  #loadCursor(): { readonly segment: number; readonly start: number } | undefined {
    try {
      const parsed: unknown = JSON.parse(readFileSync(join(this.#folder, cursorName), 'utf8'));
      const { segment, start } = parsed as Record<string, unknown>;
      return typeof segment === 'number' && typeof start === 'number' ? { segment, start } : undefined;
    } catch {
      return undefined;
    }
  }

  #path(number: number): string {
    return join(this.#folder, `spool-${String(number).padStart(12, '0')}.seg`);
  }
}

function readSegment(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function readUpTo(path: string, bytesMax: number): Buffer {
  const bytes = Buffer.allocUnsafe(bytesMax);
  const fd = openSync(path, 'r');
  try {
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(fd, bytes, done, bytes.length - done, done);
      if (read === 0) return bytes.subarray(0, done);
      done += read;
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
}

const unreadable = (path: string, cause: unknown): DynoError =>
  new DynoError(
    'DYNO_AGENT_SPOOL_UNREADABLE',
    `the spool segment ${path} cannot be read (${messageOf(cause)}); give the folder to the user that runs the agent, ` +
      'or move it away to start without its samples',
    { cause, retryable: true, details: { path } },
  );

const cursorName = 'cursor.json';

function segmentNumbers(folder: string): number[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const numbers = names.map((name) => /^spool-(\d{12})\.seg$/.exec(name)?.[1]);
  return numbers
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}
