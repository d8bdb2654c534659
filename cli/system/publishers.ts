import { logPublisherEvents } from '../../agent/publisher/events.ts';
import type { Publisher, PublisherOptions } from '../../agent/publisher/publisher.ts';
import { startPublisher } from '../../agent/publisher/publisher.ts';
import type { Clock } from '../../base/clock.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { Log } from '../../log/port.ts';
import { codecOf } from '../../schemas/codec.ts';
import { counters } from '../../schemas/counters.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';

export interface OpenPublisherOptions {
  readonly name: PublisherOptions['name'];
  readonly spoolDir: string;
  readonly settings: Settings;
  readonly parts: { readonly log: Log; readonly registryUrl: string };
  readonly clock: Clock;
}

/** A publisher of host counters into the log of the settings. */
export async function openPublisher({
  name,
  spoolDir,
  settings,
  parts,
  clock,
}: OpenPublisherOptions): Promise<Publisher> {
  const { log, registryUrl } = parts;
  const partitionsOf = async (topic: string): Promise<number> => (await log.topicState(topic)).endOffsets.length;
  return startPublisher({
    name,
    producer: () => log.producer(),
    registryUrl,
    spoolDir,
    spoolBytesMax: settings.agent.spoolBytesMax,
    counters: {
      topic: 'dyno.counters.v1',
      partitions: await partitionsOf('dyno.counters.v1'),
      schemaJson: hostCountersSchema(),
      counterCount: counters.length,
    },
    systemInfo: {
      topic: 'dyno.systeminfo.v1',
      partitions: await partitionsOf('dyno.systeminfo.v1'),
      schemaJson: codecOf('dyno.systeminfo.v1').schemaJson,
    },
    onEvent: logPublisherEvents(logLines('agent').child({ publisher: name })),
    clock,
  });
}
