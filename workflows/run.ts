import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { reason, withCompensation } from './compensation.ts';
import type { RegisterUndo, Undo } from './compensation.ts';
import { isReset, nameInstance } from './create-once.ts';
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
  conclude(): Promise<Conclusion>;
}

export interface Conclusion {
  left: LeftOver[];
  /** What people must know of it, for the result. */
  warnings: string[];
}

/** Begins a restore: who it is, what people see, which updates it takes. Call it first. */
export function beginRestore(): RestoreRun {
  const { firstExecutionRunId, workflowId, root } = workflowInfo();
  const made: Made = { doubts: 0 };
  const progress = startProgress();
  let order: AnyOrder;
  let hands: Hands;
  let undoing: CancellationScope | undefined;

  const handOver = acceptHandOver({
    progress,
    made,
    keep: (instanceId, keeper) => hands.keep(instanceId, keeper),
    stopUndo: async () => {
      undoing?.cancel();
      await condition(() => undoing === undefined);
    },
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

  /** What it left, or undefined if a keep stopped it: then its last attempt has ended. */
  async function removeUnlessStopped(): Promise<LeftOver[] | undefined> {
    progress.enter('undo', `deleting ${made.instanceId ?? order.mark.name}`);
    const scope = new CancellationScope({ cancellable: true });
    undoing = scope;
    try {
      const left = await scope.run(removeAll);
      return scope.consideredCancelled ? undefined : left;
    } catch (error) {
      if (scope.consideredCancelled) return undefined;
      throw error;
    } finally {
      undoing = undefined;
    }
  }

  /** A keep that came before the instance had an id, or before the run went wrong, is carried out here. */
  async function keepMade(): Promise<LeftOver[]> {
    const id = () => made.instanceId ?? order.mark.name;
    try {
      if (!made.instanceId) {
        const found = await hands.find('kept: a create of this run has no known answer');
        const ours = found.find(({ alive, instanceId }) => alive && instanceId);
        if (ours?.instanceId) nameInstance(made, ours.instanceId);
      }
      await handOver.apply();
      return [];
    } catch (error) {
      return [
        {
          id: id(),
          status: 'kept',
          why: `not tagged: ${reason(error)}`,
          remedy: [hands.lookByHand],
        },
      ];
    }
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
        // From here on there is no undo any more, so a cancel comes too late and must not end the run.
        await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
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
      if (!made.instanceId && made.doubts === 0) return [];
      for (;;) {
        await handOver.decided();
        if (handOver.kept()) return keepMade();
        if (handOver.onFailure() === 'keep' && !cancelled && made.instanceId) {
          await handOver.keepAsAsked();
          return [keptAsAsked(made.instanceId)];
        }
        const left = await removeUnlessStopped();
        if (left) return left;
      }
    },
    async conclude() {
      const concluded: Conclusion = { left: [], warnings: [] };
      await handOver.apply().catch((error: unknown) => {
        concluded.warnings.push(`kept, but not tagged so in the cloud: ${unlessCancelled(error)}`);
      });
      if (made.doubts === 0) return concluded;
      const late = await hands.findNow('a create of this run has no known answer');
      const others = late.filter(({ instanceId }) => instanceId && instanceId !== made.instanceId);
      for (const { instanceId } of others) {
        const left = await hands.remove(instanceId!);
        concluded.left.push(...left);
        const end = left.length > 0 ? 'left behind' : 'deleted';
        concluded.warnings.push(`a second instance of this run came late: ${instanceId}, ${end}`);
      }
      return concluded;
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
