/** All that a Node server needs in order to report its load: it imports this as `dynoscope/load-reports`. */
export { CapacityFeed, type CapacityFeedOptions } from './capacity-feed.ts';
export { HitMeter, type HitMeterOptions, type HitRates } from './hit-meter.ts';
export { type HostLoad, loadReport, loadReportHeader } from './load-report.ts';
