import { connect } from 'node:net';
import type { Account } from './accounts.ts';
import type {
  Endpoint,
  EngineBackup,
  EngineHost,
  EngineInstance,
  PostgresDamage,
  RestorePoint,
} from './engines/engine.ts';
import { freeEndpoint, loopbackAddress } from './loopback.ts';

/** How far the database behind an instance has come; `none` where the emulator runs without engines. */
export type DatabaseState =
  | { readonly kind: 'none' | 'building' | 'ready' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Names one emulated instance among all accounts. */
export interface InstanceKey {
  readonly account: Account;
  readonly instanceId: string;
}

export interface RestoreOrder extends InstanceKey {
  readonly endpoint: Endpoint;
  readonly sourceId: string;
  /** Times are the account's business times. */
  readonly point: RestorePoint;
  readonly damage?: PostgresDamage;
}

/** The real databases behind all emulated instances, one per instance at most. */
export interface Databases {
  /** What runs, or undefined without engines. */
  readonly actual: { readonly actual: string; readonly version: string } | undefined;
  endpointFor(key: InstanceKey): Promise<Endpoint>;
  createSource(key: InstanceKey & { endpoint: Endpoint }): Promise<void>;
  /** Starts a restore and returns at once; `stateOf` tells how it goes. */
  beginRestore(order: RestoreOrder): void;
  reopen(key: InstanceKey & { endpoint: Endpoint }): Promise<boolean>;
  stateOf(key: InstanceKey): DatabaseState;
  /** Finished physical backups in the account's business time; undefined without a database. */
  backups(key: InstanceKey): EngineBackup[] | undefined;
  recoverableRange(key: InstanceKey): { begin: Date; end: Date } | undefined;
  takeBackup(key: InstanceKey, id: string): void;
  stop(key: InstanceKey): void;
  start(key: InstanceKey): void;
  destroy(key: InstanceKey): Promise<void>;
}

const engineId = ({ account, instanceId }: InstanceKey) =>
  account.number === 0 ? instanceId : `${instanceId}-a${account.number}`;

/**
 * The desk between the clouds and the engine host. Without a host every instance has the state
 * `none`, and nothing listens at the addresses that the API shows.
 */
export function createDatabases(options: {
  host: EngineHost | undefined;
  /** The emulator's own port: two emulators on one machine must not share engine addresses. */
  port: () => number;
  /** The account whose clock the host runs on. */
  first: () => Account;
  log: (line: string) => void;
}): Databases {
  const { host, log } = options;
  const instances = new Map<string, EngineInstance>();
  const states = new Map<string, DatabaseState>();
  const stateOf = (key: InstanceKey): DatabaseState =>
    states.get(engineId(key)) ?? { kind: 'none' };

  const toAccount = (account: Account, at: Date) =>
    account.number === 0 ? at : account.clock.businessTimeOf(options.first().clock.wallTimeOf(at));
  const toHost = (account: Account, at: Date) =>
    account.number === 0 ? at : options.first().clock.businessTimeOf(account.clock.wallTimeOf(at));
  const inBackground = (what: string, work: Promise<unknown> | undefined) => {
    work?.catch((error: unknown) => log(`${what}: ${reasonOf(error)}`));
  };

  return {
    actual: host && { actual: host.description.actual, version: host.description.version },
    endpointFor: async (key) => {
      const label = `${options.port()} ${key.account.accessKeyId} ${key.instanceId}`;
      return host ? freeEndpoint(label) : loopbackAddress(label);
    },
    createSource: async ({ endpoint, ...key }) => {
      if (!host) return;
      const id = engineId(key);
      instances.set(id, await host.createSource({ instanceId: id, endpoint }));
      states.set(id, { kind: 'ready' });
    },
    beginRestore: ({ account, instanceId, endpoint, sourceId, point, damage }) => {
      const id = engineId({ account, instanceId });
      const source = engineId({ account, instanceId: sourceId });
      if (!host) return;
      if (!instances.has(source)) {
        states.set(id, { kind: 'failed', reason: `${sourceId} has left no data` });
        return;
      }
      states.set(id, { kind: 'building' });
      const order = {
        instanceId: id,
        sourceId: source,
        endpoint,
        point: point.kind === 'time' ? { ...point, at: toHost(account, point.at) } : point,
        ...(damage && { damage }),
      };
      host
        .restore(order)
        .then(async (instance) => {
          if (states.get(id)?.kind !== 'building') return instance.destroy();
          instances.set(id, instance);
          await answers(instance.endpoint);
          states.set(id, { kind: 'ready' });
        })
        .catch((error: unknown) => {
          log(`restore of ${source} into ${id} failed: ${reasonOf(error)}`);
          states.set(id, { kind: 'failed', reason: reasonOf(error) });
        });
    },
    reopen: async ({ endpoint, ...key }) => {
      const id = engineId(key);
      const instance = await host?.reopen({ instanceId: id, endpoint });
      if (!instance) return false;
      instances.set(id, instance);
      states.set(id, { kind: 'ready' });
      return true;
    },
    stateOf,
    backups: (key) =>
      instances
        .get(engineId(key))
        ?.backups()
        .map((backup) => ({
          ...backup,
          startedAt: toAccount(key.account, backup.startedAt),
          finishedAt: toAccount(key.account, backup.finishedAt),
        })),
    recoverableRange: (key) => {
      const range = instances.get(engineId(key))?.recoverableRange();
      return (
        range && {
          begin: toAccount(key.account, range.begin),
          end: toAccount(key.account, range.end),
        }
      );
    },
    takeBackup: (key, id) =>
      inBackground(`backup of ${key.instanceId}`, instances.get(engineId(key))?.takeBackup({ id })),
    stop: (key) => inBackground(`stop of ${key.instanceId}`, instances.get(engineId(key))?.stop()),
    start: (key) =>
      inBackground(`start of ${key.instanceId}`, instances.get(engineId(key))?.start()),
    destroy: async (key) => {
      const id = engineId(key);
      const instance = instances.get(id);
      instances.delete(id);
      states.delete(id);
      await instance?.destroy();
    },
  };
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Waits until something accepts connections there; rejects after 10 seconds. */
async function answers({ address, port }: Endpoint): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: address, port });
      socket.once('connect', () => socket.end() && resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (accepted) return;
    if (Date.now() > deadline) throw new Error(`nothing answers at ${address}:${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50).unref()); // an emulator that ends does not wait for it
  }
}
