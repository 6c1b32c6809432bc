import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { onTime, queues, readingRequest } from './options.ts';
import type { CloneOrder, ClonePlan } from './tencent-postgres-clone.ts';

/** An account of the worker, without its keys. */
export interface KnownAccount {
  account: string;
  cloud: string;
  region: string;
  queue: string;
}

/** A database instance that can be a source. */
export interface Source {
  id: string;
  name: string;
  engine: string;
  status: string;
  storageGb: number;
  account: string;
  region: string;
  restore: string;
}

/** Where a source can be restored to. Times are ISO 8601 UTC. */
export interface Points {
  source: Source;
  timeZone: string;
  now: string;
  window?: { begin: string; end: string };
  backups: {
    id: string;
    finished?: string;
    expires?: string;
    kind: string;
    sizeBytes: number;
    usable: boolean;
  }[];
}

/** What a restore would do, and what it depends on. */
export interface Plan {
  order: CloneOrder;
  plan: ClonePlan;
  /** Seconds that earlier restores of this source took, oldest first. */
  earlierSeconds: number[];
  worker: string;
}

export interface Activities {
  findAccounts(): Promise<KnownAccount[]>;
  findCloneSources(ask: { account: string }): Promise<Source[]>;
  findClonePoints(ask: { source: string; account?: string; region?: string }): Promise<Points>;
  planClone(ask: { input: unknown }): Promise<Plan>;
}

const asking = (queue: string, summary: string) =>
  proxyActivities<Activities>({
    taskQueue: queue,
    summary,
    startToCloseTimeout: 60_000,
    scheduleToCloseTimeout: 120_000,
    retry: { initialInterval: 1000, maximumInterval: 5000 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });

const unanswered = { type: 'CloudUnavailable', sentence: 'No answer within 2 minutes.' };

/** Lists every instance that can be restored from, in every account of the worker. Reads only. */
export async function sources(): Promise<Source[]> {
  const accounts = await onTime(readingRequest<Activities>().findAccounts());
  const lists = accounts.map(({ account, queue }) =>
    onTime(asking(queue, `list ${account}`).findCloneSources({ account }), unanswered),
  );
  return (await Promise.all(lists)).flat();
}

/** Says to which moments and backups a source can be restored. Reads only. */
export async function points(ask: { source: string; account?: string; region?: string }) {
  return onTime(asking(queues.tencent, `read ${ask.source}`).findClonePoints(ask), unanswered);
}

/** Runs every check of a restore and stops before the create. Reads only. */
export async function plan(ask: { input: unknown }): Promise<Plan> {
  return onTime(asking(queues.tencent, 'plan').planClone(ask), unanswered);
}
