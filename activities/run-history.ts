import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { Accepted, LeftOver, Order } from '../workflows/restore.ts';
import { isRestoreName } from './index.ts';

/** One activity of a run, as its history tells it. */
export interface Step {
  activity: string;
  summary?: string;
  startedAt: number;
  endedAt?: number;
  result?: unknown;
  failure?: string;
}

/** A run as its own history tells it: needs no worker, and stays true when none of ours is alive. */
export interface RunHistory {
  workflowId: string;
  runId: string;
  type: string;
  startedAt: number;
  closedAt?: number;
  closed?: 'Completed' | 'Failed' | 'Cancelled' | 'Terminated' | 'TimedOut' | 'ContinuedAsNew';
  steps: Step[];
  input?: unknown;
  result?: unknown;
  failure?: { type?: string; message: string; left: LeftOver[] };
  cancelRequested?: { at: number; by: string };
}

type Converter = Parameters<typeof decodeArrayFromPayloads>[0];
type Payloads = Parameters<typeof decodeArrayFromPayloads>[1];

const closings = {
  workflowExecutionCompletedEventAttributes: 'Completed',
  workflowExecutionFailedEventAttributes: 'Failed',
  workflowExecutionCanceledEventAttributes: 'Cancelled',
  workflowExecutionTerminatedEventAttributes: 'Terminated',
  workflowExecutionTimedOutEventAttributes: 'TimedOut',
  workflowExecutionContinuedAsNewEventAttributes: 'ContinuedAsNew',
} as const;

/** Reads a run's whole history (some 40 events). Throws `WorkflowNotFoundError` if there is none. */
export async function readRunHistory(
  client: Client,
  run: { workflowId: string; runId?: string },
): Promise<RunHistory> {
  const handle = client.workflow.getHandle(run.workflowId, run.runId);
  const { events } = await handle.fetchHistory().catch((error: unknown) => {
    // fetchHistory alone passes gRPC's NOT_FOUND through as it came (SDK 1.24.0).
    if ((error as { code?: unknown }).code !== 5) throw error;
    throw new WorkflowNotFoundError((error as Error).message, run.workflowId, run.runId);
  });
  const converter = client.options.loadedDataConverter;
  const decoded = async (payloads: Payloads) =>
    (await decodeArrayFromPayloads(converter, payloads))[0];
  const history: RunHistory = {
    workflowId: run.workflowId,
    runId: run.runId ?? '',
    type: '',
    startedAt: 0,
    steps: [],
  };
  const stepAt = new Map<string, Step>();
  for (const event of events ?? []) {
    const at = tsToMs(event.eventTime);
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) {
      history.type = started.workflowType?.name ?? '';
      history.startedAt = at;
      history.runId = run.runId ?? started.originalExecutionRunId ?? '';
      history.input = await decoded(started.input?.payloads);
    }
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const summary = event.userMetadata?.summary;
      const step: Step = {
        activity: scheduled.activityType?.name ?? '',
        startedAt: at,
        ...(summary ? { summary: String(await decoded([summary])) } : {}),
      };
      history.steps.push(step);
      stepAt.set(String(event.eventId), step);
    }
    await endStep({ event, at, stepAt, converter });
    const cancel = event.workflowExecutionCancelRequestedEventAttributes;
    if (cancel) history.cancelRequested = { at, by: cancel.identity ?? '' };
    for (const [attributes, name] of Object.entries(closings))
      if (event[attributes as keyof typeof closings]) {
        history.closed = name;
        history.closedAt = at;
      }
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) history.result = await decoded(completed.result?.payloads);
    const failed = event.workflowExecutionFailedEventAttributes?.failure;
    if (failed)
      history.failure = failureOf(await decodeOptionalFailureToOptionalError(converter, failed));
  }
  return history;
}

type HistoryEvent = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

async function endStep(ended: {
  event: HistoryEvent;
  at: number;
  stepAt: Map<string, Step>;
  converter: Converter;
}): Promise<void> {
  const { event, at, stepAt, converter } = ended;
  const attributes =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  const step = attributes && stepAt.get(String(attributes.scheduledEventId));
  if (!step) return;
  step.endedAt = at;
  const result = event.activityTaskCompletedEventAttributes?.result?.payloads;
  if (result) step.result = (await decodeArrayFromPayloads(converter, result))[0];
  const failed =
    event.activityTaskFailedEventAttributes?.failure ??
    event.activityTaskTimedOutEventAttributes?.failure;
  const error = await decodeOptionalFailureToOptionalError(converter, failed);
  if (error) step.failure = messageOf(error);
  if (event.activityTaskCanceledEventAttributes) step.failure = 'cancelled';
}

/** The innermost text that says something: "Activity task timed out" has its reason below. */
function messageOf(error: Error): string {
  return error.cause instanceof Error
    ? `${error.message}: ${messageOf(error.cause)}`
    : error.message;
}

function failureOf(error: Error | undefined): NonNullable<RunHistory['failure']> {
  const { type, details } = error as { type?: string; details?: unknown[] };
  const [first] = details ?? [];
  return {
    message: error?.message ?? 'unknown failure',
    left: (first as { left?: LeftOver[] } | undefined)?.left ?? [],
    ...(type ? { type } : {}),
  };
}

/** What the run set out to do; undefined before its request was read, or if it is no restore. */
export function orderOf(history: RunHistory): Order<{ source: string }> | undefined {
  if (!isRestoreName(history.type)) return undefined;
  return history.steps.find(({ activity }) => activity === 'checkCloneRequest')?.result as
    Order<{ source: string }> | undefined;
}

/** Instances that the history names as made, or found again, by this run; oldest first. */
export function instancesOf(history: RunHistory): string[] {
  const named = history.steps.flatMap(({ activity, result }): unknown[] => {
    if (activity === 'createClone') return [(result as Accepted | undefined)?.instanceId];
    if (activity === 'findClones')
      return ((result as Accepted[] | undefined) ?? []).map(({ instanceId }) => instanceId);
    return activity === 'waitForCloneOrder' ? [result] : [];
  });
  return [...new Set(named.filter((id) => typeof id === 'string'))];
}
