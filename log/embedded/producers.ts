import { DynoError } from '../../base/errors.ts';
import type { GroupOffset, ProduceRecord, Producer, Transaction, TransactionalProducer } from '../port.ts';
import type { Appended, Appender } from './appender.ts';
import { recordBytes } from './block.ts';
import type { Disk } from './disk.ts';
import { ownerKey } from './keys.ts';
import type { Turns } from './turns.ts';

/** What one transaction may hold in memory. */
const transactionBytesMax = 256_000_000;

export interface ProducersOptions {
  readonly disk: Disk;
  readonly appender: Appender;
  readonly turns: Turns;
}

/**
 * Opens producers. The latest opened owner of a transactional id is the only one; its epoch is on the disk and rises with
 * each owner, over restarts too.
 */
export class Producers {
  readonly #options: ProducersOptions;
  /** The owner of each id that is open now. */
  readonly #owners = new Map<string, Owner>();

  constructor(options: ProducersOptions) {
    this.#options = options;
  }

  plain(): Producer {
    const { appender, turns } = this.#options;
    let closed = false;
    return {
      send: async (records) => {
        if (closed) throw producerClosed('a producer');
        appender.append({ records, offsets: [] });
        await turns.pass();
      },
      close: async () => {
        closed = true;
      },
    };
  }

  transactional(id: string): TransactionalProducer {
    const epoch = this.#epochOf(id) + 1;
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleLE(epoch, 0);
    this.#options.disk.write((tree) => {
      tree.put(ownerKey(id), bytes);
    });
    this.#owners.get(id)?.fence(epoch);
    const owner = new Owner({
      ...this.#options,
      id,
      epoch,
      onClose: () => {
        if (this.#owners.get(id) === owner) this.#owners.delete(id);
      },
    });
    this.#owners.set(id, owner);
    return owner;
  }

  #epochOf(id: string): number {
    return this.#options.disk.get(ownerKey(id))?.readDoubleLE(0) ?? 0;
  }
}

interface OwnerOptions extends ProducersOptions {
  readonly id: string;
  readonly epoch: number;
  readonly onClose: () => void;
}

class Owner implements TransactionalProducer {
  readonly #options: OwnerOptions;
  #open: BufferedTransaction | undefined;
  #closed = false;
  /** Epoch of the owner that came after this one. */
  #fencedBy: number | undefined;

  constructor(options: OwnerOptions) {
    this.#options = options;
  }

  fence(byEpoch: number): void {
    this.#fencedBy = byEpoch;
    this.#open?.drop();
  }

  async begin(): Promise<Transaction> {
    const { id } = this.#options;
    this.#checkOwner();
    if (this.#closed) throw producerClosed(`the owner of ${id}`);
    if (this.#open?.ended === false) {
      throw new DynoError('DYNO_LOG_TRANSACTION_OPEN', `${id} has a transaction under way; commit or abort it first`);
    }
    this.#open = new BufferedTransaction({ ...this.#options, checkOwner: () => this.#checkOwner() });
    return this.#open;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#open?.drop();
    this.#options.onClose();
  }

  #checkOwner(): void {
    const { id, epoch } = this.#options;
    if (this.#fencedBy !== undefined) throw fenced(id, { epoch, current: this.#fencedBy });
  }
}

interface TransactionOptions extends OwnerOptions {
  readonly checkOwner: () => void;
}

/** Everything waits in memory until the commit, which is one write: readers never meet half of it. */
class BufferedTransaction implements Transaction {
  readonly #options: TransactionOptions;
  #records: ProduceRecord[] = [];
  #offsets: Appended['offsets'][number][] = [];
  #bytes = 0;
  #ended = false;

  constructor(options: TransactionOptions) {
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  drop(): void {
    this.#ended = true;
    this.#records = [];
    this.#offsets = [];
  }

  async send(records: readonly ProduceRecord[]): Promise<void> {
    this.#check();
    this.#options.appender.check(records);
    for (const record of records) this.#bytes += recordBytes(record);
    if (this.#bytes > transactionBytesMax) throw tooLarge(this.#options.id, this.#bytes);
    for (const record of records) this.#records.push(record);
  }

  async sendOffsets(group: string, offsets: readonly GroupOffset[]): Promise<void> {
    this.#check();
    for (const each of offsets) this.#offsets.push({ ...each, group });
  }

  /** After a rejection the transaction is still open and unchanged: it may be committed again, or aborted. */
  async commit(): Promise<void> {
    this.#check();
    this.#options.appender.append({ records: this.#records, offsets: this.#offsets });
    this.drop();
    await this.#options.turns.pass();
  }

  async abort(): Promise<void> {
    this.#check();
    this.drop();
  }

  #check(): void {
    this.#options.checkOwner();
    if (!this.#ended) return;
    throw new DynoError(
      'DYNO_LOG_TRANSACTION_ENDED',
      `the transaction of ${this.#options.id} was committed, aborted or closed; begin another one`,
    );
  }
}

const fenced = (id: string, { epoch, current }: { readonly epoch: number; readonly current: number }): DynoError =>
  new DynoError(
    'DYNO_LOG_FENCED',
    `another owner of ${id} was opened (epoch ${current}, this one has ${epoch}); close this one and do not try again`,
    { details: { id, epoch, current } },
  );

const producerClosed = (who: string): DynoError =>
  new DynoError('DYNO_LOG_CLOSED', `${who} was used after it was closed; open another one`);

const tooLarge = (id: string, bytes: number): DynoError =>
  new DynoError(
    'DYNO_LOG_TRANSACTION_TOO_LARGE',
    `the open transaction of ${id} holds ${bytes} bytes, at most ${transactionBytesMax} are possible; commit more often`,
    { details: { id, bytes } },
  );
