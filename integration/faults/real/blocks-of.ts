import type { Log } from '../../../log/port.ts';
import type { Block } from '../../../schemas/blocks.ts';
import { codecOf } from '../../../schemas/codec.ts';

export type BlockTopic = 'dyno.host-windows.v1' | 'dyno.tier-seconds.v1' | 'dyno.tier-windows.v1';

export interface BlocksToRead {
  readonly log: Log;
  readonly schemas: ReadonlyMap<number, string>;
  /** Windows that end later are left out: they may still be on their way. */
  readonly throughMs: number;
}

/** The blocks of a result topic as a reader of committed records finds them. */
export async function blocksOf(topic: BlockTopic, { log, schemas, throughMs }: BlocksToRead): Promise<Block[]> {
  const codec = codecOf(topic);
  const blocks: Block[] = [];
  const { endOffsets } = await log.topicState(topic);
  for (const partition of endOffsets.keys())
    for await (const { values } of log.read({ topic, partition }))
      for (const value of values) {
        if (value === null) continue;
        const id = value.readInt32BE(1);
        if (!codec.knowsSchema(id)) codec.addSchema(id, schemas.get(id)!);
        const message = codec.decode(value);
        if (message.kind !== 'marker' && message.windowEndMs <= throughMs) blocks.push(message);
      }
  return blocks;
}
