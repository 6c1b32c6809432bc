import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
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
  /** Stops an undo that is running, so that the instance can still be kept. */
  stopUndo(): void;
}

/**
 * Accepts `keep` and `setOnFailure` in every phase. After a keep nothing of this run deletes any more: undo,
 * cancel and sweep refuse for ever. A keep that comes before the instance exists holds for whatever comes.
 */
export function acceptHandOver({ progress, made, keep, stopUndo }: Steps): HandOver {
  let kept: Keeper | undefined;
  let applied: Promise<void> | undefined;
  const apply = async () => {
    const keeper = kept;
    if (!keeper || !made.instanceId) return;
    applied ??= keep(made.instanceId, keeper);
    await applied;
  };
  const record = (request: KeepRequest) => {
    kept ??= { ...request, at: new Date(Date.now()).toISOString() };
    progress.note({ kept });
  };
  setHandler(
    keepUpdate,
    async (request) => {
      record(request);
      if (progress.status.phase === 'undo') stopUndo();
      try {
        await apply();
      } catch (error) {
        throw ApplicationFailure.nonRetryable(`Not kept: ${reason(error)}`, 'PreconditionFailed');
      }
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
    apply,
    keepAsAsked: async () => {
      record({ by: 'onFailure: keep' });
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
