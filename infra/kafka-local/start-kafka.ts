import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { fetchKafkaJars } from './jars.ts';
import { formatStorage, type Jvm, startJvm } from './jvm.ts';
import { whyNoKafka } from './requirements.ts';

export interface StartKafkaOptions {
  /** Default: a temporary folder that `close` removes. A given folder is kept. */
  readonly dataDir?: string;
  readonly port?: number;
  /** More lines of server.properties. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Told what takes long (the download). Default: silence. */
  readonly say?: (line: string) => void;
}

export interface LocalKafka {
  /** `127.0.0.1:PORT`. */
  readonly bootstrap: string;
  /** Orderly stop; data and port stay. */
  stop(): Promise<void>;
  /** kill -9; data and port stay. */
  kill(): Promise<void>;
  /** Keeps its connections and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Starts again on the same data and port, after stopping where that is due. */
  restart(): Promise<void>;
  /** Stops and removes the data folder, unless it was given. */
  close(): Promise<void>;
}

/** A real Apache Kafka on this machine: one KRaft node, loopback only, ready to serve when this resolves. */
export async function startKafka(options: StartKafkaOptions = {}): Promise<LocalKafka> {
  const reason = whyNoKafka();
  if (reason !== undefined) throw new Error(`A local Kafka cannot start: ${reason}.`);
  const jarsFolder = await fetchKafkaJars(options.say ?? (() => {}));
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'dynoscope-kafka-')));
  const removesData = options.dataDir === undefined;
  const [port, controllerPort] = await freePorts(options.port);
  const place = { jarsFolder, dataDir, port, controllerPort, settings: options.settings ?? {}, removesData };
  const removeData = async () => {
    if (removesData) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await formatStorage(place);
    const first = await startJvm(place);
    return new Broker(`127.0.0.1:${port}`, first, () => startJvm(place), removeData);
  } catch (error) {
    await removeData();
    throw error;
  }
}

class Broker implements LocalKafka {
  readonly bootstrap: string;
  readonly #start: () => Promise<Jvm>;
  readonly #removeData: () => Promise<void>;
  #jvm: Jvm | undefined;

  constructor(bootstrap: string, jvm: Jvm, start: () => Promise<Jvm>, removeData: () => Promise<void>) {
    this.bootstrap = bootstrap;
    this.#jvm = jvm;
    this.#start = start;
    this.#removeData = removeData;
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  freeze(): void {
    this.#jvm?.freeze();
  }

  thaw(): void {
    this.#jvm?.thaw();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#jvm = await this.#start();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#removeData();
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const jvm = this.#jvm;
    this.#jvm = undefined;
    await jvm?.end(signal);
  }
}
