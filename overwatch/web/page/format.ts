/** Numbers as people read them: three digits that mean something, a dash for what is not there. */
export const dash = '–';

export function amount(value: number | null | undefined): string {
  if (value === null || value === undefined) return dash;
  const size = Math.abs(value);
  if (size >= 10_000_000) return `${trimmed(value / 1_000_000)} M`;
  if (size >= 10_000) return `${trimmed(value / 1_000)} k`;
  return trimmed(value);
}

function trimmed(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: 0 });
}

export const percent = (ratio: number | null | undefined, digits = 0): string =>
  ratio === null || ratio === undefined ? dash : `${(ratio * 100).toFixed(digits)} %`;

export const milliseconds = (value: number | null | undefined): string =>
  value === null || value === undefined ? dash : `${trimmed(value)} ms`;

export function age(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

export const clockTime = (ms: number): string => new Date(ms).toLocaleTimeString('en-GB', { hour12: false });

const reasons: Record<string, string> = {
  no_pmu: 'no hardware counters on this machine',
  no_addon: 'the native addon is not there',
  not_reported: 'no application reports it',
  not_permitted: 'the agent may not read it',
  not_supported_hw: 'the hardware does not have it',
  not_supported_arch: 'this architecture does not have it',
  not_supported_kernel: 'this kernel does not have it',
  not_mounted: 'its file system is not mounted',
  no_device: 'there is no such device',
  first_sample: 'first sample: a rate needs two',
  reset: 'the counter was reset',
  implausible: 'the value was implausible',
  collector_failed: 'the collector failed',
  not_simulated: 'the simulator does not make it',
  no_requests: 'no requests in this second',
  rcu_of_generation_unknown: 'the RCU of these generations is not known',
};

/** Why a value is missing, in words. */
export const reasonText = (reason: string | undefined): string =>
  reason === undefined ? 'no value in this second' : (reasons[reason] ?? reason);
