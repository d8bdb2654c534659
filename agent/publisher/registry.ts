import type { Clock } from '../../base/clock.ts';
import { DynoError, messageOf } from '../../base/errors.ts';

export interface RegisterOptions {
  readonly registryUrl: string;
  readonly subject: string;
  readonly schemaJson: string;
  readonly clock: Clock;
  /** Default 2 s: an answer that comes later is as good as none. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

/**
 * Registers a schema over the registry's HTTP interface and answers its id. The same schema again gives the same id.
 * Not through the registry's client library: importing that costs the agent more memory than all else together.
 */
export async function registerSchema(options: RegisterOptions): Promise<number> {
  const url = `${options.registryUrl.replace(/\/+$/, '')}/subjects/${encodeURIComponent(options.subject)}/versions`;
  const timeout = new AbortController();
  const cancel = options.clock.after(options.timeoutMs ?? 2_000, () => timeout.abort());
  try {
    const response = await (options.fetch ?? fetch)(url, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schemaType: 'AVRO', schema: options.schemaJson }),
      signal: timeout.signal,
    });
    const text = await response.text();
    if (!response.ok) throw refused(url, response.status, text);
    return idOf(url, text);
  } catch (error) {
    if (error instanceof DynoError) throw error;
    throw new DynoError(
      'DYNO_AGENT_REGISTRY_UNREACHABLE',
      `the schema registry at ${url} did not answer (${messageOf(error)}); samples are kept on disk until it does: ` +
        'check that it runs and that SCHEMA_REGISTRY_URL is right',
      { retryable: true, cause: error, details: { url } },
    );
  } finally {
    cancel();
  }
}

const refused = (url: string, status: number, text: string): DynoError =>
  new DynoError(
    'DYNO_AGENT_REGISTRY_REFUSED',
    `the schema registry at ${url} answered ${status}: ${text.slice(0, 300)}; ` +
      'a 409 means that the schema is incompatible with the one registered before',
    { retryable: true, details: { url, status } },
  );

function idOf(url: string, text: string): number {
  const parsed = parsedJson(text);
  const id = typeof parsed === 'object' && parsed !== null && 'id' in parsed ? parsed.id : undefined;
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0) return id;
  throw new DynoError(
    'DYNO_AGENT_REGISTRY_REFUSED',
    `the schema registry at ${url} answered "${text.slice(0, 300)}", expected {"id": number}; check SCHEMA_REGISTRY_URL`,
    { retryable: true, details: { url } },
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
