import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { checkKeepRequest, checkUndoRequest, findClientSessions } from '../activities/by-run.ts';
import { findAccounts } from '../activities/inquiries.ts';
import { findOpenPort } from '../activities/open-port.ts';
import { restores, type Restore } from '../activities/index.ts';

/**
 * Calls per second that all workers together send to one cloud, enforced by the Temporal server. Tencent's
 * own limits start at 20/s per action; its Terraform provider holds itself to 15/s (both 2026-08).
 */
const activitiesPerSecond: Record<string, number> = { 'lifeboat-tencent': 15 };

type ActivityMap = Record<string, (...args: never[]) => Promise<unknown>>;

/**
 * One worker per task queue: workflows on `lifeboat`, cloud calls on a queue per cloud, data checks on
 * `lifeboat-verify`. `queues` limits this process to some of them.
 */
export async function createWorkers(options: {
  connection: NativeConnection;
  namespace: string;
  queues?: readonly string[];
}): Promise<Worker[]> {
  const byQueue = await activitiesByQueue();
  const wanted = options.queues ?? Object.keys(byQueue);
  return Promise.all(
    wanted.map((taskQueue) => {
      const limit = activitiesPerSecond[taskQueue];
      return Worker.create({
        connection: options.connection,
        namespace: options.namespace,
        identity: `${process.pid}@${hostname()}`,
        taskQueue,
        activities: byQueue[taskQueue] ?? {},
        ...(taskQueue === 'lifeboat' ? { workflowsPath } : {}),
        ...(limit ? { maxTaskQueueActivitiesPerSecond: limit } : {}),
        // A create that is on its way must get its answer: longer than any create attempt.
        shutdownGraceTime: '45 seconds',
      });
    }),
  );
}

const workflowsPath = fileURLToPath(new URL('../workflows/index.js', import.meta.url));

async function activitiesByQueue(): Promise<Record<string, ActivityMap>> {
  const all: Record<string, ActivityMap> = {
    lifeboat: { findAccounts, checkUndoRequest, checkKeepRequest },
    'lifeboat-verify': { findOpenPort, findClientSessions },
  };
  const add = (queue: string, activities: ActivityMap) => {
    all[queue] = merged(all[queue] ?? {}, activities);
  };
  for (const restore of Object.values<Restore>(restores)) {
    const activities = await restore.load();
    add('lifeboat', activities);
    add(restore.queue, activities);
  }
  return all;
}

/** Two restores must not give one activity name two meanings. */
function merged(known: ActivityMap, more: ActivityMap): ActivityMap {
  const clash = Object.keys(more).find((name) => known[name] && known[name] !== more[name]);
  if (clash) throw new Error(`Two activities are named ${clash}; names must be unique.`);
  return { ...known, ...more };
}
