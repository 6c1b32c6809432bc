import { randomUUID } from 'node:crypto';
import { Connection, type Client } from '@temporalio/client';
import { startEmulator, type Emulator } from '../../emulator/index.ts';
import { createTestConfig, type TestConfig } from './lifeboat-config.ts';
import { openNamespace } from './namespaces.ts';
import { startTemporal, type TestTemporal } from './temporal.ts';
import { installQuietRuntime, startWorkers } from './workers.ts';

/** A clone is ready within some 4 s, and an undo takes as many looks as it has steps. */
export const timeScale = 120;
/** For what must be seen while it lasts: a flap, a return from the recycle bin. A clone takes some 15 s. */
export const slowTimeScale = 30;

/** One per mocha process: Temporal, emulator, and the product's own workers in a namespace of these tests. */
export interface Harness {
  readonly temporal: TestTemporal;
  readonly connection: Connection;
  readonly client: Client;
  readonly config: TestConfig;
  emulator(scale: number): Promise<Emulator>;
}

let started: Promise<Harness> | undefined;
const endings: (() => Promise<void> | void)[] = [];

/** Something that ends with the last test, in reverse order of starting. */
export function atTheEnd(end: () => Promise<void> | void): void {
  endings.unshift(end);
}

export function harness(): Promise<Harness> {
  return (started ??= start());
}

async function start(): Promise<Harness> {
  installQuietRuntime();
  const emulators = new Map<number, Promise<Emulator>>();
  const emulator = (scale: number) => {
    const known = emulators.get(scale) ?? startEmulator({ port: 0, timeScale: scale });
    emulators.set(scale, known);
    return known;
  };
  atTheEnd(async () => {
    for (const running of emulators.values()) await (await running).close();
  });
  const config = createTestConfig();
  atTheEnd(() => config.remove());
  const temporal = await startTemporal();
  atTheEnd(() => temporal.stop());
  const connection = await Connection.connect({ address: temporal.address });
  atTheEnd(() => connection.close());
  const namespace = `restores-${randomUUID().slice(0, 8)}`;
  const client = await openNamespace(connection, namespace);
  const workers = await startWorkers({ address: temporal.address, namespace });
  atTheEnd(() => workers.stop());
  return { temporal, connection, client, config, emulator };
}

/** The worker's environment: these tests can reach no real cloud, whatever the machine holds. */
export function workerSettings(config: TestConfig): Record<string, string> {
  return {
    LIFEBOAT_CONFIG: config.file,
    LIFEBOAT_TIME_SCALE: String(timeScale),
    LIFEBOAT_LOOPBACK_ONLY: '1',
  };
}

after('end the servers and workers of the restore tests', async function () {
  this.timeout(60_000);
  for (const end of endings) await end();
});
