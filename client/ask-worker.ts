import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import type { Plan, Points, Source } from '../workflows/inquiries.ts';
import { cliFailure, exitCodes, type ExitCode } from './exit.ts';
import { queueState } from './queues.ts';

interface Inquiries {
  sources: { ask: undefined; answer: Source[] };
  points: { ask: { source: string; account?: string; region?: string }; answer: Points };
  plan: { ask: { input: unknown }; answer: Plan };
}

/**
 * Asks a worker, which holds the keys: reads only. Fails with one line if nobody polls, instead of waiting for
 * an answer that cannot come.
 */
export async function askWorker<Name extends keyof Inquiries>(
  client: Client,
  name: Name,
  ask: Inquiries[Name]['ask'],
): Promise<Inquiries[Name]['answer']> {
  await requireWorker(client);
  return outcomeOf(
    client.workflow.execute(name, {
      taskQueue: 'lifeboat',
      workflowId: `ask/${name}/${randomUUID()}`,
      args: ask === undefined ? [] : [ask],
    }),
    exitCodes.refused,
  ) as Promise<Inquiries[Name]['answer']>;
}

export async function requireWorker(client: Client): Promise<void> {
  const { pollers, lastPoller } = await queueState(client, { name: 'lifeboat', kind: 'workflow' });
  if (pollers > 0) return;
  const last = lastPoller ? ` (last: ${lastPoller.identity})` : '';
  throw cliFailure(
    `No worker polls lifeboat${last}, so nobody can ask the cloud. Start one: lifeboat worker`,
  );
}

/** A workflow's result, or its own sentence as the CLI's. */
export async function outcomeOf<T>(result: Promise<T>, code: ExitCode): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { message, type } = (error.cause ?? error) as { message: string; type?: string };
    if (type === 'LeftBehind') throw cliFailure(message, exitCodes.leftBehind);
    throw cliFailure(message, type === 'InvalidRequest' ? exitCodes.refused : code);
  }
}
