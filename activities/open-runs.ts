import { Context } from '@temporalio/activity';

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
