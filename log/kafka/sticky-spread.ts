/** A member of the group as the leader of a rebalance sees it. */
export interface SpreadMember {
  readonly id: string;
  /** The rebalance in which it got what it owns; of two that claim a unit the newer claim counts. */
  readonly generation: number;
  readonly owned: readonly string[];
}

/**
 * Units to members: evenly (no two members differ by more than one), and each unit stays where it is as far as that
 * allows, because moving one costs a rebuild. The same input gives the same answer whoever is the leader.
 */
export function stickySpread(units: readonly string[], members: readonly SpreadMember[]): Map<string, string[]> {
  const spread = new Map<string, string[]>(sortedBy(members, ({ id }) => id).map(({ id }) => [id, []]));
  if (spread.size === 0) return spread;
  const owners = ownersOf(units, members);
  const quotas = quotasOf(units.length, spread, owners);
  const homeless: string[] = [];
  for (const unit of units) {
    const owner = owners.get(unit);
    const kept = owner === undefined ? undefined : spread.get(owner);
    if (owner !== undefined && kept !== undefined && kept.length < quotas.get(owner)!) kept.push(unit);
    else homeless.push(unit);
  }
  for (const [id, kept] of spread)
    while (kept.length < quotas.get(id)! && homeless.length > 0) kept.push(homeless.shift()!);
  return spread;
}

function ownersOf(units: readonly string[], members: readonly SpreadMember[]): Map<string, string> {
  const known = new Set(units);
  const claims = new Map<string, SpreadMember>();
  for (const member of sortedBy(members, ({ id }) => id)) {
    for (const unit of member.owned) {
      const other = claims.get(unit);
      if (known.has(unit) && (other === undefined || member.generation > other.generation)) claims.set(unit, member);
    }
  }
  return new Map([...claims].map(([unit, member]) => [unit, member.id]));
}

/** How many units each may keep: the members that own most take the ones left over by the division. */
function quotasOf(
  units: number,
  spread: ReadonlyMap<string, unknown>,
  owners: ReadonlyMap<string, string>,
): Map<string, number> {
  const owns = new Map<string, number>();
  for (const owner of owners.values()) owns.set(owner, (owns.get(owner) ?? 0) + 1);
  const least = Math.floor(units / spread.size);
  const oneMore = units % spread.size;
  const byOwned = [...spread.keys()].sort((a, b) => (owns.get(b) ?? 0) - (owns.get(a) ?? 0));
  return new Map(byOwned.map((id, rank) => [id, rank < oneMore ? least + 1 : least]));
}

const sortedBy = <T>(items: readonly T[], name: (item: T) => string): T[] =>
  [...items].sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
