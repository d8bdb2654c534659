/** An answer other than 200, in Confluent's form: `{error_code, message}`; the first three digits are the HTTP status. */
export class Refusal extends Error {
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.errorCode = errorCode;
  }

  get status(): number {
    return this.errorCode < 1_000 ? this.errorCode : Math.trunc(this.errorCode / 100);
  }
}

/** Confluent's own codes, so that its clients and tools understand them. */
export const refusals = {
  subjectUnknown: (subject: string) => new Refusal(40401, `Subject '${subject}' not found.`),
  versionUnknown: (version: number | string) => new Refusal(40402, `Version ${version} not found.`),
  schemaUnknown: (id?: number) => new Refusal(40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`),
  subjectDeleted: (subject: string) =>
    new Refusal(40404, `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`),
  subjectNotDeleted: (subject: string) =>
    new Refusal(40405, `Subject '${subject}' was not deleted first before being permanently deleted`),
  versionDeleted: (subject: string, version: number) =>
    new Refusal(
      40406,
      `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
    ),
  versionNotDeleted: (subject: string, version: number) =>
    new Refusal(
      40407,
      `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
    ),
  noLevel: (subject: string) =>
    new Refusal(40408, `Subject '${subject}' does not have subject-level compatibility configured`),
  incompatible: (subject: string, reasons: readonly string[]) =>
    new Refusal(
      409,
      `Schema being registered is incompatible with an earlier schema for subject "${subject}": ${reasons.join('; ')}`,
    ),
  invalidSchema: (why: string) => new Refusal(42201, `Invalid schema: ${why}`),
  invalidVersion: (version: string) =>
    new Refusal(
      42202,
      `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
    ),
  invalidLevel: (level: string) =>
    new Refusal(
      42203,
      `Invalid compatibility level '${level}'. Valid values are NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD, FORWARD_TRANSITIVE, FULL and FULL_TRANSITIVE`,
    ),
  modeFixed: () => new Refusal(42205, 'The mode of this registry is READWRITE and cannot be changed'),
  full: (most: number) => new Refusal(50001, `The registry holds ${most} schemas, the most it takes`),
} as const;
