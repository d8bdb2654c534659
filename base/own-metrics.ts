import { Counter, Gauge, Registry } from 'prom-client';

/** Metrics of this process about itself, served at /metrics. Names: `dyno_<room>_<noun>_<unit>[_total]`. */
export const ownMetrics = new Registry();

/** A count that only rises. Registered once; label values must be from a small closed set. */
export const ownCounter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
  new Counter<L>({ name, help, labelNames: [...labelNames], registers: [ownMetrics] });

/** A value that rises and falls. */
export const ownGauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
  new Gauge<L>({ name, help, labelNames: [...labelNames], registers: [ownMetrics] });
