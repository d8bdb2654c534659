import { type Admin, AssignerProtocol, Kafka, logLevel } from '../../log/kafka/kafkajs.ts';

/** Which controller process owns which partitions, as the broker says. */
export class ControllerGroup {
  readonly #admin: Admin;

  private constructor(admin: Admin) {
    this.#admin = admin;
  }

  static async open(bootstrap: string): Promise<ControllerGroup> {
    const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new ControllerGroup(admin);
  }

  /** Partitions of the members by their id; undefined until the group stands still with so many. */
  async owners(members: number): Promise<ReadonlyMap<string, readonly number[]> | undefined> {
    const { groups } = await this.#admin.describeGroups(['loadtests-e1']);
    const { state, members: now } = groups[0]!;
    if (state !== 'Stable' || now.length !== members) return undefined;
    return new Map(
      now.map(({ memberId, memberAssignment }) => [
        memberId,
        AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment['dyno.tier-seconds.v1'] ?? [],
      ]),
    );
  }

  close(): Promise<void> {
    return this.#admin.disconnect();
  }
}
