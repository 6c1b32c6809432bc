import { Context } from '@temporalio/activity';

/**
 * What a looking activity knows of its own past. An activity that waits is one look per attempt, repeated by
 * the Temporal server; what it must remember from look to look travels in heartbeat details. All times are
 * the server's, so that two workers whose clocks differ still agree on how long something took.
 */

/** The server's time of this attempt, ms since the epoch. */
export function attemptTime(): number {
  return Context.current().info.currentAttemptScheduledTimestampMs;
}

/** Since the activity was first scheduled, ms. Unlike the attempt number it survives `temporal activity reset`. */
export function elapsedMs(): number {
  return attemptTime() - Context.current().info.scheduledTimestampMs;
}

/** What an earlier attempt remembered. */
export function remembered<Memory extends object>(): Partial<Memory> {
  return (Context.current().info.heartbeatDetails as Memory | undefined) ?? {};
}

export function remember<Memory extends object>(memory: Memory): void {
  Context.current().heartbeat(memory);
}
