import { useEffect, useState } from 'preact/hooks';
import type { TierTable } from '../../api-types.ts';
import type { StatusReport } from '../../status-report.ts';

export interface Snapshot {
  readonly tiers: TierTable;
  readonly status: StatusReport;
}

export interface Live {
  readonly snapshot: Snapshot | undefined;
  readonly connection: 'connecting' | 'live' | 'lost';
  readonly paused: boolean;
  /** Age of the newest second shown: at the server when it was sent, and since then here. */
  readonly ageMs: number | undefined;
  setPaused(paused: boolean): void;
}

const reopenAfterMs = 3_000;
/** The server sends every second: silence this long means that it is gone, whatever the socket says. */
const silentAfterMs = 5_000;

/** Follows `/api/stream`. While paused the newest snapshot is kept aside and shown on resuming. */
export function useLive(): Live {
  const [snapshot, setSnapshot] = useState<Snapshot>();
  const [receivedMs, setReceivedMs] = useState(0);
  const [connection, setConnection] = useState<Live['connection']>('connecting');
  const [paused, setPaused] = useState(false);
  const nowMs = useNow();
  useEffect(() => {
    if (paused) return;
    return followStream({
      onSnapshot: (next) => {
        setSnapshot(next);
        setReceivedMs(performance.now());
        setConnection('live');
      },
      onLost: () => setConnection('lost'),
    });
  }, [paused]);
  const sinceMs = nowMs - receivedMs;
  const shownTimeMs = snapshot?.tiers.time_ms ?? undefined;
  return {
    snapshot,
    connection: connection === 'live' && !paused && sinceMs > silentAfterMs ? 'lost' : connection,
    paused,
    ageMs:
      snapshot === undefined || shownTimeMs === undefined
        ? undefined
        : snapshot.tiers.now_ms - shownTimeMs + Math.max(0, sinceMs),
    setPaused,
  };
}

/** The browser reopens a stream that breaks, but not one that was refused: that is done here. */
function followStream(to: { onSnapshot: (snapshot: Snapshot) => void; onLost: () => void }): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource('/api/stream');
    source.addEventListener('snapshot', (event) => to.onSnapshot(JSON.parse(event.data) as Snapshot));
    source.addEventListener('error', () => {
      to.onLost();
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, reopenAfterMs);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

function useNow(): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(nowMs, 0);
}
