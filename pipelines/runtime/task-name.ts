import type { Stage, TaskIdentity } from './stage.ts';

/** `<stage>-e<epoch>-<n>`; where each topic-partition is a task of its own, with the topic. */
export const taskName = ({ assignment }: Stage, { stage, epoch, partition, topics }: TaskIdentity): string =>
  assignment === 'single' ? `${stage}-e${epoch}-${topics[0]}-${partition}` : `${stage}-e${epoch}-${partition}`;
