/**
 * A number in [0, 1) that looks like chance and is the same for the same words: FNV-1a, then the finaliser of
 * MurmurHash3, without which names that differ in their last letter come out close to each other.
 */
export function fractionOf(seed: number, ...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const letter of `${seed}\n${words.join('\n')}`) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
