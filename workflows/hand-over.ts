import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import type { Made } from './create-once.ts';
import { reason } from './compensation.ts';
import type { Progress } from './progress.ts';
import type { Keeper, OnFailure } from './restore.ts';

export interface KeepRequest {
  by: string;
  reason?: string;
  protect?: boolean;
}

export const keepUpdate = defineUpdate<string, [KeepRequest]>('keep');
export const setOnFailureUpdate = defineUpdate<string, [{ onFailure: OnFailure; by: string }]>(
  'setOnFailure',
);

export interface HandOver {
  readonly kept: () => Keeper | undefined;
  readonly onFailure: () => OnFailure;
  /** Resolves when no keep is being carried out: then `kept` is the last word. */
  decided(): Promise<void>;
  /** Writes the hand-over into the cloud's tags, once, if somebody asked for it. */
  apply(): Promise<void>;
  /** Keeps on behalf of `onFailure: keep`. */
  keepAsAsked(): Promise<void>;
}

interface Steps {
  progress: Progress;
  made: Made;
  /** Replaces our tags by `lifeboat-kept`, switches protection on if asked. */
  keep(instanceId: string, keeper: Keeper): Promise<void>;
  /** Stops an undo that is running; resolves when its last attempt has ended and deletes nothing any more. */
  stopUndo(): Promise<void>;
}

/**
 * Accepts `keep` and `setOnFailure` in every phase. After a keep nothing of this run deletes any more: undo,
 * cancel and sweep refuse for ever. A keep that comes before the instance exists holds for whatever comes; one
 * that comes too late is refused, and the undo goes on.
 */
export function acceptHandOver({ progress, made, keep, stopUndo }: Steps): HandOver {
  let kept: Keeper | undefined;
  let applied: Promise<void> | undefined;
  let deciding = 0;
  const apply = async () => {
    const keeper = kept;
    const { instanceId } = made;
    if (!keeper || !instanceId) return;
    applied ??= CancellationScope.nonCancellable(() => keep(instanceId, keeper));
    try {
      await applied;
    } catch (error) {
      applied = undefined;
      throw error;
    }
  };
  const record = (keeper: Keeper | undefined) => {
    kept = keeper;
    progress.note({ kept });
  };
  const keeperOf = (request: KeepRequest): Keeper => ({
    ...request,
    at: new Date(Date.now()).toISOString(),
  });
  const decide = async (request: KeepRequest) => {
    const earlier = kept;
    deciding += 1;
    try {
      record(earlier ?? keeperOf(request));
      await stopUndo();
      await apply();
    } catch (error) {
      record(earlier);
      throw ApplicationFailure.nonRetryable(`Not kept: ${reason(error)}`, 'PreconditionFailed');
    } finally {
      deciding -= 1;
    }
  };
  setHandler(
    keepUpdate,
    async (request) => {
      // A cancelled run that undoes can still be kept.
      await CancellationScope.nonCancellable(() => decide(request));
      return made.instanceId
        ? `${made.instanceId} is kept for ${request.by}; nothing of this run deletes it any more`
        : `whatever this run makes is kept for ${request.by}`;
    },
    { validator: refuseNameless, description: 'Ends our ownership: {by, reason?, protect?}' },
  );
  setHandler(
    setOnFailureUpdate,
    ({ onFailure, by }) => {
      progress.note({ onFailure });
      return `if it fails, what it made is ${onFailure === 'keep' ? 'kept' : 'deleted'} (set by ${by})`;
    },
    { validator: refuseUnknownPolicy, description: 'What a failure does: {onFailure, by}' },
  );
  return {
    kept: () => kept,
    onFailure: () => progress.status.onFailure,
    decided: () => condition(() => deciding === 0),
    apply,
    keepAsAsked: async () => {
      record(kept ?? keeperOf({ by: 'onFailure: keep' }));
      await apply();
    },
  };
}

function refuseNameless(request?: Partial<KeepRequest>): void {
  if (typeof request?.by !== 'string' || request.by.trim() === '')
    throw ApplicationFailure.nonRetryable(
      'keep: by is required: who takes the instance',
      'InvalidRequest',
    );
}

function refuseUnknownPolicy(request?: { onFailure?: unknown; by?: unknown }): void {
  if (request?.onFailure !== 'undo' && request?.onFailure !== 'keep')
    throw ApplicationFailure.nonRetryable(
      'setOnFailure: onFailure is undo or keep',
      'InvalidRequest',
    );
  if (typeof request.by !== 'string' || request.by.trim() === '')
    throw ApplicationFailure.nonRetryable('setOnFailure: by is required', 'InvalidRequest');
}
