import { Context } from '@temporalio/activity';
import { z } from 'zod';
import type { Activities, PastRestore } from '../workflows/by-run.ts';
import type { CloneOrder } from '../workflows/tencent-postgres-clone.ts';
import { chooseAccount } from './accounts.ts';
import { invalidRequest, notFound, preconditionFailed } from './failures.ts';
import { parseRequest } from './request.ts';
import { instancesOf, orderOf, readRunHistory } from './run-history.ts';
import { openSessions } from './verify/postgres.ts';

const run = { run: z.string().min(1), runId: z.string().min(1).optional() };
const undoRequest = z.strictObject({
  ...run,
  instanceId: z.string().min(1),
  destroy: z.boolean().optional(),
  acceptUnknownSessions: z.boolean().optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
});
const keepRequest = z.strictObject({
  ...run,
  by: z.string().min(1),
  reason: z.string().optional(),
  protect: z.boolean().optional(),
});

function parsed<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const answer = parseRequest(schema, input);
  if ('issues' in answer) throw invalidRequest(answer.issues);
  return answer.request;
}

/** The closed restore that a person names. Its history is the only witness: no database of ours to trust. */
async function pastRestore(named: {
  run: string;
  runId?: string | undefined;
}): Promise<PastRestore> {
  const history = await readRunHistory(Context.current().client, {
    workflowId: named.run,
    ...(named.runId ? { runId: named.runId } : {}),
  }).catch((error: Error) => {
    if (error.name === 'WorkflowNotFoundError')
      throw notFound(`No run ${named.run} in Temporal (any more): its retention may have passed.`);
    throw error;
  });
  const order = orderOf(history) as CloneOrder | undefined;
  if (!order) throw notFound(`${named.run} is no restore that got as far as an order.`);
  if (!history.closed)
    throw preconditionFailed(
      `${named.run} is still open: lifeboat cancel undoes it, lifeboat keep keeps what it makes.`,
    );
  return { order, instanceIds: instancesOf(history) };
}

export const checkUndoRequest: Activities['checkUndoRequest'] = async (input) => {
  const request = parsed(undoRequest, input);
  const past = await pastRestore(request);
  if (!past.instanceIds.includes(request.instanceId))
    throw preconditionFailed(
      `NOT REMOVED  ${request.run} did not make ${request.instanceId}; its history names ${past.instanceIds.join(', ') || 'no instance'}.`,
    );
  return { request, past };
};

export const checkKeepRequest: Activities['checkKeepRequest'] = async (input) => {
  const request = parsed(keepRequest, input);
  const past = await pastRestore(request);
  if (past.instanceIds.length === 0)
    throw preconditionFailed(`${request.run} made no instance: there is nothing to keep.`);
  return { request, past };
};

/** Client sessions on the instance, other than our own; never throws, "nobody can tell" is an answer. */
export const findClientSessions: Activities['findClientSessions'] = async ({
  account,
  host,
  port,
}) => {
  const { login } = chooseAccount({ cloud: 'tencent', name: account });
  if (!login) return { seen: `unknown: account ${account} has no login` };
  return openSessions({ host, port, login });
};
