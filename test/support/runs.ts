import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { LeftOver, RestoredInstance } from '../../workflows/restore.ts';
import { exitCodeOf, viewRun, type RunView } from '../../client/run-view.ts';
import { until } from './until.ts';

/** How a run failed, as people meet it: its outermost failure. */
export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly left: LeftOver[];
}

/** One run of ours, followed from outside. */
export interface Run<Result = RestoredInstance> {
  readonly id: string;
  readonly handle: WorkflowHandle;
  result(): Promise<Result>;
  /** Its failure; fails the test if it ends in any other way. */
  failure(): Promise<Failure>;
  /** Resolves when the run has closed Cancelled; fails the test if it ends in any other way. */
  cancelled(): Promise<void>;
  /** Waits until that activity is under way or backing off. */
  reaches(activity: string): Promise<void>;
  /** Waits until the last attempt of its pending activity said something that matches. */
  says(pattern: RegExp): Promise<string>;
  update(name: string, argument: object): Promise<string>;
  view(): Promise<RunView>;
  exitCode(): Promise<number | undefined>;
  eventCount(): Promise<number>;
  searchAttributes(): Promise<Record<string, unknown>>;
}

type Description = Awaited<ReturnType<WorkflowHandle['describe']>>;
type Pending = NonNullable<Description['raw']['pendingActivities']>[number];

export async function startRun<Result = RestoredInstance>(
  client: Client,
  type: string,
  input: object,
  label = type,
): Promise<Run<Result>> {
  const id = `${label}-${randomUUID().slice(0, 8)}`;
  await client.workflow.start(type, { taskQueue: 'lifeboat', workflowId: id, args: [input] });
  return runOf<Result>(client, id);
}

export function runOf<Result = RestoredInstance>(client: Client, id: string): Run<Result> {
  const handle = client.workflow.getHandle(id);
  const endsBadly = async (): Promise<Error | undefined> => {
    const outcome = await handle.result().then(
      (result: unknown) => ({ result }),
      (error: Error) => ({ error }),
    );
    if ('result' in outcome)
      assert.fail(`${id} was expected to end badly, it returned ${JSON.stringify(outcome.result)}`);
    assert.ok(outcome.error instanceof WorkflowFailedError, String(outcome.error));
    return outcome.error.cause;
  };
  /** Waits until its pending activities are so; a run that ends before can never be. */
  const pendingAre = (claim: string, areSo: (pending: Pending[]) => boolean) =>
    until(claim, async () => {
      const { raw, status } = await handle.describe();
      if (areSo(raw.pendingActivities ?? [])) return true;
      if (status.name !== 'RUNNING') throw new Error(`${id} ended before this was so: ${claim}`);
      return false;
    });
  return {
    id,
    handle,
    result: async () => (await handle.result()) as Result,
    failure: async () => {
      const cause = await endsBadly();
      assert.ok(cause instanceof ApplicationFailure, `${id} ended otherwise: ${String(cause)}`);
      const [first] = (cause.details ?? []) as { left?: LeftOver[] }[];
      return { type: cause.type ?? '', message: cause.message, left: first?.left ?? [] };
    },
    cancelled: async () => {
      const cause = await endsBadly();
      assert.ok(cause instanceof CancelledFailure, `${id} ended otherwise: ${String(cause)}`);
    },
    reaches: (activity) =>
      pendingAre(`${id} is at ${activity}`, (pending) =>
        pending.some(({ activityType }) => activityType?.name === activity),
      ),
    says: async (pattern) => {
      let said = '';
      await pendingAre(`${id} says ${pattern}`, (pending) => {
        said = pending.map(({ lastFailure }) => lastFailure?.message ?? '').join('\n');
        return pattern.test(said);
      });
      return said;
    },
    update: (name, argument) => handle.executeUpdate<string, [object]>(name, { args: [argument] }),
    view: () => viewRun(client, id),
    exitCode: async () => exitCodeOf(await viewRun(client, id)),
    eventCount: async () => (await handle.fetchHistory()).events?.length ?? 0,
    searchAttributes: async () => (await handle.describe()).searchAttributes,
  };
}
