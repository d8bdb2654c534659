/** What setting up asks of a schema registry. */
export interface RegistryPort {
  /** Id of the schema under the subject; registering the same one again gives the same id. */
  register(subject: string, schemaJson: string): Promise<number>;
  /** Avro JSON of an id. */
  schemaJsonOf(schemaId: number): Promise<string>;
}
