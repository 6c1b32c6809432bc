import { proxyActivities } from '@temporalio/workflow';
import type {
  CloneRequest,
  CloneRequestInput,
} from '../activities/tencent-postgres-clone/request.ts';
import { createOnce, nameInstance } from './create-once.ts';
import { findSettled } from './looks.ts';
import { changing, creating, looking, onTime, queues, readingRequest } from './options.ts';
import { beginRestore, unlessCancelled } from './run.ts';
import { lookByHand, removeByHand } from './tencent-by-hand.ts';
import type { Hands } from './run.ts';
import type {
  Accepted,
  Check,
  Keeper,
  LeftOver,
  Order,
  RestoredInstance,
  RunIdentity,
} from './restore.ts';

export type CloneOrder = Order<CloneRequest>;

/** What the checks found, and the call that follows from it. */
export interface ClonePlan {
  checks: Check[];
  /** The body of CloneDBInstance, name and tags included. */
  parameters: Record<string, unknown>;
  /** The point as people read it, and as it is sent. */
  point: { text: string; utc?: string; backup?: string };
  source: { id: string; name: string; status: string; version: string; kernel: string };
  warnings: string[];
  /** While the point lies beyond it: where the recovery window ends, ISO 8601 UTC. */
  windowEnd?: string;
}

export interface RunningClone {
  endpoint: { host: string; port: number };
  /** Names of the database accounts, if the cloud told them. */
  accounts: string[];
  differsFromSource: string[];
}

/** The activities of this restore; activities/tencent-postgres-clone implements them. */
export interface Activities {
  checkCloneRequest(ask: { input: unknown; run: RunIdentity }): Promise<CloneOrder>;
  /** `earlier`: the plan of the first check; what it resolved (`latest`, `ago`) stays. */
  checkCloneSource(ask: { order: CloneOrder; earlier?: ClonePlan }): Promise<ClonePlan>;
  createClone(ask: { order: CloneOrder; plan: ClonePlan }): Promise<Accepted>;
  findClones(ask: { order: CloneOrder; insist: boolean }): Promise<Accepted[]>;
  waitForCloneOrder(ask: { order: CloneOrder; dealName: string }): Promise<string>;
  waitForClone(ask: {
    order: CloneOrder;
    plan: ClonePlan;
    instanceId: string;
  }): Promise<RunningClone>;
  findOpenPort(ask: { host: string; port: number }): Promise<{ ok: boolean; seen: string }>;
  /** `inBin` stops in the recycle bin; the undo of a run goes on until it is gone. */
  deleteClone(ask: {
    order: CloneOrder;
    instanceId: string;
    until?: 'gone' | 'inBin';
  }): Promise<LeftOver[]>;
  keepClone(ask: { order: CloneOrder; instanceId: string; keeper: Keeper }): Promise<void>;
}

/**
 * Restores a Tencent PostgreSQL instance into a new one (CloneDBInstance).
 *
 * check → create once → wait until running → reach. If anything fails, or the run is cancelled, the clone
 * is deleted (protection off → isolate → destroy); the source is read, never changed.
 */
export async function tencentPostgresClone(input: CloneRequestInput): Promise<RestoredInstance> {
  const run = beginRestore();
  const order = await onTime(
    readingRequest<Activities>().checkCloneRequest({ input, run: run.identity }),
  );
  const cloud = callsFor(order);
  run.accept(order, cloud);
  const { mark, request } = order;

  return run.guarded(async (undo) => {
    run.enter('check', `checking ${request.source} and the restore point`);
    let plan = await cloud.check();

    run.enter('create', `creating ${mark.name}`);
    undo(`delete ${mark.name}`, run.removeMade);
    const accepted = await createOnce({
      made: run.made,
      create: () => cloud.create(plan),
      find: cloud.find,
      recheck: async () => void (plan = await cloud.check(plan)),
      patience: { deadlineMs: order.deadlines.checkMs, restMs: order.timing.lookMs },
    });
    const instanceId = accepted.instanceId ?? nameInstance(run.made, await cloud.ordered(accepted));

    run.enter('wait', `waiting for ${instanceId} to run`);
    const clone = await cloud.wait(plan, instanceId);

    run.enter('reach', `opening ${clone.endpoint.host}:${clone.endpoint.port}`);
    const reachable = await cloud.reach(clone.endpoint);
    const { left, warnings } = await run.conclude();

    run.enter('done', `${instanceId} is running`);
    return {
      ...handedOver({ order, plan, accepted, instanceId, clone, reachable }),
      leftBehind: left,
      warnings: [...plan.warnings, ...warnings],
    };
  });
}

/** The calls of this restore with their options: queue, deadline, and what the Temporal UI shows. */
function callsFor(order: CloneOrder) {
  const { mark, timing, deadlines, request } = order;
  const at = (summary: string) => ({ queue: queues.tencent, timing, summary });
  const look = (summary: string, deadlineMs?: number) =>
    proxyActivities<Activities>(looking({ ...at(summary), ...(deadlineMs ? { deadlineMs } : {}) }));
  const change = (summary: string) =>
    proxyActivities<Activities>(changing({ ...at(summary), deadlineMs: deadlines.undoMs }));
  const finding = (why: string, deadlineMs?: number) => (ask: { insist: boolean }) =>
    look(`look for ${mark.name}: ${why}`, deadlineMs).findClones({ order, ...ask });

  return {
    check: (earlier?: ClonePlan) =>
      onTime(
        look(`check ${request.source}`, deadlines.checkMs).checkCloneSource({
          order,
          ...(earlier ? { earlier } : {}),
        }),
        { type: 'PreconditionFailed', sentence: 'Not restorable before the check’s deadline.' },
      ),
    create: (plan: ClonePlan) =>
      proxyActivities<Activities>(creating(at(`create ${mark.name}`))).createClone({ order, plan }),
    find: (why: string) =>
      findSettled({
        whileSettling: finding(why, timing.settlingMs + 2 * timing.lookMs),
        atLast: finding(`${why}; last look`, deadlines.undoMs),
      }),
    findNow: (why: string) => finding(why)({ insist: false }),
    ordered: ({ cloud }: Accepted) =>
      look(`wait for order ${String(cloud['DealName'])}`).waitForCloneOrder({
        order,
        dealName: String(cloud['DealName']),
      }),
    wait: (plan: ClonePlan, instanceId: string) =>
      onTime(
        look(`wait for ${instanceId} to run`, deadlines.waitMs).waitForClone({
          order,
          plan,
          instanceId,
        }),
        {
          type: 'RestoreFailed',
          sentence: `${instanceId} did not run before the wait’s deadline.`,
        },
      ),
    reach: (endpoint: RunningClone['endpoint']) =>
      proxyActivities<Activities>({
        ...looking({ ...at(`reach ${endpoint.host}`), queue: queues.verify }),
        scheduleToCloseTimeout: 30_000,
        retry: { maximumAttempts: 1 },
      })
        .findOpenPort(endpoint)
        .catch((error: unknown) => ({ ok: false, seen: unlessCancelled(error) })),
    remove: (instanceId: string) =>
      change(`delete ${instanceId}`)
        .deleteClone({ order, instanceId })
        .catch((error: unknown) => [
          {
            id: instanceId,
            status: 'not deleted',
            why: unlessCancelled(error),
            remedy: removeByHand(order.region, instanceId),
          },
        ]),
    keep: (instanceId: string, keeper: Keeper) =>
      change(`keep ${instanceId} for ${keeper.by}`).keepClone({ order, instanceId, keeper }),
    lookByHand: lookByHand(order.region, mark.name),
  } satisfies Hands & Record<string, unknown>;
}

function handedOver(came: {
  order: CloneOrder;
  plan: ClonePlan;
  accepted: Accepted;
  instanceId: string;
  clone: RunningClone;
  reachable: RestoredInstance['reachable'];
}): Omit<RestoredInstance, 'leftBehind' | 'warnings'> {
  const { order, plan, accepted, instanceId, clone } = came;
  const { host, port } = clone.endpoint;
  return {
    restore: order.restore,
    restoreId: order.mark.restoreId,
    instanceId,
    name: order.mark.name,
    account: order.account,
    region: order.region,
    endpoint: clone.endpoint,
    login: `psql "host=${host} port=${port} dbname=postgres user=${clone.accounts[0] ?? '…'}"   accounts${clone.accounts.length > 0 ? ` (${clone.accounts.join(', ')})` : ''} and passwords are the source's of that moment`,
    restoredFrom: { source: plan.source.id, ...plan.point },
    checks: plan.checks,
    phases: [],
    requestIds: accepted.requestId ? { CloneDBInstance: accepted.requestId } : {},
    reachable: came.reachable,
    differsFromSource: clone.differsFromSource,
    verdict: 'RESTORED_NOT_VERIFIED: no checks of the data were given',
    timeScale: order.timeScale,
    cloud: { ...accepted.cloud, DBInstanceId: instanceId },
  };
}
