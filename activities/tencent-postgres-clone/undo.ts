import type { LeftOver } from '../../workflows/restore.ts';
import type { Activities as ByRun } from '../../workflows/by-run.ts';
import { removeByHand } from '../../workflows/tencent-by-hand.ts';
import type { Activities, CloneOrder } from '../../workflows/tencent-postgres-clone.ts';
import { readFailure, spoken, type TencentAnswer } from '../clouds/tencent.ts';
import { errorClass } from '../clouds/tencent-errors.ts';
import { jittered, notReady } from '../failures.ts';
import { attemptTime, remember, remembered } from '../looks.ts';
import { cloneCloud, type CloneCloud } from './cloud.ts';
import { openEndpoint, tagsOf, type Instance } from './instance.ts';
import { isAbsent, isKept } from './presence.ts';
import { isCreating, isGone, isInBin, isLeaving } from './statuses.ts';

interface Memory {
  /** Consecutive looks that proved the instance absent. */
  absent: number;
  /** Consecutive looks that saw a reason not to touch it. */
  doubtful: number;
  refused: number;
  /** Status at the last refusal; asked again when it changes. */
  refusedIn?: string;
  looksSinceRefusal: number;
}

const nothing: Memory = { absent: 0, doubtful: 0, refused: 0, looksSinceRefusal: 0 };

/** A refused delete is tried again after so many looks even if the status has not changed. */
const patience = 5;

/**
 * Deletes one clone of this run, one step per attempt: protection off (if we switched it on) → isolate →
 * destroy → provably absent, seen twice. Idempotent; absent long enough is fine. Before each step it proves
 * that the instance is ours. Returns what it must not delete: a changed mark, protection that somebody else
 * switched on, a `protect:` entry, a prepaid instance. `NotReady` says which step it waits for.
 */
export const deleteClone: Activities['deleteClone'] = async ({ order, instanceId, until }) => {
  const cloud = cloneCloud(order);
  const memory: Memory = { ...nothing, ...remembered<Memory>() };
  const later = (seen: string, change: Partial<Memory>) => {
    remember<Memory>({ ...memory, absent: 0, doubtful: 0, ...change });
    return notReady(`${instanceId} ${seen}`, jittered(order.timing.undoRetryMs), {
      resource: instanceId,
    });
  };
  const clone = await cloud.instance(instanceId);
  if (!clone || isGone(clone.DBInstanceStatus)) {
    const proved = await isAbsent(cloud, { instanceId, source: order.request.source });
    if (proved && memory.absent >= 1) return [];
    throw later('is gone, one more look', { absent: proved ? 1 : 0 });
  }
  const why = reasonToLeave(cloud, order, clone);
  if (why) {
    if (memory.doubtful === 0) throw later(`is left: ${why}; looking once more`, { doubtful: 1 });
    return [leftOver(order, clone, why)];
  }
  const status = clone.DBInstanceStatus;
  if (until === 'inBin' && isInBin(status)) return [];
  if (isLeaving(status) && !isInBin(status)) throw later(`is ${status}`, {});
  const waiting =
    isCreating(status) && memory.refusedIn === status && memory.looksSinceRefusal < patience;
  if (waiting)
    throw later(`is ${status} and cannot be isolated yet (refused ${memory.refused}×)`, {
      looksSinceRefusal: memory.looksSinceRefusal + 1,
    });
  const step = nextStep(cloud, clone);
  const answer = await step.call();
  if ('data' in answer) throw later(`${step.done}; waiting`, {});
  const { error } = answer;
  const kind = error.code ? errorClass(error.code) : 'later';
  if (kind === 'gone') throw later('is gone, one more look', {});
  if (kind === 'denied' || kind === 'account')
    throw readFailure(`${step.name} ${instanceId}`, error, order.timing.undoRetryMs);
  throw later(`is ${status}: ${step.name} refused ${memory.refused + 1}× (${spoken(error)})`, {
    refused: memory.refused + 1,
    refusedIn: status,
    looksSinceRefusal: 0,
  });
};

/** What a person must settle before a handed-over clone may be removed. Absent is fine. */
export const checkCloneRemovable: ByRun['checkCloneRemovable'] = async ({ order, instanceId }) => {
  const cloud = cloneCloud(order);
  const clone = await cloud.instance(instanceId);
  const name = 'instance';
  if (!clone || isGone(clone.DBInstanceStatus))
    return { checks: [{ name, expected: 'ours', seen: `${instanceId} is gone`, ok: 'yes' }] };
  const why = reasonToLeave(cloud, order, clone);
  const status = clone.DBInstanceStatus;
  const seen = `${instanceId} is ${status}${why ? `: ${why}` : ''}`;
  const endpoint = isLeaving(status) ? undefined : openEndpoint(clone);
  return {
    checks: [{ name, expected: 'ours, not kept, not protected', seen, ok: why ? 'no' : 'yes' }],
    ...(endpoint ? { endpoint } : {}),
  };
};

/** At most one changing call per attempt: a worker may die after any of them. */
function nextStep(cloud: CloneCloud, { DBInstanceId: id, ...clone }: Instance) {
  type Step = { name: string; done: string; call(): Promise<TencentAnswer<unknown>> };
  const step = (name: string, done: string, call: Step['call']): Step => ({ name, done, call });
  if (isInBin(clone.DBInstanceStatus))
    return step('DestroyDBInstance', 'destroy accepted', () => cloud.destroy(id));
  if (clone.DeletionProtection)
    return step('ModifyDBInstanceDeletionProtection', 'deletion protection is off', () =>
      cloud.setDeletionProtection(id, 'off'),
    );
  return step('IsolateDBInstances', 'isolate accepted', () => cloud.isolate(id));
}

/** Why this instance must not be deleted by this run, or undefined if it is ours to delete. */
function reasonToLeave(cloud: CloneCloud, order: CloneOrder, clone: Instance): string | undefined {
  const tags = tagsOf(clone);
  const { mark, request } = order;
  const id = clone.DBInstanceId;
  const listed = cloud.account.protect.find((entry) => entry === id || entry in tags);
  if (id === request.source) return 'it is the source';
  if (listed) return `lifeboat.yaml protects ${listed}`;
  if (isKept(clone)) return `kept by ${tags['lifeboat-kept']}`;
  if (clone.DBInstanceName !== mark.name)
    return `its name was changed to "${clone.DBInstanceName}": somebody uses it`;
  // A tag may still lag behind a new instance; a different one was put there by somebody.
  const owner = tags['lifeboat-restore'];
  if (owner !== undefined && owner !== mark.restoreId) return `its tag names another run, ${owner}`;
  if (clone.PayType === 'prepaid') return 'it is prepaid: Tencent cannot undo a purchase by API';
  if (clone.DeletionProtection && request.target.DeletionProtection !== true)
    return 'deletion protection is on, and this run did not switch it on';
  return undefined;
}

function leftOver(order: CloneOrder, clone: Instance, why: string): LeftOver {
  return {
    id: clone.DBInstanceId,
    status: clone.DBInstanceStatus,
    since: new Date(attemptTime()).toISOString(),
    why,
    remedy: removeByHand(order.region, clone.DBInstanceId),
  };
}
