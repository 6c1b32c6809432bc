/** The application of a source: some new orders every second. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import type { BusinessClock, Endpoint } from './engine.ts';
import { appLogin, fixtureDatabase, writeLiveOrders } from './postgres-history.ts';
import { openSession } from './postgres-session.ts';

const retrySeconds = 2;

/** Starts writing; `stop` returns when the last row is in. Failures (a dropped table, say) are logged and retried. */
export function startWriter(options: {
  endpoint: Endpoint;
  clock: BusinessClock;
  log: (line: string) => void;
}): { stop(): Promise<void> } {
  const { endpoint, clock, log } = options;
  const stopping = new AbortController();
  /** False once we are told to stop. */
  const wait = (ms: number): Promise<boolean> =>
    pause(ms, true, { signal: stopping.signal, ref: false }).catch(() => false);

  const write = async (): Promise<void> => {
    let session: Client | undefined;
    let complaint: string | undefined;
    while (await wait(untilMidSecond(clock.now()))) {
      try {
        session ??= await openWriter(endpoint);
        if (isMidSecond(clock.now())) await writeLiveOrders(session, clock.now());
        complaint = undefined;
      } catch (error) {
        const { message } = error as Error;
        if (message !== complaint && !stopping.signal.aborted)
          log(`the writer cannot write: ${message}`);
        complaint = message;
        await session?.end().catch(() => undefined);
        session = undefined;
        await wait(retrySeconds * 1000);
      }
    }
    await session?.end().catch(() => undefined);
  };

  const done = write();
  return {
    stop() {
      stopping.abort();
      return done;
    },
  };
}

async function openWriter(endpoint: Endpoint): Promise<Client> {
  const session = await openSession({ endpoint, ...appLogin, database: fixtureDatabase });
  await session.query(`set lock_timeout = '2s'`); // somebody's lock must not keep an instance from stopping
  return session;
}

// A row that bears 02:41:00.999 and is committed at 02:41:01.001 would puzzle whoever compares its label with a restore
// to 02:41:01, so rows are written well inside a second only.
const untilMidSecond = (now: Date) => 1000 - ((now.getTime() + 500) % 1000);
const isMidSecond = (now: Date) => Math.abs((now.getTime() % 1000) - 500) < 300;
