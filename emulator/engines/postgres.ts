/** Real PostgreSQL servers behind emulated instances, restored with PostgreSQL's own point-in-time recovery. */
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BusinessClock, Endpoint, EngineHost } from './engine.ts';
import { createGate } from './gate.ts';
import { claimDirectory } from './leftovers.ts';
import { findCopyCommand } from './postgres-archive.ts';
import { findBinaries } from './postgres-binaries.ts';
import { createCloneServer } from './postgres-clone.ts';
import { type HostContext, openInstance, type PostgresInstance } from './postgres-instance.ts';
import {
  type Home,
  homeOf,
  type InstanceRecord,
  loadRecord,
  makeHome,
  removeHome,
  removeUnfinished,
} from './postgres-record.ts';
import { describeEngine, type Engine, type Server } from './postgres-server.ts';
import { createSourceServer } from './postgres-source.ts';
import { chooseEngineUser, makeReachable } from './postgres-user.ts';

/**
 * Starts a host whose servers live below `directory`, made if absent. With the same `seed` the fixtures get the same
 * rows and backup ids. `archiveSeconds` is the real time between two archived heartbeats while somebody asks for the
 * recoverable range. Rejects with a readable text when no PostgreSQL runs here, when its user cannot reach
 * `directory`, or when another living emulator owns it.
 */
export async function createPostgresHost(options: {
  directory: string;
  clock: BusinessClock;
  seed?: number;
  archiveSeconds?: number;
  log?: (line: string) => void;
}): Promise<EngineHost> {
  const { clock, seed, archiveSeconds = 1, log = () => undefined } = options;
  const user = chooseEngineUser();
  const directory = await makeReachable(path.resolve(options.directory), user);
  const release = await claimDirectory(directory);
  const binaries = await findBinaries({ user, copyTo: directory }).catch((error: unknown) => {
    release();
    throw error;
  });
  await removeUnfinished(directory);
  const inTurn = createGate(os.availableParallelism() + 1);
  const engine: Engine = { binaries, user, copy: findCopyCommand(), live: new Map() };
  const context: HostContext = { engine, clock, archiveSeconds, log, inTurn };
  const instances = new Map<string, PostgresInstance>();
  const building = new Map<string, Promise<PostgresInstance>>();
  let closed = false;

  function open(options: {
    home: Home;
    endpoint: Endpoint;
    record: InstanceRecord;
    server?: Server;
  }): PostgresInstance {
    const { instanceId } = options.record;
    const onDestroy = () => instances.delete(instanceId);
    const instance = openInstance(context, { ...options, onDestroy });
    instances.set(instanceId, instance);
    return instance;
  }

  /** One at a time for each id, and none that `close` does not know of. */
  function build(instanceId: string, work: (home: Home) => Promise<PostgresInstance>) {
    if (closed) throw new Error('The engines are shut down');
    if (instances.has(instanceId) || building.has(instanceId)) {
      throw new Error(`There is a ${instanceId} already`);
    }
    const result = work(homeOf(directory, instanceId)).finally(() => building.delete(instanceId));
    building.set(instanceId, result);
    return result;
  }

  /** Like `build`, in an empty home that is removed when the work fails. */
  const make = (
    target: { instanceId: string; endpoint: Endpoint },
    work: (home: Home) => Promise<{ server: Server; record: InstanceRecord }>,
  ) =>
    build(target.instanceId, async (home) => {
      await makeHome(home, user);
      try {
        return open({ home, endpoint: target.endpoint, ...(await work(home)) });
      } catch (error) {
        await removeHome(home);
        throw error;
      }
    });

  /** Pulls the servers from under whatever is being built: it begins anew when the emulator does. */
  async function endBuilding(known: readonly PostgresInstance[]): Promise<void> {
    const kept = new Set(known.map(({ home }) => home.data));
    while (building.size > 0) {
      for (const [data, server] of engine.live)
        if (!kept.has(data)) void server.stop('immediate', 1);
      await Promise.race([Promise.allSettled(building.values()), pause(50)]);
    }
  }

  return {
    description: describeEngine(engine),
    from: `PostgreSQL ${binaries.version} from ${binaries.from}`,

    async createSource(target) {
      const source = await make(target, (home) =>
        inTurn(() => createSourceServer({ engine, clock, seed, home, ...target })),
      );
      await source.archiveBeyond(source.record().liveSince);
      return source;
    },

    async restore({ sourceId, ...target }) {
      const source = instances.get(sourceId);
      if (!source) throw new Error(`There is no data of ${sourceId} here`);
      return make(target, (home) => createCloneServer(context, { source, home, ...target }));
    },

    async reopen({ instanceId, endpoint }) {
      const record = await loadRecord(homeOf(directory, instanceId));
      if (!record) return undefined;
      return build(instanceId, async (home) => {
        const instance = open({ home, endpoint, record });
        try {
          await instance.start();
        } catch (error) {
          instances.delete(instanceId);
          throw error;
        }
        return instance;
      });
    },

    async close() {
      closed = true;
      const known = [...instances.values()];
      await Promise.all([...known.map((instance) => instance.shutDown()), endBuilding(known)]);
      await Promise.all([...instances.values()].map((instance) => instance.shutDown()));
      release();
    },
  };
}
