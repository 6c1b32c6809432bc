import {
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  isCancellation,
} from '@temporalio/workflow';
import { outermost } from './options.ts';
import type { LeftOver } from './restore.ts';

/** Returns what it had to leave. `cancelled`: somebody cancelled the run, nothing went wrong by itself. */
export type Undo = (because: { cancelled: boolean }) => Promise<LeftOver[]>;

/** Registers an undo under the words that a person on call reads. */
export type RegisterUndo = (label: string, run: Undo) => void;

/**
 * Runs `body`; if it fails or is cancelled, runs the undos that it registered, last first, shielded from
 * cancellation. Then the original failure goes on unchanged; a cancelled run closes Cancelled even if an
 * attempt failed meanwhile. Anything left wins over both: the run fails as `LeftBehind`, because a
 * cancelled run can carry no text. Schedules nothing of its own.
 */
export async function withCompensation<T>(body: (undo: RegisterUndo) => Promise<T>): Promise<T> {
  const undos: { label: string; run: Undo }[] = [];
  try {
    return await body((label, run) => void undos.unshift({ label, run }));
  } catch (error) {
    const cancelled = CancellationScope.current().consideredCancelled;
    const left: LeftOver[] = [];
    await CancellationScope.nonCancellable(async () => {
      for (const undo of undos) left.push(...(await attempted(undo, cancelled)));
    });
    if (left.length > 0) throw leftBehind(left, cancelled ? 'cancelled' : reason(error));
    if (cancelled && !isCancellation(error)) throw new CancelledFailure('Cancelled and undone');
    throw outermost(error);
  }
}

async function attempted(
  undo: { label: string; run: Undo },
  cancelled: boolean,
): Promise<LeftOver[]> {
  try {
    return await undo.run({ cancelled });
  } catch (error) {
    return [
      { id: undo.label, status: 'unknown', why: `undo failed: ${reason(error)}`, remedy: [] },
    ];
  }
}

export function reason(error: unknown): string {
  const outer = outermost(error);
  return outer instanceof Error ? outer.message : String(outer);
}

/** The only failure that is made on the workflow side: names all that exists, and how to remove it. */
export function leftBehind(left: LeftOver[], because: string) {
  const each = left.map(
    ({ id, status, since, why, remedy }) =>
      `${id} ${status}${since ? ` since ${since}` : ''}: ${why}.` +
      (remedy.length > 0 ? ` By hand: ${remedy.join(' ; ')}` : ''),
  );
  return ApplicationFailure.create({
    type: 'LeftBehind',
    message: `LEFT BEHIND  ${each.join(' | ')} (the restore: ${because})`,
    nonRetryable: true,
    details: [{ left, because }],
  });
}
