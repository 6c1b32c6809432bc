import type { InventoryRow } from '../inventory.ts';
import { fixtureInstance, fixtures, fixtureWithDatabase } from './fixtures.ts';
import { type Instance, statusOf } from './instance.ts';
import {
  type Order,
  type Task,
  type TencentContext,
  type TencentState,
  usesDatabase,
} from './state.ts';

/** What the state file keeps of one account; plain JSON. */
export interface SavedTencent {
  readonly instances: readonly Instance[];
  readonly tasks: readonly Task[];
  readonly orders: readonly Order[];
  readonly counter: number;
}

export const saveState = (state: TencentState): SavedTencent => ({
  instances: [...state.instances.values()],
  tasks: state.tasks,
  orders: state.orders,
  counter: state.counter,
});

/** Puts the fixtures in place, with a real database behind one of them where the account has engines. */
export async function placeFixtures(context: TencentContext, state: TencentState): Promise<void> {
  const { account } = state;
  state.instances.clear();
  state.tasks = [];
  state.orders = [];
  for (const fixture of fixtures) {
    const hasDatabase =
      account.engines &&
      fixture.id === fixtureWithDatabase &&
      context.databases.actual !== undefined;
    const key = { account, instanceId: fixture.id };
    const endpoint = await context.databases.endpointFor(key);
    if (hasDatabase) await context.databases.createSource({ ...key, endpoint });
    const uuid = (label: string) =>
      context.random.uuid(`fixture ${account.number} ${fixture.id} ${label}`);
    const now = account.clock.now().getTime();
    state.instances.set(fixture.id, fixtureInstance(fixture, { now, endpoint, hasDatabase, uuid }));
  }
}

/** Takes up what an earlier process left: databases are opened again, unfinished restores begin anew. */
export async function restoreState(
  context: TencentContext,
  state: TencentState,
  saved: SavedTencent,
): Promise<void> {
  const { account } = state;
  state.counter = saved.counter;
  state.tasks = [...saved.tasks];
  state.orders = [...saved.orders];
  for (const instance of saved.instances) state.instances.set(instance.id, instance);
  for (const instance of saved.instances) {
    if (!usesDatabase(context, instance)) continue;
    const { endpoint, restoredFrom, goneAt, isolatedAt, origin } = instance;
    const key = { account, instanceId: instance.id };
    if (goneAt !== null && origin !== 'seed') continue;
    if (await context.databases.reopen({ ...key, endpoint })) {
      if (goneAt !== null || isolatedAt !== null) context.databases.stop(key);
    } else if (origin === 'seed') {
      await context.databases.createSource({ ...key, endpoint });
    } else if (restoredFrom && instance.builtAt === null) {
      const { sourceId, backupId, at } = restoredFrom;
      context.databases.beginRestore({
        ...{ ...key, endpoint, sourceId },
        point:
          backupId === null
            ? { kind: 'time', at: new Date(at ?? 0) }
            : { kind: 'backup', backupId },
      });
    }
  }
}

/** Everything of an account that exists or existed. */
export function inventoryOf(context: TencentContext, state: TencentState): InventoryRow[] {
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const { actual } = context.databases;
  return [...state.instances.values()].map((instance) => ({
    ...{ account: state.account.accessKeyId, cloud: 'tencent', kind: 'instance', id: instance.id },
    ...{ name: instance.name, tags: instance.tags, status: statusOf(instance) },
    ...{ sourceId: instance.restoredFrom?.sourceId ?? null, origin: instance.origin },
    ...{ createdSeq: instance.createdSeq, deletedSeq: instance.deletedSeq },
    ...{ createdAt: iso(instance.createdAt) ?? '', deletedAt: iso(instance.goneAt) },
    engine:
      instance.hasDatabase && actual
        ? { emulated: `PostgreSQL ${instance.version}`, ...actual }
        : null,
  }));
}
