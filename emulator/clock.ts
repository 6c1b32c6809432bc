import type { BusinessClock } from './engines/engine.ts';

/** One advance of business time: at this wall time, this much was added. Both in milliseconds. */
export interface Advance {
  readonly atWall: number;
  readonly addedMs: number;
}

/** A business clock that can be moved, and maps moments both ways. */
export interface AccountClock extends BusinessClock {
  /** Moves business time forward. It never goes back: audit, backups and windows rely on its order. */
  advance(seconds: number): void;
  /** What business time showed at a wall time. */
  businessTimeOf(wall: Date): Date;
  /** Every advance so far, for the state file. */
  advances(): readonly Advance[];
}

/** Business time stays before it, so that all that is reckoned from it (expiry, retention) has a year of four digits. */
export const latestBusinessTime = Date.UTC(9900, 0, 1);

/** The business time of one account: wall time plus all advances. Lifecycles do not run on it. */
export function createClock(options: { advances?: readonly Advance[] } = {}): AccountClock {
  const advances = [...(options.advances ?? [])];
  const addedBy = (wall: number) =>
    advances.reduce((sum, { atWall, addedMs }) => (atWall <= wall ? sum + addedMs : sum), 0);

  return {
    now: () => new Date(Date.now() + addedBy(Date.now())),
    businessTimeOf: (wall) => new Date(wall.getTime() + addedBy(wall.getTime())),
    advances: () => advances,
    advance: (seconds) => void advances.push({ atWall: Date.now(), addedMs: seconds * 1000 }),
    wallTimeOf: (at) => {
      let added = 0;
      for (const { atWall, addedMs } of advances) {
        if (at.getTime() < atWall + added) break;
        if (at.getTime() < atWall + added + addedMs) return new Date(atWall);
        added += addedMs;
      }
      return new Date(at.getTime() - added);
    },
  };
}
