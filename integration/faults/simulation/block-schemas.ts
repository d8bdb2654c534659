import { schemaIds } from './simulated-host.ts';

export const blockTopics = [
  'dyno.tier-seconds.v1',
  'dyno.host-windows.v1',
  'dyno.tier-windows.v1',
  'instantdyno.correlations.v1',
] as const;

/** Ids under which the registry of a world knows the schemas of blocks. */
export const blockSchemaIds: ReadonlyMap<string, number> = new Map(
  blockTopics.map((topic, i) => [topic, schemaIds.blocks * 10 + i]),
);
