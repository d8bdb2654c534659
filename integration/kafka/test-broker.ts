import test, { after } from 'node:test';
import { whyNoKafka } from '../../infra/kafka-local/requirements.ts';
import { startKafka } from '../../infra/kafka-local/start-kafka.ts';
import { whyNoDocker } from '../docker/why-no-docker.ts';

/** Why no broker can be had here at all; with REQUIRE_KAFKA=1 that is a failure. */
export function whyNoBroker(): string | undefined {
  if (process.env['KAFKA_TEST_BROKERS'] !== undefined) return undefined;
  const local = whyNoKafka();
  if (local === undefined || whyNoDocker() === undefined) return undefined;
  const reason = `${local}; or start a Docker daemon`;
  if (process.env['REQUIRE_KAFKA'] === '1') throw new Error(`REQUIRE_KAFKA=1, but there is no broker: ${reason}`);
  return reason;
}

/**
 * Registers tests that need a broker, or one skipped test that says what is missing. The broker is the one that the
 * runner started (KAFKA_TEST_BROKERS), or one of this file's own, from Java or from Docker.
 */
export async function withBroker(what: string, register: (bootstrap: string) => void): Promise<void> {
  const reason = whyNoBroker();
  if (reason !== undefined) {
    test(what, { skip: reason }, () => {});
    return;
  }
  const given = process.env['KAFKA_TEST_BROKERS'];
  if (given !== undefined) return register(given);
  const broker = await startBroker();
  after(() => broker.close());
  register(broker.bootstrap);
}

/** Registers tests that stop and kill their broker: only a local one can be had for that. */
export function withOwnBroker(what: string, register: () => void): void {
  const reason = whyNoKafka();
  if (reason === undefined) {
    register();
    return;
  }
  if (process.env['REQUIRE_KAFKA'] === '1') throw new Error(`REQUIRE_KAFKA=1, but there is no local broker: ${reason}`);
  test(what, { skip: reason }, () => {});
}

export interface TestBroker {
  readonly bootstrap: string;
  close(): Promise<void>;
}

export async function startBroker(): Promise<TestBroker> {
  if (whyNoKafka() === undefined) return startKafka();
  const { startKafkaContainer } = await import('../docker/kafka-container.ts');
  return startKafkaContainer();
}
