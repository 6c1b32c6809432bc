import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { reason, withCompensation } from './compensation.ts';
import type { RegisterUndo, Undo } from './compensation.ts';
import { isReset } from './create-once.ts';
import type { Made } from './create-once.ts';
import { acceptHandOver } from './hand-over.ts';
import type { HandOver } from './hand-over.ts';
import { startProgress } from './progress.ts';
import type {
  Accepted,
  Keeper,
  LeftOver,
  Order,
  Phase,
  PhaseRecord,
  RunIdentity,
} from './restore.ts';

/** What a restore can do with the instances it made; each restore says how. */
export interface Hands {
  /** Everything that carries our mark, oldest first, looked for during the settling time. */
  find(why: string): Promise<Accepted[]>;
  /** The same by a single complete look. */
  findNow(why: string): Promise<Accepted[]>;
  /** Deletes one instance of ours; returns what it must leave. */
  remove(instanceId: string): Promise<LeftOver[]>;
  /** Ends our ownership of it in the cloud's tags. */
  keep(instanceId: string, keeper: Keeper): Promise<void>;
  /** A command that shows a person whether anything of this run exists. */
  lookByHand: string;
}

type AnyOrder = Order<{ source: string }>;

export interface RestoreRun {
  readonly identity: RunIdentity;
  readonly made: Made;
  readonly handOver: HandOver;
  enter(phase: Phase, doing: string): void;
  /** From here on the run knows what it is about, and how to undo and hand over. */
  accept(order: AnyOrder, hands: Hands): void;
  /** Runs the restore; whatever goes wrong, what it made is undone, kept as asked, or named. */
  guarded<T extends { phases: PhaseRecord[] }>(
    body: (undo: RegisterUndo) => Promise<T>,
  ): Promise<T>;
  /** The undo to register before the create. */
  removeMade: Undo;
  /** Before the result: hands over if asked, and removes a second instance of ours that came late. */
  conclude(): Promise<LeftOver[]>;
}

/** Begins a restore: who it is, what people see, which updates it takes. Call it first. */
export function beginRestore(): RestoreRun {
  const { firstExecutionRunId, workflowId, root } = workflowInfo();
  const made: Made = { doubts: 0 };
  const progress = startProgress();
  let order: AnyOrder;
  let hands: Hands;
  let undoScope: CancellationScope | undefined;

  const handOver = acceptHandOver({
    progress,
    made,
    keep: (instanceId, keeper) => hands.keep(instanceId, keeper),
    stopUndo: () => undoScope?.cancel(),
  });

  async function findDoubtful(left: LeftOver[]): Promise<string[]> {
    if (made.doubts === 0) return [];
    try {
      const found = await hands.find('undo: a create of this run has no known answer');
      return found.flatMap(({ instanceId }) => (instanceId ? [instanceId] : []));
    } catch (error) {
      if (isCancellation(error)) throw error;
      left.push(mayExist(order.mark.name, reason(error), hands.lookByHand));
      return [];
    }
  }

  async function removeAll(): Promise<LeftOver[]> {
    const left: LeftOver[] = [];
    const known = made.instanceId ? [made.instanceId] : [];
    for (const id of new Set([...known, ...(await findDoubtful(left))])) {
      progress.note({ instanceId: id, doing: `deleting ${id}` });
      left.push(...(await hands.remove(id)));
    }
    return left;
  }

  return {
    identity: { restoreId: firstExecutionRunId, owner: root?.workflowId ?? workflowId },
    made,
    handOver,
    enter(phase, doing) {
      if (made.instanceId) progress.note({ instanceId: made.instanceId });
      progress.enter(phase, doing);
    },
    accept(accepted, itsHands) {
      order = accepted;
      hands = itsHands;
      const { source } = order.request;
      const { name, restoreId } = order.mark;
      progress.index({ known: order.searchAttributes, source, restoreId });
      progress.note({ name, source, onFailure: order.onFailure });
      if (isReset())
        progress.note({ doing: 'this run was reset: it looks before it makes anything' });
    },
    async guarded(body) {
      try {
        const result = await withCompensation(body);
        await condition(allHandlersFinished);
        progress.close(handOver.kept() ? 'kept' : 'restored');
        const kept = handOver.kept();
        return { ...result, phases: progress.status.phases, ...(kept ? { kept } : {}) };
      } catch (error) {
        await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
        progress.close(handOver.kept() ? 'kept' : ending(error));
        throw error;
      }
    },
    async removeMade({ cancelled }) {
      if (handOver.kept() || (!made.instanceId && made.doubts === 0)) return [];
      if (handOver.onFailure() === 'keep' && !cancelled && made.instanceId) {
        await handOver.keepAsAsked();
        return [keptAsAsked(made.instanceId)];
      }
      progress.enter('undo', `deleting ${made.instanceId ?? order.mark.name}`);
      undoScope = new CancellationScope({ cancellable: true });
      try {
        return await undoScope.run(removeAll);
      } catch (error) {
        if (handOver.kept()) return []; // a keep came in time and stopped this undo
        throw error;
      }
    },
    async conclude() {
      await handOver.apply();
      if (made.doubts === 0) return [];
      const late = await hands.findNow('a create of this run has no known answer');
      const others = late.filter(({ instanceId }) => instanceId && instanceId !== made.instanceId);
      const left: LeftOver[] = [];
      for (const { instanceId } of others) left.push(...(await hands.remove(instanceId!)));
      return left;
    },
  };
}

/** The words of a failed call, for calls whose failure is reported and not thrown; a cancel goes through. */
export function unlessCancelled(error: unknown): string {
  if (isCancellation(error)) throw error;
  return reason(error);
}

function ending(error: unknown): 'cancelled' | 'leftBehind' | 'failed' {
  if (isCancellation(error)) return 'cancelled';
  return (error as { type?: string }).type === 'LeftBehind' ? 'leftBehind' : 'failed';
}

function keptAsAsked(instanceId: string): LeftOver {
  return {
    id: instanceId,
    status: 'kept',
    why: 'the restore failed and its onFailure is keep; it is tagged lifeboat-kept and nothing of ours deletes it any more',
    remedy: [],
  };
}

function mayExist(name: string, why: string, lookByHand: string): LeftOver {
  return { id: name, status: 'may exist', why: `cannot look for it: ${why}`, remedy: [lookByHand] };
}
