import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';

/**
 * Workflow ids of the other open restores of a source, at most 20; undefined where the namespace cannot
 * tell (search attribute not registered, visibility away). Never a reason to fail.
 */
export async function otherOpenRuns(options: {
  source: string;
  except: string;
  known: string[];
}): Promise<string[] | undefined> {
  if (!options.known.includes('LifeboatSource')) return undefined;
  const query = `LifeboatSource = '${options.source}' AND ExecutionStatus = 'Running'`;
  const ids: string[] = [];
  try {
    for await (const run of Context.current().client.workflow.list({ query, pageSize: 20 })) {
      if (run.workflowId !== options.except) ids.push(run.workflowId);
      if (ids.length === 20) break;
    }
  } catch {
    return undefined;
  }
  return ids;
}

/**
 * How long earlier successful restores of a source took, seconds, newest first, at most 5. Empty where nobody
 * can tell.
 */
export async function earlierSeconds(
  client: Client,
  { source, known }: { source: string; known: string[] },
): Promise<number[]> {
  if (!known.includes('LifeboatSource')) return [];
  const query = `LifeboatSource = '${source}' AND LifeboatOutcome = 'restored'`;
  const seconds: number[] = [];
  try {
    for await (const run of client.workflow.list({ query, pageSize: 5 })) {
      if (run.closeTime) seconds.push((run.closeTime.getTime() - run.startTime.getTime()) / 1000);
      if (seconds.length === 5) break;
    }
  } catch {
    return [];
  }
  return seconds;
}
