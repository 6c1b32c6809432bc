import { createHash } from 'node:crypto';

/** Numbers, ids and letters that depend on the seed and the label alone, never on the order of asking. */
export interface Random {
  /** A number from 0 up to but not including 1. */
  fraction(label: string): number;
  /** A whole number from `low` to `high`, both included. */
  whole(range: readonly [low: number, high: number], label: string): number;
  /** Lower-case letters and digits, as in `postgres-6xk2v1qa`. */
  letters(length: number, label: string): string;
  uuid(label: string): string;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A source of reproducible randomness. Concurrent callers can't disturb each other, because every
 * value is a hash of the seed and its own label; a repeated label gives the same value again.
 */
export function seededRandom(seed: string): Random {
  const hash = (label: string) => createHash('sha256').update(`${seed}\n${label}`).digest();
  const fraction = (label: string) => hash(label).readUIntBE(0, 6) / 2 ** 48;
  return {
    fraction,
    whole: ([low, high], label) => low + Math.floor(fraction(label) * (high - low + 1)),
    letters: (length, label) =>
      Array.from(hash(label).subarray(0, length), (byte) => alphabet[byte % 36]).join(''),
    uuid: (label) => {
      const hex = hash(label).toString('hex');
      const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    },
  };
}
