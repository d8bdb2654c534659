import type { BlockMessage, WindowMarker } from '../../schemas/blocks.ts';
import type { HostGroups } from '../join/host-groups.ts';
import type { AggregationPlan } from './aggregation-plan.ts';
import { secondMs } from './lengths.ts';
import { type BlockSource, hostWindowsBlocks, tierSecondsBlocks } from './window-blocks.ts';
import type { ClosedThrough, Rejected, WindowEvent } from './window-events.ts';

/** A block for the one partition its key belongs to, or a marker for every partition of the topic. */
export type WindowMessage<B> =
  | {
      readonly kind: 'block';
      readonly of: 'tier-seconds' | 'host-windows';
      readonly key: string;
      readonly message: BlockMessage;
    }
  | { readonly kind: 'marker'; readonly of: 'tier-seconds' | 'host-windows'; readonly message: WindowMarker }
  | Rejected<B>;

export interface WindowMessagesOptions {
  readonly source: BlockSource;
  readonly groups: HostGroups;
  readonly metrics: readonly string[];
  readonly plan: AggregationPlan;
  readonly catalogueVersion: number;
}

/** Joins a closed window and makes its messages: seconds by tier, 10-s windows by service. */
export function windowMessages<B>(event: WindowEvent<B>, options: WindowMessagesOptions): readonly WindowMessage<B>[] {
  const { source, groups, metrics } = options;
  switch (event.kind) {
    case 'second':
      return groups
        .groupsOf(event.hosts, event.endMs, 'tier')
        .flatMap((group) =>
          tierSecondsBlocks(event, group, source, metrics).map((message) => block('tier-seconds', group.key, message)),
        );
    case 'ten-seconds':
      return groups
        .groupsOf(event.hosts, event.endMs, 'service')
        .flatMap((group) =>
          hostWindowsBlocks(event, group, source, options).map((message) => block('host-windows', group.key, message)),
        );
    case 'closed-through':
      return [markerOf(event, source)];
    case 'rejected':
      return [event];
  }
}

const block = (of: 'tier-seconds' | 'host-windows', key: string, message: BlockMessage) =>
  ({ kind: 'block', of, key, message }) as const;

const markerOf = ({ windowMs, closedThroughMs }: ClosedThrough, source: BlockSource) =>
  ({
    kind: 'marker',
    of: windowMs === secondMs ? 'tier-seconds' : 'host-windows',
    message: { kind: 'marker', ...source, windowMs, closedThroughMs },
  }) as const;
