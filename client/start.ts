import type { Client } from '@temporalio/client';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import { restores, type RestoreName } from '../activities/index.ts';
import { durationMs } from '../activities/request.ts';
import { spokenDuration } from '../activities/moments.ts';
import { cliFailure } from './exit.ts';

export interface Started {
  workflowId: string;
  runId: string;
  type: RestoreName;
}

interface Wanted {
  restore: RestoreName;
  request: Record<string, unknown>;
  /** Chosen by the user; else made from source and point, so that people recognise it. */
  workflowId?: string;
}

/**
 * Starts a restore. A second start of a running id is refused with exit code 2: the server would answer with
 * the old run and drop the new input without a word.
 */
export async function startRestore(client: Client, wanted: Wanted): Promise<Started> {
  const parsed = restores[wanted.restore].parse(wanted.request);
  if ('issues' in parsed) throw cliFailure(`InvalidRequest: ${parsed.issues.join('; ')}`);
  const base = idBase(wanted);
  for (let count = 1; ; count += 1) {
    const workflowId = wanted.workflowId ?? `${base}-${count}`;
    try {
      const handle = await client.workflow.start(wanted.restore, {
        taskQueue: 'lifeboat',
        workflowId,
        args: [wanted.request],
        staticSummary: summaryOf(wanted.request),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        workflowIdReusePolicy: wanted.workflowId
          ? WorkflowIdReusePolicy.ALLOW_DUPLICATE
          : WorkflowIdReusePolicy.REJECT_DUPLICATE,
      });
      return { workflowId, runId: handle.firstExecutionRunId, type: wanted.restore };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await refuseIfOpen(client, workflowId);
      if (wanted.workflowId) throw error;
    }
  }
}

/** The same source and point as a restore that is still running: most likely the same hand pressed twice. */
async function refuseIfOpen(client: Client, workflowId: string): Promise<void> {
  const { status, startTime } = await client.workflow.getHandle(workflowId).describe();
  if (status.name !== 'RUNNING') return;
  const age = spokenDuration(Date.now() - startTime.getTime());
  throw cliFailure(
    `${workflowId} is still running (started ${age} ago); nothing was started. Follow it: lifeboat watch ${workflowId}. Really a second one: --id with a name of your own.`,
  );
}

/** `restore/tencent/postgres-6xk2v1qa/20261121T024100`: cloud, source and point, for people. */
function idBase({ restore, request }: Wanted): string {
  const { cloud } = restores[restore];
  return `restore/${cloud}/${String(request['source'])}/${pointLabel(request['from'])}`;
}

function pointLabel(from: unknown): string {
  const { pointInTime, ago, backup } = (from ?? {}) as Record<string, string | number | undefined>;
  if (backup !== undefined) return `backup-${String(backup).slice(0, 8)}`;
  if (pointInTime !== undefined)
    return String(pointInTime).slice(0, 19).replace(/[-:]/g, '').replace(' ', 'T');
  const at = new Date(Date.now() - (durationMs(String(ago)) ?? 0)).toISOString();
  return `${at.slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function summaryOf({ source, from, reason }: Record<string, unknown>): string {
  const { pointInTime, ago, backup } = (from ?? {}) as Record<string, string | undefined>;
  const point = pointInTime ?? (ago ? `${ago} ago` : `backup ${backup}`);
  const why = typeof reason === 'string' ? `: ${reason}` : '';
  return `${String(source)} to ${point}${why}`.slice(0, 180);
}
