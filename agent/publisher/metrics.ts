import { ownCounter, ownGauge } from '../../base/own-metrics.ts';

/** Label `publisher`: who publishes in this process, `agent` or `fleet`. */
const labels = ['publisher'] as const;

export const publisherMetrics = {
  sampled: ownCounter('dyno_agent_samples_total', 'Samples handed to the publisher', labels),
  sent: ownCounter('dyno_agent_samples_sent_total', 'Samples acknowledged by the log', labels),
  recovered: ownCounter('dyno_agent_samples_recovered_total', 'Samples found in the spool at the start', labels),
  dropped: ownCounter('dyno_agent_samples_dropped_total', 'Samples lost, by reason', [...labels, 'reason'] as const),
  sendFailures: ownCounter('dyno_agent_send_failures_total', 'Sends rejected or given up', labels),
  spooledRecords: ownGauge('dyno_agent_spool_records', 'Samples waiting on disk', labels),
  spooledBytes: ownGauge('dyno_agent_spool_bytes', 'Bytes of the spool on disk', labels),
};
