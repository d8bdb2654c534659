import { codecOf, type TopicValues } from '../../../schemas/codec.ts';

const worldTopics = [
  'dyno.tier-seconds.v1',
  'loadbalancer.control.v1',
  'loadbalancer.applied.v1',
  'loadbalancer.killswitch.v1',
  'instantdyno.loadtest-requests.v1',
  'instantdyno.loadtests.v1',
  'instantdyno.capacity.v1',
] as const;
export type WorldTopic = (typeof worldTopics)[number];

/** Ids under which the registry of a world knows the schemas. */
export const schemaIds: ReadonlyMap<string, number> = new Map(worldTopics.map((topic, i) => [topic, i + 1]));

export const schemas: ReadonlyMap<number, string> = new Map(
  worldTopics.map((topic, i) => [i + 1, codecOf<WorldTopic>(topic).schemaJson]),
);

interface Codec<T extends WorldTopic> {
  encode(value: TopicValues[T], schemaId: number): Buffer;
  decode(value: Buffer): TopicValues[T];
}

const codecs = new Map<WorldTopic, Codec<WorldTopic>>();

/** For the fleet and the checks of a world, which ask no registry. */
function codecFor<T extends WorldTopic>(topic: T): Codec<T> {
  let codec = codecs.get(topic);
  if (codec === undefined) {
    const made = codecOf<WorldTopic>(topic);
    made.addSchema(schemaIds.get(topic)!, made.schemaJson);
    codec = made as Codec<WorldTopic>;
    codecs.set(topic, codec);
  }
  return codec as unknown as Codec<T>;
}

export const encodeFor = <T extends WorldTopic>(topic: T, value: TopicValues[T]): Buffer =>
  codecFor(topic).encode(value, schemaIds.get(topic)!);

export const decodeFor = <T extends WorldTopic>(topic: T, value: Buffer): TopicValues[T] =>
  codecFor(topic).decode(value);
