/** Readers of JSON as Protocol Buffers write it, which trust nothing. */

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Takes both names of a field that the JSON of Protocol Buffers has, `lb_endpoints` and `lbEndpoints`. */
export function field(of: unknown, name: string): unknown {
  if (typeof of !== 'object' || of === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(of));
  return fields.get(name) ?? fields.get(name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
}

export const listIn = (of: unknown, name: string): readonly unknown[] => {
  const list = field(of, name);
  return Array.isArray(list) ? list : [];
};

export const onlyOf = (list: unknown): unknown => (Array.isArray(list) && list.length === 1 ? list[0] : undefined);

/** `10.0.0.1 8080` of an `envoy.config.core.v3.Address`; a key to compare, whatever is in it. */
export function socketIn(address: unknown): string {
  const socket = field(address, 'socket_address');
  return `${String(field(socket, 'address'))} ${String(field(socket, 'port_value'))}`;
}
