import { Command } from 'commander';
import type { Client } from '@temporalio/client';
import { spokenDuration } from '../../activities/moments.ts';
import { cliFailure, exitCodes, type ExitCode } from '../exit.ts';
import { exitCodeOf, viewRun, viewWhenClosed, type RunView } from '../run-view.ts';
import { withTemporal } from '../temporal.ts';
import { agreed, say, sayJson, typed } from '../terminal.ts';
import { watchRun } from '../watch.ts';

interface Flags {
  instance?: string;
  yes?: true;
  detach?: true;
  json?: true;
}

/** `lifeboat cancel <run>`: stops a restore and undoes what it made, after saying what that is. */
export function cancelCommand(): Command {
  return new Command('cancel')
    .description('Cancel a running restore and undo what it made')
    .argument('<run>', 'workflow id')
    .option('--instance <id>', 'the instance that will be destroyed, instead of typing it')
    .option('-y, --yes', 'destroy whatever it has made, without asking')
    .option('--detach', 'do not watch the undo')
    .option('--json', 'one JSON line')
    .action((run: string, flags: Flags) =>
      withTemporal(async (client) => {
        process.exitCode = await cancel(client, await viewRun(client, run), flags);
      }),
    );
}

async function cancel(client: Client, view: RunView, flags: Flags): Promise<ExitCode> {
  const { workflowId } = view;
  if (view.state !== 'Running')
    throw cliFailure(
      `${workflowId} is ${view.state} already; nothing was cancelled.${view.instanceId ? ` To remove what it made: lifeboat undo ${workflowId} --instance ${view.instanceId}` : ''}`,
    );
  await confirmed(view, flags);
  await client.workflow.getHandle(workflowId).cancel();
  if (flags.json) {
    const after = await (flags.detach ? viewRun : viewWhenClosed)(client, workflowId);
    sayJson(after);
    return exitCodeOf(after) ?? exitCodes.succeeded;
  }
  say(`Cancel requested; ${view.instanceId ?? 'what it made'} is being undone.`);
  return flags.detach ? exitCodes.succeeded : watchRun(client, workflowId);
}

async function confirmed(view: RunView, flags: Flags): Promise<void> {
  const { instanceId } = view;
  if (flags.instance !== undefined && flags.instance !== instanceId)
    throw cliFailure(
      `${view.workflowId} made ${instanceId ?? 'nothing yet'}, not ${flags.instance}; nothing was cancelled.`,
    );
  if (flags.yes || (instanceId && flags.instance === instanceId)) return;
  if (!instanceId) {
    const made = view.steps.some(({ phase }) => phase === 'create')
      ? 'A create is on its way: what it makes will be destroyed.'
      : 'Nothing has been made yet.';
    if (await agreed(`${made} Cancel ${view.workflowId}?`)) return;
    throw cliFailure('Nothing was cancelled.');
  }
  const age = spokenDuration(Date.now() - view.startedAt);
  say(
    `This destroys ${instanceId} (${view.pending?.phase ?? 'running'}, ${age}, price unknown). The source is not touched. To stop but keep it: lifeboat keep.`,
  );
  if (await typed('Type the instance id:', instanceId)) return;
  throw cliFailure('That is another id. Nothing was cancelled.');
}
