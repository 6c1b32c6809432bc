import { ranOut } from './options.ts';
import type { Accepted } from './restore.ts';

/**
 * One look for everything that carries this run's name and tag, oldest first. `insist`: an empty answer
 * throws `NotReady`, so that the server looks again until the deadline of the options.
 */
export type Look = (ask: { insist: boolean }) => Promise<Accepted[]>;

/**
 * Looks for the settling time and returns what was found. An empty answer is proof: it comes from one more
 * complete look after the settling time, measured by the server's clock and never by a worker's.
 */
export async function findSettled(looks: {
  whileSettling: Look;
  atLast: Look;
}): Promise<Accepted[]> {
  try {
    return await looks.whileSettling({ insist: true });
  } catch (error) {
    if (!ranOut(error)) throw error;
  }
  return looks.atLast({ insist: false });
}
