import { age } from './format.ts';
import type { Live } from './live.ts';

/** Older than this is not called live: the windows of a second close within 3 s. */
const freshMs = 6_000;

/** Says how old the newest second is, and whether more is coming. Old data is never shown as live. */
export function LiveStrip({ live }: { live: Live }) {
  const { state, text } = stateOf(live);
  return (
    <div class="live-strip">
      <span class={`live-state ${state}`} role="status" aria-live="off">
        <span class="dot" aria-hidden="true" /> {text}
      </span>
      <button
        type="button"
        class="quiet"
        title="Pause or resume (p)"
        aria-pressed={live.paused}
        onClick={() => live.setPaused(!live.paused)}
      >
        {live.paused ? 'Resume' : 'Pause'}
      </button>
    </div>
  );
}

function stateOf({ connection, paused, ageMs, snapshot }: Live): { state: string; text: string } {
  const old = ageMs === undefined ? '' : `, ${age(ageMs)} old`;
  if (paused) return { state: 'paused', text: `Paused${old}` };
  if (connection === 'lost') return { state: 'lost', text: `Connection lost, trying again${old}` };
  if (snapshot === undefined) return { state: 'waiting', text: 'Connecting' };
  if (ageMs === undefined) return { state: 'waiting', text: 'Waiting for the first second' };
  if (ageMs > freshMs) return { state: 'lost', text: `No new second${old}` };
  return { state: 'fresh', text: `Live${old}` };
}
