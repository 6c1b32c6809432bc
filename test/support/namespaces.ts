import { Client, type Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { searchAttributes } from '../../activities/search-attributes.ts';
import { until } from './until.ts';

const keyword = 2; // INDEXED_VALUE_TYPE_KEYWORD
const activityQueue = 2; // TASK_QUEUE_TYPE_ACTIVITY

/**
 * A namespace of one's own on a test server: its task queues are nobody else's. Without `indexed` it knows none of
 * our search attributes, as a server that nobody prepared.
 */
export async function openNamespace(
  connection: Connection,
  namespace: string,
  options: { indexed: boolean } = { indexed: true },
): Promise<Client> {
  const { workflowService, operatorService } = connection;
  await workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  // A namespace takes a moment until every part of the server has heard of it.
  if (options.indexed)
    await untilAccepted(`${namespace} takes search attributes`, () =>
      operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(searchAttributes.map((name) => [name, keyword])),
      }),
    );
  await untilAccepted(`${namespace} has task queues`, () =>
    withoutRateLimit(connection, namespace),
  );
  return new Client({ connection, namespace });
}

/** Many restores at once in one test process must not wait for the product's limit of 15 calls a second. */
export async function withoutRateLimit(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.updateTaskQueueConfig({
    namespace,
    taskQueue: 'lifeboat-tencent',
    taskQueueType: activityQueue,
    updateQueueRateLimit: {
      rateLimit: { requestsPerSecond: 1000 },
      reason: 'tests: many restores at once',
    },
  });
}

async function untilAccepted(claim: string, call: () => Promise<unknown>): Promise<void> {
  let last: unknown;
  await until(claim, async () => {
    try {
      await call();
      return true;
    } catch (error) {
      last = error;
      return false;
    }
  }).catch((error: Error) => {
    throw new Error(`${error.message} (${(last as Error).message})`);
  });
}
