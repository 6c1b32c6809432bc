// Workflows that run the parts of a restore by themselves, for create-once.test.ts and compensation.test.ts.
import type { ApplicationFailure } from '@temporalio/workflow';
import {
  ActivityCancellationType,
  ActivityFailure,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import { withCompensation } from '../../workflows/compensation.ts';
import { createOnce } from '../../workflows/create-once.ts';
import type { Made } from '../../workflows/create-once.ts';
import type { Accepted, LeftOver } from '../../workflows/restore.ts';

export interface CreateActivities {
  create(): Promise<Accepted>;
  find(why: string): Promise<Accepted[]>;
  recheck(): Promise<void>;
}

export interface CreateTrial {
  accepted?: Accepted;
  failure?: { type: string; message: string };
  made: Made;
}

const once = { retry: { maximumAttempts: 1 } };

/** createOnce with every step an activity of the test. `createOn`: a queue that nobody may poll. */
export async function tryCreateOnce(options: {
  createOn?: string;
  deadlineMs?: number;
}): Promise<CreateTrial> {
  const { taskQueue } = workflowInfo();
  const steps = proxyActivities<CreateActivities>({ ...once, startToCloseTimeout: 20_000 });
  const made: Made = { doubts: 0 };
  let createOn = options.createOn ?? taskQueue;
  const create = () =>
    proxyActivities<CreateActivities>({
      ...{ ...once, taskQueue: createOn },
      ...{ startToCloseTimeout: 20_000, scheduleToStartTimeout: 200 },
    }).create();
  const patience = { deadlineMs: options.deadlineMs ?? 60_000, restMs: 1 };
  const recheck = async () => {
    await steps.recheck();
    createOn = taskQueue;
  };
  try {
    return {
      accepted: await createOnce({ made, create, find: steps.find, recheck, patience }),
      made,
    };
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    const { type = '', message = '' } = cause as Partial<ApplicationFailure>;
    return { failure: { type: type ?? '', message }, made };
  }
}

export interface UndoActivities {
  body(): Promise<string>;
  next(): Promise<void>;
  undo(label: string, because: { cancelled: boolean }): Promise<LeftOver[]>;
}

/** withCompensation around two activities, with an undo for each label, registered in that order. */
export async function tryCompensation(labels: string[]): Promise<string> {
  const { body, next, undo } = proxyActivities<UndoActivities>({
    ...once,
    startToCloseTimeout: 20_000,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  return withCompensation(async (register) => {
    for (const label of labels) register(label, (because) => undo(label, because));
    const done = await body();
    await next();
    return done;
  });
}
