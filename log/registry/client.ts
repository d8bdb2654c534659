import { BoundedMap } from '../../base/bounded-map.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { DynoError, messageOf } from '../../base/errors.ts';
import { AskThread, RegistryFailure } from './ask-thread.ts';

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
 * Confluent's client, in a thread that starts here (importing it costs 0.2 s). Never called per record: ids are cached, and one id is asked for once at a time.
 */
export function openRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { url, clock = systemClock } = options;
  const schemas = new BoundedMap<number, string>({ keysMax: idsMax });
  const unknownUntilMs = new BoundedMap<number, number>({ keysMax: idsMax });
  const asking = new Map<number, Promise<string | undefined>>();
  const thread = new AskThread({ url, timeoutMs });
  thread.warm();

  const ask = async (id: number): Promise<string | undefined> => {
    const found = await fetchSchema(thread, { url, id });
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
        return Number(await thread.ask({ kind: 'register', subject, schemaJson }));
      } catch (error) {
        throw explained(error, { url, what: `register a schema of ${subject}` });
      }
    },
  };
}

async function fetchSchema(
  thread: AskThread,
  { url, id }: { readonly url: string; readonly id: number },
): Promise<string | undefined> {
  try {
    return String(await thread.ask({ kind: 'schema', id }));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw explained(error, { url, what: `get schema ${id}` });
  }
}

const statusOf = (error: unknown): number | undefined => (error instanceof RegistryFailure ? error.status : undefined);

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
