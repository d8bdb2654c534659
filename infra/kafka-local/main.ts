import { startKafka } from './start-kafka.ts';

/**
 * `npm run kafka:local`: a real Apache Kafka for trying things out. The address is the one line on stdout; Ctrl-C stops
 * it and removes its data.
 */
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const stopAsked = new Promise<string>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  // npm that is killed with -9 forwards nothing: then this process has a new parent.
  const parent = process.ppid;
  if (process.env['npm_lifecycle_event'] !== undefined) {
    setInterval(() => process.ppid !== parent && resolve('the end of npm'), 1_000).unref();
  }
});

try {
  say('Starting Apache Kafka …');
  const kafka = await startKafka({ say });
  process.stdout.write(`${kafka.bootstrap}\n`);
  say(`Ready. Use it with KAFKA_BROKERS=${kafka.bootstrap}; Ctrl-C stops it and removes its data.`);
  const alive = setInterval(() => {}, 60_000);
  const cause = await stopAsked;
  clearInterval(alive);
  say(`Stopping after ${cause} …`);
  await kafka.close();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
