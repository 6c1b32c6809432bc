import { rm } from 'node:fs/promises';
import type {
  EngineHost,
  EngineInstance,
  PostgresDamage,
  RestorePoint,
} from '../../emulator/engines/engine.ts';
import { createPostgresHost } from '../../emulator/engines/postgres.ts';
import { createBusinessClock } from './business-clock.ts';
import { makeDirectory, someEndpoint } from './databases.ts';

export interface Restoring {
  readonly host: EngineHost;
  readonly directory: string;
  readonly clock: ReturnType<typeof createBusinessClock>;
  /** Restores into an instance with an address of its own; `end` stops it. */
  restore(
    sourceId: string,
    point: RestorePoint,
    more?: { damage?: PostgresDamage; instanceId?: string },
  ): Promise<EngineInstance>;
  /** Ends the host and removes everything. */
  end(): Promise<void>;
}

/** A host of its own for one test file. */
export async function startRestoring(): Promise<Restoring> {
  const directory = await makeDirectory();
  const clock = createBusinessClock();
  const host = await createPostgresHost({ directory, clock, seed: 7 });
  let clones = 0;
  return {
    host,
    directory,
    clock,
    restore(sourceId, point, { instanceId, ...more } = {}) {
      clones += 1;
      const target = { instanceId: instanceId ?? `clone-${clones}`, endpoint: someEndpoint() };
      return host.restore({ ...target, sourceId, point, ...more });
    },
    async end() {
      await host.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

let shared: Promise<{ restoring: Restoring; source: EngineInstance }> | undefined;

/** One source for all tests that only restore from it; ended after the last test of the run. */
export function sharedSource() {
  shared ??= startRestoring().then(async (restoring) => {
    const target = { instanceId: 'source', endpoint: someEndpoint() };
    return { restoring, source: await restoring.host.createSource(target) };
  });
  return shared;
}

after(async () => (await shared)?.restoring.end());
