import { type Admin, Kafka, logLevel } from 'kafkajs';

/** Who is in a consumer group, as the broker says. */
export class GroupWatch {
  readonly #admin: Admin;
  readonly #group: string;
  #last = '';

  private constructor(admin: Admin, group: string) {
    this.#admin = admin;
    this.#group = group;
  }

  static async open(bootstrap: string, group: string): Promise<GroupWatch> {
    const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new GroupWatch(admin, group);
  }

  /** True once the group stands still with so many members, and they are others than the last time. */
  async standsWith(count: number): Promise<true | undefined> {
    const { groups } = await this.#admin.describeGroups([this.#group]);
    const { state, members } = groups[0]!;
    const now = members
      .map(({ memberId }) => memberId)
      .sort()
      .join(' ');
    if (state !== 'Stable' || members.length !== count || now === this.#last) return undefined;
    this.#last = now;
    return true;
  }

  close(): Promise<void> {
    return this.#admin.disconnect();
  }
}
