/** What setting up asks of a schema registry. */
export interface RegistryPort {
  /** Id of the schema under the subject; registering the same one again gives the same id. */
  register(subject: string, schemaJson: string): Promise<number>;
  /** Avro JSON of an id; undefined when the registry has none such. */
  schemaById(schemaId: number): Promise<string | undefined>;
}
