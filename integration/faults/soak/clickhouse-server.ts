import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { HttpEngine, type InsertFault } from '../../clickhouse/http-engine.ts';

/** The ClickHouse of the soak as a process of its own: says its URL, obeys lines on stdin, closes when that ends. */
export type ServerOrder =
  | { readonly order: 'leave' }
  | { readonly order: 'come_back' }
  | { readonly order: 'meet_next'; readonly faults: readonly InsertFault[] };

setPriority(10);
const engine = await HttpEngine.start({ dataDir: process.argv[2] ?? '' });
process.stdout.write(`${JSON.stringify({ url: engine.url })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as ServerOrder;
  if (order.order === 'leave') await engine.leave();
  else if (order.order === 'come_back') await engine.comeBack();
  else engine.meetNext(...order.faults);
}
await engine.close();
process.stdout.write(`${JSON.stringify(engine.counts)}\n`);
