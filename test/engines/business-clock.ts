import type { BusinessClock } from '../../emulator/engines/engine.ts';

/** Business time as the control API moves it: `advance` jumps forward, and every jump is remembered. */
export function createBusinessClock(): BusinessClock & { advance(seconds: number): void } {
  const jumps: { wall: number; offset: number }[] = [];
  const offset = () => jumps.at(-1)?.offset ?? 0;
  return {
    now: () => new Date(Date.now() + offset()),
    wallTimeOf(at) {
      let before = 0;
      for (const jump of jumps) {
        if (at.getTime() - before < jump.wall) break;
        if (at.getTime() - jump.offset < jump.wall) return new Date(jump.wall);
        before = jump.offset;
      }
      return new Date(at.getTime() - before);
    },
    advance(seconds) {
      jumps.push({ wall: Date.now(), offset: offset() + seconds * 1000 });
    },
  };
}
