/** What goes on by itself behind a running instance: its application, its archive, a clone's first backup. */
import { setTimeout as pause } from 'node:timers/promises';

const firstBackupSeconds = 1;
const askedForSeconds = 20;
const idleFactor = 15;

/** Work that `stop` ends; it returns when nothing of it is under way any more. */
export interface Upkeep {
  stop(): Promise<void>;
}

/**
 * Archives a heartbeat every `archiveSeconds` (real time) while somebody keeps asking how far the instance can be
 * restored, and less often else, for the machine's sake. Takes the first backup of an instance that has none. Failures
 * are logged once and tried again.
 */
export function startUpkeep(options: {
  archiveSeconds: number;
  /** Real times in ms since 1970. */
  askedAt: () => number;
  archivedAt: () => number;
  archive: () => Promise<void>;
  firstBackup: () => Promise<void>;
  writer?: Upkeep;
  log: (line: string) => void;
}): Upkeep {
  const { archiveSeconds, askedAt, archivedAt, archive, firstBackup, writer, log } = options;
  const stopping = new AbortController();
  /** False once we are told to stop. */
  const wait = (seconds: number): Promise<boolean> =>
    pause(seconds * 1000, true, { signal: stopping.signal, ref: false }).catch(() => false);
  const within = (seconds: number, since: number) => Date.now() - since < seconds * 1000;

  let complaint: string | undefined;
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      complaint = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== complaint && !stopping.signal.aborted) log(message);
      complaint = message;
    }
  };

  const keepUp = async () => {
    if (!(await wait(firstBackupSeconds))) return;
    await attempt(firstBackup);
    while (await wait(archiveSeconds)) {
      if (
        within(askedForSeconds, askedAt()) ||
        !within(archiveSeconds * idleFactor, archivedAt())
      ) {
        await attempt(archive);
      }
    }
  };
  const done = keepUp();

  return {
    async stop() {
      stopping.abort();
      await Promise.all([writer?.stop(), done]);
    },
  };
}
