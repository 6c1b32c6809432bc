import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import type { Timing } from './restore.ts';

/**
 * Activity options by kind of call. Replay ignores them, so they may change while runs are open.
 * Deadlines sit here and on no workflow: a workflow timeout would end a run without its undo.
 */

export const queues = {
  workflows: 'lifeboat',
  tencent: 'lifeboat-tencent',
  verify: 'lifeboat-verify',
} as const;

interface Call {
  queue: string;
  timing: Timing;
  summary: string;
}

/** Several reads in one attempt; each attempt also is the price of a Temporal server restart. */
const readsPerAttempt = 4;

/** A look that the server repeats until it succeeds, at most `deadlineMs` from its first scheduling. */
export function looking({ queue, timing, summary, deadlineMs }: Call & { deadlineMs?: number }) {
  const attemptMs = timing.requestMs * readsPerAttempt;
  return {
    taskQueue: queue,
    summary,
    startToCloseTimeout: attemptMs,
    // A deadline shorter than one attempt would end in nobody's answer.
    ...(deadlineMs === undefined
      ? {}
      : { scheduleToCloseTimeout: Math.max(deadlineMs, attemptMs + 1000) }),
    retry: { initialInterval: Math.max(1000, timing.lookMs), backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  } satisfies ActivityOptions;
}

/** Exactly one attempt of a create. Never sent twice by Temporal, never abandoned by a cancel. */
export function creating({ queue, timing, summary }: Call) {
  return {
    taskQueue: queue,
    summary,
    startToCloseTimeout: timing.createMs,
    scheduleToStartTimeout: 60_000,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  } satisfies ActivityOptions;
}

/** A change that may be repeated: each attempt looks first and makes at most one changing call. */
export function changing({ queue, timing, summary, deadlineMs }: Call & { deadlineMs: number }) {
  return {
    ...looking({ queue, timing, summary, deadlineMs }),
    retry: { initialInterval: Math.max(1000, timing.undoRetryMs), backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  } satisfies ActivityOptions;
}

/**
 * The first activity of every run: parses the request and returns it. Any worker can do it; a fault of the
 * request fails the run at once, with our sentence outermost.
 */
export function readingRequest<A>(): ActivityInterfaceFor<A> {
  return proxyActivities<A>({
    taskQueue: queues.workflows,
    summary: 'read the request',
    startToCloseTimeout: 30_000,
    retry: { initialInterval: 1000, maximumInterval: 10_000 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });
}

/** Awaits an activity; whatever it fails with comes out as people should read it. */
export async function onTime<T>(
  call: Promise<T>,
  late: { type: string; sentence: string } = { type: 'CloudUnavailable', sentence: 'No answer.' },
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw outermost(error, late);
  }
}

/** True when an activity ran out of its deadline. The cause's class differs from case to case. */
export function ranOut(error: unknown): error is ActivityFailure {
  return error instanceof ActivityFailure && error.retryState === 'TIMEOUT';
}

/**
 * The failure as people should meet it outermost: an activity's own failure, and for a passed deadline
 * one sentence that says what was last seen. The UI and the CLI show only the outermost message.
 */
export function outermost(error: unknown, late?: { type: string; sentence: string }): unknown {
  if (!(error instanceof ActivityFailure)) return error;
  if (ranOut(error) && (late ?? error.cause instanceof TimeoutFailure)) {
    const { type, sentence } = late ?? { type: 'CloudUnavailable', sentence: 'Out of time.' };
    const said = lastWords(error);
    return ApplicationFailure.create({
      type,
      message: `${sentence} ${said ? `Last seen: ${said}` : 'No worker answered.'}`,
      nonRetryable: true,
      cause: error,
    });
  }
  return error.cause ?? error;
}

/**
 * What the last attempt that ended said. A deadline that passes during the next one wraps it in a timeout, whose
 * inner failure the SDK keeps in its raw form only (1.24.0).
 */
function lastWords({ cause }: ActivityFailure): string | undefined {
  if (cause instanceof ApplicationFailure) return cause.message;
  return (cause instanceof TimeoutFailure && cause.failure?.cause?.message) || undefined;
}
