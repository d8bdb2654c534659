import type { SchemaRegistryClient } from '@confluentinc/schemaregistry';
import { BoundedMap } from '../../base/bounded-map.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { DynoError, messageOf } from '../../base/errors.ts';

/** Beyond any number of schemas that a log can hold. */
const idsMax = 10_000;
/** An unknown id is asked for again after this time: the schema may have been registered meanwhile. */
const unknownForMs = 10_000;
const timeoutMs = 3_000;

export interface RegistryClientOptions {
  readonly url: string;
  readonly clock?: Clock;
}

export interface RegistryClient {
  /** Avro JSON of an id, `undefined` when the registry does not know it. Rejects (retryable) when it does not answer. */
  schemaById(id: number): Promise<string | undefined>;
  /** The same schema again gives the same id. */
  register(subject: string, schemaJson: string): Promise<number>;
}

/**
 * The one place that loads Confluent's client: importing it costs 0.7 s and 83 MB, so it is loaded at the first call.
 * Never called per record: ids are cached, and one id is asked for once at a time.
 */
export async function openRegistryClient(options: RegistryClientOptions): Promise<RegistryClient> {
  const { url, clock = systemClock } = options;
  const schemas = new BoundedMap<number, string>({ keysMax: idsMax });
  const unknownUntilMs = new BoundedMap<number, number>({ keysMax: idsMax });
  const asking = new Map<number, Promise<string | undefined>>();
  let client: Promise<SchemaRegistryClient> | undefined;
  const loaded = (): Promise<SchemaRegistryClient> => {
    client ??= loadClient(url);
    return client;
  };

  const ask = async (id: number): Promise<string | undefined> => {
    const found = await fetchSchema(await loaded(), { url, id });
    if (found === undefined) unknownUntilMs.set(id, clock.monotonicMs() + unknownForMs);
    else schemas.set(id, found);
    return found;
  };

  return {
    schemaById: (id) => {
      const cached = schemas.get(id);
      if (cached !== undefined) return Promise.resolve(cached);
      if ((unknownUntilMs.get(id) ?? Number.NEGATIVE_INFINITY) > clock.monotonicMs()) return Promise.resolve(undefined);
      const running = asking.get(id);
      if (running !== undefined) return running;
      const asked = ask(id).finally(() => asking.delete(id));
      asking.set(id, asked);
      return asked;
    },
    register: async (subject, schemaJson) => {
      try {
        return await (await loaded()).register(subject, { schema: schemaJson, schemaType: 'AVRO' });
      } catch (error) {
        throw explained(error, { url, what: `register a schema of ${subject}` });
      }
    },
  };
}

async function loadClient(url: string): Promise<SchemaRegistryClient> {
  const { SchemaRegistryClient: Client } = await import('@confluentinc/schemaregistry');
  // No retries of its own: who asks pauses and asks again, and says so meanwhile.
  return new Client({ baseURLs: [url], maxRetries: 0, createAxiosDefaults: { timeout: timeoutMs } });
}

async function fetchSchema(
  client: SchemaRegistryClient,
  { url, id }: { readonly url: string; readonly id: number },
): Promise<string | undefined> {
  try {
    const { schema } = await client.getBySubjectAndId('', id);
    return schema;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw explained(error, { url, what: `get schema ${id}` });
  }
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;

function explained(error: unknown, { url, what }: { readonly url: string; readonly what: string }): DynoError {
  const status = statusOf(error);
  const refused = status !== undefined && status >= 400 && status < 500;
  if (refused) {
    return new DynoError(
      'DYNO_REGISTRY_REFUSED',
      `the schema registry at ${url} refused to ${what}: ${messageOf(error)} (HTTP ${status}); mend the request`,
      { cause: error, details: { url, status } },
    );
  }
  return new DynoError(
    'DYNO_REGISTRY_UNREACHABLE',
    `the schema registry at ${url} did not answer when asked to ${what}: ${messageOf(error)}; ` +
      'check that it runs and that SCHEMA_REGISTRY_URL is right',
    { retryable: true, cause: error, details: { url } },
  );
}
