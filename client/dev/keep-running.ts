import { setTimeout as delay } from 'node:timers/promises';

export interface Restartable {
  readonly ended: Promise<string>;
  stop(): Promise<void>;
  kill(): unknown;
}

export interface Kept<T extends Restartable> {
  /** The one that runs now, or the last one that did. */
  current(): T;
  /** Stops it for good; also if it is just being started again. Idempotent. */
  stop(): Promise<void>;
  /** Kills it for good, without waiting. */
  kill(): void;
}

/** Before each new start; a sixth death within a minute is one too many. */
const defaultPausesMs: readonly number[] = [0, 500, 1000, 2000, 4000];
const windowMs = 60_000;

/**
 * Starts something and starts it again whenever it ends unasked. The first start rejects as `start`
 * does; later a start that fails counts as a death, and after five within a minute it gives up once.
 */
export async function keepRunning<T extends Restartable>(options: {
  /** How people call it: "the worker". */
  name: string;
  start: () => Promise<T>;
  report: (line: string) => void;
  onGivenUp: (how: string) => void;
  pausesMs?: readonly number[];
}): Promise<Kept<T>> {
  const pausesMs = options.pausesMs ?? defaultPausesMs;
  let current = await options.start();
  let deaths: number[] = [];
  const stopping = new AbortController();

  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const how = await current.ended;
      if (!(await startAgain(how))) return;
    }
  };
  const startAgain = async (how: string): Promise<boolean> => {
    for (let reason = how; !stopping.signal.aborted;) {
      deaths = [...deaths.filter((at) => at > Date.now() - windowMs), Date.now()];
      const pauseMs = pausesMs[deaths.length - 1];
      if (pauseMs === undefined) {
        options.onGivenUp(reason);
        return false;
      }
      options.report(`${options.name} ended (${reason}): starting it again.`);
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return false;
      try {
        current = await options.start();
        options.report(`${options.name} is back.`);
        return true;
      } catch (error) {
        reason = (error as Error).message;
      }
    }
    return false;
  };
  const watching = watch();

  return {
    current: () => current,
    kill: () => {
      stopping.abort();
      void current.kill();
    },
    stop: async () => {
      stopping.abort();
      await current.stop();
      await watching;
      await current.stop(); // one that was being started meanwhile
    },
  };
}
