/** k servers, one queue, Poisson arrivals; S = mean service time. */
export interface QueueLoad {
  readonly servers: number;
  readonly arrivalsPerS: number;
  readonly serviceS: number;
}

/** Mean wait of M/M/k in seconds (Erlang C); infinite at or above capacity. */
export function meanWaitS({ servers, arrivalsPerS, serviceS }: QueueLoad): number {
  const offered = arrivalsPerS * serviceS;
  const utilization = offered / servers;
  if (utilization >= 1) return Number.POSITIVE_INFINITY;
  // Erlang B by its recursion, which neither overflows nor loses digits, then C from B.
  let blocking = 1;
  for (let n = 1; n <= servers; n++) blocking = (offered * blocking) / (n + offered * blocking);
  const waiting = blocking / (1 - utilization * (1 - blocking));
  return (waiting * serviceS) / (servers * (1 - utilization));
}

/** Mean wait of a queue with any service times, after Sakasegawa: quick, within some per cent in heavy traffic. */
export function meanWaitApproxS(load: QueueLoad & { readonly cv2: number }): number {
  const utilization = Math.min(0.999, (load.arrivalsPerS * load.serviceS) / load.servers);
  const power = Math.sqrt(2 * (load.servers + 1)) - 1;
  return (((1 + load.cv2) / 2) * utilization ** power * load.serviceS) / (load.servers * (1 - utilization));
}

/** The service time at which M/M/k waits `waitS` on average for this many arrivals: the model's truth for a generation. */
export function serviceForWaitS(target: {
  readonly servers: number;
  readonly arrivalsPerS: number;
  readonly waitS: number;
}): number {
  const { servers, arrivalsPerS, waitS } = target;
  return bisect(
    { low: 0, high: servers / arrivalsPerS },
    (serviceS) => meanWaitS({ servers, arrivalsPerS, serviceS }) < waitS,
  );
}

/** Arrivals per second at which M/M/k waits `waitS` on average. */
export function arrivalsForWait(target: {
  readonly servers: number;
  readonly serviceS: number;
  readonly waitS: number;
}): number {
  const { servers, serviceS, waitS } = target;
  return bisect(
    { low: 0, high: servers / serviceS },
    (arrivalsPerS) => meanWaitS({ servers, arrivalsPerS, serviceS }) < waitS,
  );
}

/** The point between low and high where `isBelow` turns false. */
function bisect(range: { readonly low: number; readonly high: number }, isBelow: (x: number) => boolean): number {
  let { low, high } = range;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
