import { ApplicationFailure, proxyActivities, workflowInfo } from '@temporalio/workflow';
import { leftBehind } from './compensation.ts';
import { changing, looking, onTime, queues, readingRequest } from './options.ts';
import { lookByHand, removeByHand } from './tencent-by-hand.ts';
import { unlessCancelled } from './run.ts';
import type { Check, Keeper, LeftOver } from './restore.ts';
import type { Activities as CloneActivities, CloneOrder } from './tencent-postgres-clone.ts';

/** A restore of the past, as its own history tells it. */
export interface PastRestore {
  order: CloneOrder;
  /** The instances that its history names as made by it. */
  instanceIds: string[];
}

export interface UndoRequest {
  /** Workflow id of the restore. */
  run: string;
  runId?: string;
  /** Typed by whoever wants it gone: must be the instance that the run made. */
  instanceId: string;
  /** Go beyond the recycle bin. */
  destroy?: boolean;
  /** Delete although nobody can read whether clients are connected. */
  acceptUnknownSessions?: boolean;
  by?: string;
  reason?: string;
}

export interface KeepClosedRequest {
  run: string;
  runId?: string;
  by: string;
  reason?: string;
  protect?: boolean;
}

export interface Activities {
  /** Refuses a run that is open, unknown, or never made that instance. */
  checkUndoRequest(input: unknown): Promise<{ request: UndoRequest; past: PastRestore }>;
  checkKeepRequest(input: unknown): Promise<{ request: KeepClosedRequest; past: PastRestore }>;
  /** Refuses while protection is on or the mark is changed; absent is fine. */
  checkCloneRemovable(ask: {
    order: CloneOrder;
    instanceId: string;
  }): Promise<{ checks: Check[]; endpoint?: { host: string; port: number } }>;
  /** How many client sessions are open; no number if nobody can tell. */
  findClientSessions(ask: {
    account: string;
    host: string;
    port: number;
  }): Promise<{ open?: number; seen: string }>;
}

export interface UndoResult {
  instanceId: string;
  now: 'gone' | 'in the recycle bin';
  checks: Check[];
}

/**
 * Removes what a restore handed over, or finishes an undo that was left behind.
 *
 * check the run → check the instance → check client sessions → delete. Refuses what was kept, what is
 * protected, what has clients, and what that run did not make. Stops in the recycle bin unless told to
 * destroy. Repeatable.
 */
export async function undo(input: UndoRequest): Promise<UndoResult> {
  const { request, past } = await onTime(readingRequest<Activities>().checkUndoRequest(input));
  const { order } = past;
  const { instanceId } = request;
  const at = (summary: string) => ({ queue: queues.tencent, timing: order.timing, summary });
  const { checkCloneRemovable } = proxyActivities<Activities>(
    looking({ ...at(`check ${instanceId}`), deadlineMs: order.deadlines.checkMs }),
  );
  const { checks, endpoint } = await onTime(checkCloneRemovable({ order, instanceId }));
  if (endpoint) checks.push(await sessionsCheck(request, order, endpoint));
  refuse(checks);
  const { deleteClone } = proxyActivities<CloneActivities>(
    changing({ ...at(`delete ${instanceId}`), deadlineMs: order.deadlines.undoMs }),
  );
  const until = request.destroy ? 'gone' : 'inBin';
  const left = await deleteClone({ order, instanceId, until }).catch((error: unknown) => [
    notDeleted(order, instanceId, unlessCancelled(error)),
  ]);
  if (left.length > 0) throw leftBehind(left, `undo of ${request.run}`);
  return { instanceId, now: request.destroy ? 'gone' : 'in the recycle bin', checks };
}

async function sessionsCheck(
  request: UndoRequest,
  order: CloneOrder,
  endpoint: { host: string; port: number },
): Promise<Check> {
  const { findClientSessions } = proxyActivities<Activities>({
    ...looking({ queue: queues.verify, timing: order.timing, summary: 'count client sessions' }),
    scheduleToCloseTimeout: 60_000,
    retry: { maximumAttempts: 1 },
  });
  const { open, seen } = await findClientSessions({ account: order.account, ...endpoint }).catch(
    (error: unknown) => ({ open: undefined, seen: unlessCancelled(error) }),
  );
  const base = { name: 'client sessions', expected: 'none open' };
  if (open !== undefined) return { ...base, seen, ok: open === 0 ? 'yes' : 'no' };
  if (request.acceptUnknownSessions) return { ...base, seen, ok: 'warn' };
  const remedy = 'give the account a login, or accept it: --accept-unknown-sessions';
  return { ...base, seen: `${seen}; ${remedy}`, ok: 'no' };
}

function refuse(checks: Check[]): void {
  const faults = checks.filter(({ ok }) => ok === 'no').map(({ name, seen }) => `${name}: ${seen}`);
  if (faults.length === 0) return;
  throw ApplicationFailure.create({
    type: 'PreconditionFailed',
    message: `NOT REMOVED  ${faults.join('; ')}. Nothing was changed.`,
    nonRetryable: true,
  });
}

function notDeleted(order: CloneOrder, instanceId: string, why: string): LeftOver {
  const remedy = [
    ...removeByHand(order.region, instanceId),
    lookByHand(order.region, order.mark.name),
  ];
  return { id: instanceId, status: 'not deleted', why, remedy };
}

/**
 * Keeps what a finished restore handed over: replaces its tags, switches protection on if asked. A restore
 * that is still open takes the update `keep` instead.
 */
export async function keep(input: KeepClosedRequest): Promise<{ instanceIds: string[] }> {
  const { request, past } = await onTime(readingRequest<Activities>().checkKeepRequest(input));
  const { order, instanceIds } = past;
  const keeper: Keeper = {
    by: request.by,
    at: new Date(workflowInfo().startTime).toISOString(),
    ...(request.reason ? { reason: request.reason } : {}),
    ...(request.protect ? { protect: true } : {}),
  };
  const { keepClone } = proxyActivities<CloneActivities>(
    changing({
      queue: queues.tencent,
      timing: order.timing,
      summary: `keep for ${request.by}`,
      deadlineMs: order.deadlines.checkMs,
    }),
  );
  for (const instanceId of instanceIds) await onTime(keepClone({ order, instanceId, keeper }));
  return { instanceIds };
}
