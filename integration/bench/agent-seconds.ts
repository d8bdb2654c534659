import type { Log } from '../../log/port.ts';
import { codecOf } from '../../schemas/codec.ts';
import { counterIndex } from '../../schemas/counters.ts';

const topic = 'dyno.counters.v1';
const lateMs = counterIndex.get('agent_late_ms')!;
const missedPerS = counterIndex.get('agent_missed_seconds_per_s')!;

export interface AgentSecondsOptions {
  readonly log: Log;
  readonly schemaId: number;
  /** Seconds after the first and until the second of these times. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What one agent published of these seconds, as it is read back from the log. */
export interface AgentSeconds {
  /** How late each second was read. */
  readonly lateMs: readonly number[];
  /** By what the agent says. */
  readonly missed: number;
  /** Between the first and the last record: seconds of which none came. */
  readonly absent: number;
}

export async function agentSeconds({ log, schemaId, fromMs, toMs }: AgentSecondsOptions): Promise<AgentSeconds> {
  const codec = codecOf(topic);
  codec.addSchema(schemaId, codec.schemaJson);
  const late: number[] = [];
  const seconds = new Set<number>();
  let missed = 0;
  const { endOffsets } = await log.topicState(topic);
  for (const partition of endOffsets.keys()) {
    for await (const { values } of log.read({ topic, partition })) {
      for (const value of values) {
        if (value === null) continue;
        const sample = codec.decode(value);
        if (sample.timeMs <= fromMs || sample.timeMs > toMs) continue;
        late.push(sample.values[lateMs]!);
        missed += sample.values[missedPerS]! * (sample.intervalMs / 1_000);
        seconds.add(Math.round(sample.timeMs / 1_000));
      }
    }
  }
  const span = seconds.size === 0 ? 0 : Math.max(...seconds) - Math.min(...seconds) + 1;
  return { lateMs: late, missed: Math.round(missed), absent: span - seconds.size };
}
