/** Stages by name, in the order of the data. Apart from the stages themselves: naming them must not load them. */
export const stageNames = ['windows', 'tiers', 'instantdyno', 'loadtests', 'raw', 'clickhouse'] as const;
export type StageName = (typeof stageNames)[number];
