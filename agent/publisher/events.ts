import type { LogLines } from '../../base/log-lines.ts';

export type DropReason = 'spool_full' | 'spool_unwritable' | 'unencodable';

/** What happens to a publisher that somebody should know of. Each once per outage, never per sample. */
export type PublisherEvent =
  | { readonly kind: 'spooling'; readonly because: string }
  | { readonly kind: 'caught_up'; readonly sentFromSpool: number; readonly outageMs: number }
  | { readonly kind: 'dropping'; readonly reason: DropReason; readonly because: string }
  | { readonly kind: 'spool_unreadable'; readonly because: string }
  | { readonly kind: 'registry_away'; readonly subject: string; readonly because: string };

/** The usual listener: one log line an event, with the runbook page of what went wrong. */
export const logPublisherEvents =
  (lines: LogLines) =>
  (event: PublisherEvent): void => {
    if (event.kind === 'spooling')
      lines.warn(
        { event: 'spooling', because: event.because, runbook: 'docs/runbook/DYNO_AGENT_SEND_TIMEOUT.md' },
        'The log does not take samples, so they are kept on disk until it does.',
      );
    else if (event.kind === 'caught_up')
      lines.info(
        { event: 'caught_up', sentFromSpool: event.sentFromSpool, outageMs: event.outageMs },
        'All samples that were kept on disk have been sent.',
      );
    else if (event.kind === 'dropping')
      lines.error(
        { event: 'dropping', reason: event.reason, because: event.because, runbook: dropRunbook[event.reason] },
        'Samples are being lost; sampling goes on and every loss is counted.',
      );
    else if (event.kind === 'spool_unreadable')
      lines.error(
        {
          event: 'spool_unreadable',
          because: event.because,
          runbook: 'docs/runbook/DYNO_AGENT_SPOOL_UNREADABLE.md',
        },
        'Samples kept on disk cannot be read now; nothing is lost, and they are asked for until they can.',
      );
    else
      lines.warn(
        {
          event: 'registry_away',
          subject: event.subject,
          because: event.because,
          runbook: 'docs/runbook/DYNO_AGENT_REGISTRY_UNREACHABLE.md',
        },
        'The schema registry does not answer; it is asked again until it does.',
      );
  };

const dropRunbook: Readonly<Record<DropReason, string>> = {
  spool_full: 'docs/runbook/DYNO_AGENT_SPOOL_FULL.md',
  spool_unwritable: 'docs/runbook/DYNO_AGENT_SPOOL_UNWRITABLE.md',
  unencodable: 'docs/runbook/DYNO_AGENT_SAMPLE_UNENCODABLE.md',
};
