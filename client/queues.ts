import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';

export interface QueueState {
  name: string;
  /** Pollers seen within the last 70 s; a long poll lasts 60 s. */
  pollers: number;
  /** The last one that polled, if Temporal remembers it (5 minutes). */
  lastPoller?: { identity: string; at: number };
  /** Somebody set the queue's rate limit to 0. */
  frozen: boolean;
}

const kinds = { workflow: 1, activity: 2 } as const;
const freshMs = 70_000;

/** Who polls a task queue, and whether it is frozen. Never throws for a queue that nobody knows. */
export async function queueState(
  client: Client,
  queue: { name: string; kind: keyof typeof kinds },
): Promise<QueueState> {
  const answer = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue.name },
    taskQueueType: kinds[queue.kind],
    reportConfig: true,
  });
  const pollers = (answer.pollers ?? []).map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    at: tsToMs(lastAccessTime),
  }));
  const last = pollers.sort((a, b) => b.at - a.at)[0];
  const limit = answer.config?.queueRateLimit?.rateLimit;
  return {
    name: queue.name,
    pollers: pollers.filter(({ at }) => Date.now() - at < freshMs).length,
    frozen: limit !== undefined && limit !== null && limit.requestsPerSecond === 0,
    ...(last ? { lastPoller: last } : {}),
  };
}
