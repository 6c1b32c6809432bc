import type { Activities, ClonePlan } from '../../workflows/tencent-postgres-clone.ts';
import { jittered, notReady, restoreFailed } from '../failures.ts';
import { attemptTime, elapsedMs, remember, remembered } from '../looks.ts';
import { spokenDuration } from '../moments.ts';
import { cloneCloud } from './cloud.ts';
import { openEndpoint, type Instance } from './instance.ts';
import { isAbsent } from './presence.ts';
import { isDegraded, isLeaving, statuses } from './statuses.ts';

interface Memory {
  /** Consecutive looks that saw it running with an open endpoint. */
  ready: number;
  /** Consecutive looks that saw it on its way out, without our asking. */
  leaving: number;
  /** Server time of the first of consecutive looks that proved it absent. */
  absentSince?: number;
}

const nothing: Memory = { ready: 0, leaving: 0 };

/**
 * One look at the clone. Returns when it was seen running with an open private endpoint twice in a row:
 * a finished creation may leave `running` again (Terraform's provider re-checks for that reason).
 * `NotReady` says what is seen. `RestoreFailed` when it leaves without our asking, seen twice, or when it is
 * provably absent for the settling time. Unknown words are waited for.
 */
export const waitForClone: Activities['waitForClone'] = async ({ order, plan, instanceId }) => {
  const { timing, request } = order;
  const cloud = cloneCloud(order);
  const memory: Memory = { ...nothing, ...remembered<Memory>() };
  const later = (seen: string, next: Memory) => {
    // Only a change is worth a message to the server.
    if (JSON.stringify(next) !== JSON.stringify(memory)) remember(next);
    return notReady(`${instanceId} ${seen}`, jittered(timing.lookMs), { resource: instanceId });
  };
  const clone = await cloud.instance(instanceId);
  const waited = spokenDuration(elapsedMs());
  if (!clone) {
    if (!(await isAbsent(cloud, { instanceId, source: request.source })))
      throw later('is listed, not readable by id yet', nothing);
    const absentSince = memory.absentSince ?? attemptTime();
    const absent = attemptTime() - absentSince;
    if (absent >= timing.settlingMs)
      throw restoreFailed(
        `${instanceId} vanished: provably absent for ${spokenDuration(absent)}. Ask Tencent with the request id of the create.`,
        { resource: instanceId },
      );
    throw later(`is not visible, ${waited}`, { ...nothing, absentSince });
  }
  const status = clone.DBInstanceStatus;
  if (isLeaving(status)) {
    if (memory.leaving === 0) throw later(`is ${status}; looking again`, { ready: 0, leaving: 1 });
    throw restoreFailed(
      `${instanceId} is ${status} without our asking: the clone failed in the cloud.${await cloud.taskHint(instanceId)}`,
      { resource: instanceId },
    );
  }
  if (status !== statuses.ready) throw later(describe(status, waited), nothing);
  const endpoint = openEndpoint(clone);
  if (!endpoint) throw later(`is running, its endpoint is not open yet, ${waited}`, nothing);
  if (memory.ready === 0)
    throw later(`is running, seen once; one more look, ${waited}`, { ready: 1, leaving: 0 });
  return {
    endpoint,
    accounts: await cloud.accounts(instanceId),
    differsFromSource: differences(plan, clone),
  };
};

function describe(status: string, waited: string): string {
  return isDegraded(status)
    ? `is ${status}, ${waited}: it works, but somebody has to look after it`
    : `is ${status}, ${waited}`;
}

/** What a person would stumble over when the copy takes the source's place. */
function differences({ source }: ClonePlan, clone: Instance): string[] {
  const kernel = clone.DBKernelVersion ?? '';
  return [
    kernel !== source.kernel && `kernel ${kernel} (source ${source.kernel || 'unknown'})`,
    clone.ReadOnlyInstanceNum === 0 && 'no read replicas',
    !clone.DeletionProtection && 'deletion protection off',
    'default backup plan and parameters, unless Tencent copied them',
  ].filter((line) => typeof line === 'string');
}
