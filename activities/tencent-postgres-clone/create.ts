import { Context } from '@temporalio/activity';
import type { Accepted } from '../../workflows/restore.ts';
import type { Activities, CloneOrder } from '../../workflows/tencent-postgres-clone.ts';
import { createFailure } from '../clouds/tencent.ts';
import { jittered, notReady, preconditionFailed } from '../failures.ts';
import { cloneCloud } from './cloud.ts';
import { isKept, oursAmong, witnessedList } from './presence.ts';

/**
 * One attempt to make the clone. Looks first: what carries our mark is adopted, never made again. Then sends
 * CloneDBInstance once, on a connection of its own, and only if the attempt has time left for the answer.
 * Ignores cancel and worker shutdown: an answer that is on its way is worth waiting for. A refusal that the
 * cloud spells out is that failure; `NotReady` means that nothing was sent; all else is `OutcomeUnknown`.
 */
export const createClone: Activities['createClone'] = async ({ order, plan }) => {
  const startedAt = performance.now();
  const cloud = cloneCloud(order);
  const { mark, timing } = order;
  const namesakes = await cloud.instances({ name: mark.name });
  const ours = oursAmong(namesakes, mark).find(({ alive }) => alive);
  if (ours) return ours;
  const kept = namesakes.find(
    (instance) => instance.DBInstanceName === mark.name && isKept(instance),
  );
  if (kept)
    throw preconditionFailed(
      `${kept.DBInstanceId} was made by this very run and is kept; it is not made again. Start a new restore.`,
    );
  refuseIfLate(startedAt, timing.requestMs);
  const answer = await cloud.clone(plan.parameters);
  if ('error' in answer) throw createFailure(`create ${mark.name}`, answer.error, timing.lookMs);
  const { DealName, BillId, DBInstanceId, RequestId } = answer.data;
  return {
    ...(DBInstanceId ? { instanceId: DBInstanceId } : {}),
    how: 'accepted',
    alive: true,
    requestId: RequestId,
    cloud: { DealName, BillId, DBInstanceId, RequestId },
  } satisfies Accepted;
};

/** A process that was frozen, or a slow look, must not send a create that the run has given up already. */
function refuseIfLate(startedAt: number, requestMs: number): void {
  const remaining = Context.current().info.startToCloseTimeoutMs - (performance.now() - startedAt);
  if (remaining < requestMs)
    throw notReady('Not sent: too little of this attempt is left for the answer.', 1000);
}

/**
 * What carries this run's name and tag, oldest first. With `insist` an empty answer throws `NotReady`: a new
 * instance may be missing from lists for a while, and its tags longer.
 */
export const findClones: Activities['findClones'] = async ({ order, insist }) => {
  const { mark, request, timing } = order;
  const list = await witnessedList(cloneCloud(order), request.source);
  const found = oursAmong(list, mark);
  if (found.length === 0 && insist)
    throw notReady(
      `${mark.name} is not among ${list.length} instances; looking by name and tag until ${settledAt()}. ${namesakesOf(order, list)}`.trim(),
      jittered(timing.lookMs),
    );
  return found;
};

/** When this look's deadline ends the settling time. */
function settledAt(): string {
  const { scheduledTimestampMs, scheduleToCloseTimeoutMs } = Context.current().info;
  return `${new Date(scheduledTimestampMs + scheduleToCloseTimeoutMs).toISOString().slice(11, 19)} UTC`;
}

function namesakesOf(order: CloneOrder, list: { DBInstanceId: string; DBInstanceName: string }[]) {
  const same = list.filter(({ DBInstanceName }) => DBInstanceName === order.mark.name);
  const ids = same.map(({ DBInstanceId }) => DBInstanceId).join(', ');
  return ids ? `${ids} has that name without our tag: not ours as far as can be seen.` : '';
}

/** The instance that a prepaid order made: the answer names an order only (DescribeOrders lags behind). */
export const waitForCloneOrder: Activities['waitForCloneOrder'] = async ({ order, dealName }) => {
  const instanceId = await cloneCloud(order).orderedInstance(dealName);
  if (instanceId) return instanceId;
  throw notReady(`order ${dealName} names no instance yet`, jittered(order.timing.lookMs));
};
