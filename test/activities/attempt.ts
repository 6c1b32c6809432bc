import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { orderFrom } from '../../activities/tencent-postgres-clone/order.ts';
import type { Timing } from '../../workflows/restore.ts';
import type { CloneOrder, ClonePlan } from '../../workflows/tencent-postgres-clone.ts';

export const restoreId = '3f0c1a52-9d4e-4a61-8e0b-6c1f6f1f7a11';

/** Real seconds where a test looks at delays; the HTTP limit is short. */
const timing: Timing = {
  requestMs: 3000,
  createMs: 10_000,
  lookMs: 10_000,
  settlingMs: 60_000,
  undoRetryMs: 15_000,
};

/** The order of a run, as its first activity would pin it. */
export function orderOf(request: object = {}, change: Partial<Timing> = {}): CloneOrder {
  const input = {
    source: 'postgres-6xk2v1qa',
    from: { backup: 'latest' },
    name: 'orders',
    ...request,
  };
  const order = orderFrom(input, { restoreId, owner: 'restore/test' }, []);
  return { ...order, timing: { ...timing, ...change } };
}

/** A plan that was checked long ago. */
export function planOf(order: CloneOrder, parameters: object = {}): ClonePlan {
  const tags = Object.entries(order.mark.tags);
  return {
    checks: [],
    parameters: {
      ...{ DBInstanceId: order.request.source, SpecCode: 'pg.it.medium4', Storage: 100 },
      ...{ Period: 1, AutoRenewFlag: 0, VpcId: 'vpc-7a4k2m9x', SubnetId: 'subnet-3f8d1c6b' },
      ...{ InstanceChargeType: 'POSTPAID_BY_HOUR', Name: order.mark.name },
      TagList: tags.map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
      ...parameters,
    },
    point: { text: 'a backup' },
    source: {
      ...{ id: order.request.source, name: 'orders', status: 'running' },
      ...{ version: '16.2', kernel: 'v16.2_r1.5' },
    },
    warnings: [],
  };
}

interface Attempt {
  /** Since the activity was first scheduled. */
  elapsedMs?: number;
  startToCloseMs?: number;
  memory?: object | undefined;
}

export interface Ended<T> {
  result?: T;
  failure?: ApplicationFailure;
  /** What the server hands to the next attempt. */
  memory: object | undefined;
}

const firstScheduled = Date.UTC(2026, 10, 21);

/** One attempt of an activity, as the server would start it. A failure that is none of ours fails the test. */
export async function attempt<In, Out>(
  activity: (input: In) => Promise<Out>,
  input: In,
  { elapsedMs = 0, startToCloseMs = 60_000, memory }: Attempt = {},
): Promise<Ended<Out>> {
  const info = {
    scheduledTimestampMs: firstScheduled,
    currentAttemptScheduledTimestampMs: firstScheduled + elapsedMs,
    startToCloseTimeoutMs: startToCloseMs,
    heartbeatDetails: memory,
  };
  const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
  let kept = memory;
  environment.on('heartbeat', (details: object) => (kept = details));
  try {
    const result = (await environment.run(activity, input)) as Out;
    return { result, memory: kept };
  } catch (error) {
    assert.ok(error instanceof ApplicationFailure, (error as Error).stack);
    return { failure: error, memory: kept };
  }
}

/** Attempts, one after the other, each with what the one before remembered, until one ends otherwise. */
export async function attempts<In, Out>(
  activity: (input: In) => Promise<Out>,
  input: In,
  options: {
    atMost: number;
    everyMs?: number;
    between?: (failure: ApplicationFailure, count: number) => Promise<void> | void;
  },
): Promise<Ended<Out> & { seen: string[] }> {
  const seen: string[] = [];
  let memory: object | undefined;
  for (let count = 1; count <= options.atMost; count += 1) {
    const elapsedMs = (count - 1) * (options.everyMs ?? 10_000);
    const ended = await attempt(activity, input, { memory, elapsedMs });
    memory = ended.memory;
    if (!ended.failure || ended.failure.nonRetryable) return { ...ended, seen };
    seen.push(ended.failure.message);
    await options.between?.(ended.failure, count);
  }
  throw new Error(`still not ready after ${options.atMost} attempts: ${seen.join(' | ')}`);
}

/** The failure of an attempt that must fail. */
export function failureOf(ended: Ended<unknown>): ApplicationFailure {
  assert.ok(ended.failure, `it succeeded with ${JSON.stringify(ended.result)}`);
  return ended.failure;
}
