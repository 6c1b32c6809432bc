import {
  ActivityFailure,
  ApplicationFailure,
  patched,
  sleep,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { outermost } from './options.ts';
import type { Accepted } from './restore.ts';

/** What this run knows of its own creates; the undo reads it. */
export interface Made {
  instanceId?: string;
  /** Creates that were sent, or may have been, and whose instance nobody has seen. */
  doubts: number;
}

export interface CreateSteps<A extends Accepted> {
  made: Made;
  /** One attempt: looks, then sends. */
  create(): Promise<A>;
  /** Looks by name and tag for the settling time, oldest first; empty only if a last, complete look is. */
  find(why: string): Promise<A[]>;
  /** Proves the preconditions again, waiting for those that pass by themselves. */
  recheck(): Promise<void>;
  /** For how long "refused for now" may go back to the check, and how long it rests in between. */
  patience: { deadlineMs: number; restMs: number };
}

/**
 * Makes exactly one instance, whatever happens to the answer.
 *
 * A refusal for good fails. A refusal for now, or an attempt that never started, goes back to the check.
 * Anything else is unknown: look for the settling time, adopt what is found, and only if nothing is there
 * create once more. A reset run looks first, because its forerunner's create may still be in flight.
 */
export async function createOnce<A extends Accepted>(steps: CreateSteps<A>): Promise<A> {
  const { made, find } = steps;
  if (looksFirst()) {
    made.doubts += 1;
    const earlier = adopted(made, await find('this run was reset'));
    if (earlier) return earlier;
  }
  const patientUntil = Date.now() + steps.patience.deadlineMs;
  let lost = 0;
  for (;;) {
    made.doubts += 1; // until the answer proves otherwise, also when a cancel interrupts us here
    try {
      return settled(made, await steps.create());
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome !== 'unknown') made.doubts -= 1;
      if (outcome === 'refused') throw error;
      if (outcome === 'notSent') {
        if (Date.now() > patientUntil) throw outermost(error);
        await sleep(steps.patience.restMs);
        await steps.recheck();
        continue;
      }
      const found = adopted(made, await find('the create’s answer was lost'));
      if (found) return found;
      lost += 1;
      if (lost === 2) throw lostTwice(error);
      await steps.recheck();
    }
  }
}

/**
 * True where a reset run comes to its create for the first time. What it took over from its forerunner replays as
 * it was, without a look; the marker says so in every later replay, also of an exported history, whose run id
 * tells nothing of a reset.
 */
function looksFirst(): boolean {
  const marker = 'look-before-creating-after-a-reset';
  if (workflowInfo().unsafe.isReplaying) return patched(marker);
  return isReset() && patched(marker);
}

/** True in a run that `temporal workflow reset` made: its forerunner may have created already. */
export function isReset(): boolean {
  const { runId, originalExecutionRunId } = workflowInfo();
  return runId !== originalExecutionRunId;
}

/** An accepted create without an id (a prepaid order) stays a doubt until the order names its instance. */
function settled<A extends Accepted>(made: Made, accepted: A): A {
  if (accepted.instanceId) nameInstance(made, accepted.instanceId);
  return accepted;
}

export function nameInstance(made: Made, instanceId: string): string {
  made.doubts -= 1;
  made.instanceId = instanceId;
  return instanceId;
}

/**
 * Keeps the oldest that is alive. Any other of ours, and one that is on its way out, stays a doubt, which the
 * run settles before its result and in its undo.
 */
function adopted<A extends Accepted>(made: Made, found: A[]): A | undefined {
  const oldest = found.find(({ alive }) => alive);
  made.doubts += found.length - (oldest ? 1 : 0);
  return oldest && settled(made, oldest);
}

const refusals = new Set([
  'InvalidRequest',
  'MissingCredentials',
  'AccessDenied',
  'PreconditionFailed',
  'QuotaExceeded',
  'NotFound',
  'RestoreFailed',
]);

function outcomeOf(error: unknown): 'refused' | 'notSent' | 'unknown' {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure)
    return cause.timeoutType === 'SCHEDULE_TO_START' ? 'notSent' : 'unknown';
  if (!(cause instanceof ApplicationFailure)) return 'unknown';
  if (refusals.has(cause.type ?? '')) return 'refused';
  return cause.type === 'NotReady' || cause.type === 'CloudUnavailable' ? 'notSent' : 'unknown';
}

function lostTwice(error: unknown) {
  return ApplicationFailure.create({
    type: 'RestoreFailed',
    message:
      'The create was sent twice, each answer was lost, and nothing was found after either. ' +
      'Nothing exists as far as can be seen. Check the connection to the cloud, then start again.',
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
