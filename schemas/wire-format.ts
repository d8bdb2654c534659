/** Confluent wire format: a zero byte, the schema id (big-endian, 32 bits), then the Avro body. */
export const wirePrefixBytes = 5;

/** The value of a record: prefix, then body. */
export function withSchemaId(schemaId: number, body: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(wirePrefixBytes + body.length);
  writeWirePrefix(value, schemaId);
  value.set(body, wirePrefixBytes);
  return value;
}

/** Writes the prefix into the first five bytes of `value`. */
export function writeWirePrefix(value: Buffer, schemaId: number): void {
  value[0] = 0;
  value.writeInt32BE(schemaId, 1);
}

/** The schema id that a value names, or undefined when it does not start with a prefix. */
export const schemaIdOf = (value: Uint8Array): number | undefined =>
  value.length >= wirePrefixBytes && value[0] === 0
    ? (value[1]! << 24) | (value[2]! << 16) | (value[3]! << 8) | value[4]!
    : undefined;
