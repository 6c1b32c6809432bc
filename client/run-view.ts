import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import {
  instancesOf,
  orderOf,
  readRunHistory,
  type RunHistory,
  type Step,
} from '../activities/run-history.ts';
import { earlierSeconds } from '../activities/open-runs.ts';
import type { LeftOver, Order, RestoredInstance } from '../workflows/restore.ts';
import { exitCodes, cliFailure, type ExitCode } from './exit.ts';
import { queueState, type QueueState } from './queues.ts';

export type PhaseName = 'check' | 'create' | 'wait' | 'reach' | 'undo' | 'keep';

const phaseOf: Record<string, PhaseName> = {
  checkCloneRequest: 'check',
  checkCloneSource: 'check',
  createClone: 'create',
  findClones: 'create',
  waitForCloneOrder: 'create',
  waitForClone: 'wait',
  findOpenPort: 'reach',
  deleteClone: 'undo',
  keepClone: 'keep',
};

/** What the run is waiting for right now, and why. */
export interface Pending {
  activity: string;
  phase: PhaseName;
  queue: string;
  /** What the last look saw, in our activity's words. */
  seen?: string;
  attempt: number;
  state: 'scheduled' | 'running' | 'backing off' | 'paused';
  pausedBy?: string;
  lastLookAt?: number;
  nextLookAt?: number;
  startedAt?: number;
  scheduledAt?: number;
  worker?: string;
}

/** Everything that a person may ask of a run, from Temporal alone: no worker is needed. */
export interface RunView {
  workflowId: string;
  runId: string;
  type: string;
  state: 'Running' | NonNullable<RunHistory['closed']>;
  startedAt: number;
  closedAt?: number;
  order?: Order<{ source: string; reason?: string }>;
  instanceId?: string;
  steps: (Step & { phase: PhaseName })[];
  pending?: Pending;
  /** Nobody polls, frozen, or undefined where the queue is served. */
  stalled?: QueueState;
  cancelRequested?: RunHistory['cancelRequested'];
  /** How long earlier successful restores of this source took. */
  usualMs?: { least: number; most: number };
  result?: RestoredInstance;
  failure?: { type?: string; message: string };
  left: LeftOver[];
  /** A workflow task that fails again and again: a bug, or a missing search attribute. */
  stuck?: string;
}

/** `before`: the same run as seen a moment ago; what does not change is not asked again. */
export async function viewRun(
  client: Client,
  workflowId: string,
  before?: RunView,
): Promise<RunView> {
  const handle = client.workflow.getHandle(workflowId);
  const description = await handle.describe().catch((error: Error) => {
    if (error.name !== 'WorkflowNotFoundError') throw error;
    throw cliFailure(`No run ${workflowId} at this Temporal. lifeboat list shows the runs.`);
  });
  const history = await readRunHistory(client, { workflowId, runId: description.runId });
  const pending = pendingOf(description.raw.pendingActivities?.[0], history);
  const order = orderOf(history);
  const stalled = await stalledOn(client, { history, pending });
  const waits = pending?.phase === 'wait';
  const usualMs = before?.usualMs ?? (waits ? await usualDuration(client, order) : undefined);
  const made = history.closed === 'Completed' ? (history.result as RestoredInstance) : undefined;
  const instanceId = made?.instanceId ?? instancesOf(history)[0];
  const task = description.raw.pendingWorkflowTask;
  return {
    workflowId,
    runId: description.runId,
    type: history.type,
    state: history.closed ?? 'Running',
    startedAt: history.startedAt,
    steps: history.steps.map((step) => ({ ...step, phase: phaseOf[step.activity] ?? 'check' })),
    left: history.failure?.left ?? made?.leftBehind ?? [],
    ...(history.closedAt ? { closedAt: history.closedAt } : {}),
    ...(order ? { order } : {}),
    ...(instanceId ? { instanceId } : {}),
    ...(pending ? { pending } : {}),
    ...(stalled ? { stalled } : {}),
    ...(usualMs ? { usualMs } : {}),
    ...(history.cancelRequested ? { cancelRequested: history.cancelRequested } : {}),
    ...(made ? { result: made } : {}),
    ...(history.failure ? { failure: history.failure } : {}),
    ...((task?.attempt ?? 0) > 3
      ? { stuck: `its workflow task failed ${task?.attempt} times; see the worker's log` }
      : {}),
  };
}

/** Waits until the run has closed, however it ends, and shows it then. */
export async function viewWhenClosed(client: Client, workflowId: string): Promise<RunView> {
  await client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined);
  return viewRun(client, workflowId);
}

type RawPending = NonNullable<
  Awaited<
    ReturnType<ReturnType<Client['workflow']['getHandle']>['describe']>
  >['raw']['pendingActivities']
>[number];

const startedState = 2; // PENDING_ACTIVITY_STATE_STARTED
const cancelRequestedState = 3;
const pausedState = 4;

function pendingOf(raw: RawPending | undefined, history: RunHistory): Pending | undefined {
  if (!raw) return undefined;
  const activity = raw.activityType?.name ?? '';
  const open = history.steps.findLast((step) => step.activity === activity && !step.endedAt);
  const at = (time: Parameters<typeof tsToMs>[0]) => (time ? tsToMs(time) : undefined);
  const nextLookAt = at(raw.nextAttemptScheduleTime);
  const lastLookAt = at(raw.lastAttemptCompleteTime);
  const startedAt = at(raw.lastStartedTime);
  const state = Number(raw.state);
  const running = state === startedState || state === cancelRequestedState;
  const waiting = nextLookAt !== undefined && nextLookAt > Date.now();
  const paused = state === pausedState || raw.paused === true;
  const pausedBy = raw.pauseInfo?.manual?.identity;
  return {
    activity,
    phase: phaseOf[activity] ?? 'check',
    queue: raw.activityOptions?.taskQueue?.name ?? '',
    attempt: raw.attempt ?? 1,
    state: paused ? 'paused' : running ? 'running' : waiting ? 'backing off' : 'scheduled',
    ...(raw.lastFailure?.message ? { seen: raw.lastFailure.message } : {}),
    ...(pausedBy ? { pausedBy } : {}),
    ...(lastLookAt ? { lastLookAt } : {}),
    ...(nextLookAt ? { nextLookAt } : {}),
    ...(running && startedAt ? { startedAt } : {}),
    ...(open ? { scheduledAt: open.startedAt } : {}),
    ...(raw.lastWorkerIdentity ? { worker: raw.lastWorkerIdentity } : {}),
  };
}

async function usualDuration(
  client: Client,
  order: RunView['order'],
): Promise<RunView['usualMs'] | undefined> {
  if (!order) return undefined;
  const known = order.searchAttributes;
  const seconds = await earlierSeconds(client, { source: order.request.source, known });
  if (seconds.length === 0) return undefined;
  return { least: Math.min(...seconds) * 1000, most: Math.max(...seconds) * 1000 };
}

/** Which queue keeps it waiting, if one does: the activity's, or the workflows' own. */
async function stalledOn(
  client: Client,
  { history, pending }: { history: RunHistory; pending: Pending | undefined },
): Promise<QueueState | undefined> {
  if (history.closed) return undefined;
  const name = pending ? pending.queue : 'lifeboat';
  const state = await queueState(client, { name, kind: pending ? 'activity' : 'workflow' });
  return state.frozen || state.pollers === 0 ? state : undefined;
}

/** The exit code that a run's end stands for; undefined while it is open. */
export function exitCodeOf(view: RunView): ExitCode | undefined {
  switch (view.state) {
    case 'Running':
    case 'ContinuedAsNew':
      return undefined;
    case 'Completed':
      return view.left.length > 0 ? exitCodes.leftBehind : exitCodes.succeeded;
    case 'Cancelled':
      return exitCodes.cancelledAndClean;
    case 'Failed':
      if (view.failure?.type === 'LeftBehind') return exitCodes.leftBehind;
      return view.failure?.type === 'InvalidRequest' ? exitCodes.refused : exitCodes.failedAndClean;
    // No code of ours ran at the end: whatever it had made is still there.
    case 'Terminated':
    case 'TimedOut':
      return view.instanceId || view.steps.some(({ phase }) => phase === 'create')
        ? exitCodes.leftBehind
        : exitCodes.failedAndClean;
  }
}
