import type { BalancerOptions } from './balancer-options.ts';
import { runBalancerChild } from './child.ts';

/**
 * The process that the parent of `dynoscope balancer` starts, with its options as JSON. A signal makes it restore safe
 * weights and end; so does the end of the parent, however it came: nobody would start this one again.
 */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
process.on('disconnect', () => stop.abort());
// Who read the reports of `--json` has gone: the adapter goes on.
process.stdout.on('error', () => {});

// Written by the parent, which is of the same version.
const { once, ...options } = JSON.parse(process.argv[2]!) as BalancerOptions & { readonly once: boolean };
if (once) stop.abort();
const code = await runBalancerChild({
  options,
  signal: stop.signal,
  onAlive: () => {
    if (process.connected) process.send?.('alive', () => {});
  },
});
// Connections of a log that is away would hold the process.
process.exit(code);
