import { Command } from 'commander';
import { WorkflowExecutionAlreadyStartedError, WorkflowIdConflictPolicy } from '@temporalio/client';
import type { UndoResult } from '../../workflows/by-run.ts';
import { outcomeOf, requireWorker } from '../ask-worker.ts';
import { cliFailure, exitCodes } from '../exit.ts';
import { viewRun } from '../run-view.ts';
import { withTemporal } from '../temporal.ts';
import { operator, say, sayJson, typed } from '../terminal.ts';

interface Flags {
  instance?: string;
  destroy?: true;
  acceptUnknownSessions?: true;
  reason?: string;
  json?: true;
}

/** `lifeboat undo <run>`: removes what a finished restore made, or finishes an undo that was left behind. */
export function undoCommand(): Command {
  return new Command('undo')
    .description('Remove what a finished restore made (stops in the recycle bin; repeatable)')
    .argument('<run>', 'workflow id of the restore')
    .option('--instance <id>', 'the instance to remove, instead of typing it')
    .option('--destroy', 'beyond the recycle bin, for good')
    .option('--accept-unknown-sessions', 'although nobody can read whether clients are connected')
    .option('--reason <text>', 'why, for the auditors')
    .option('--json', 'one JSON line')
    .action((run: string, flags: Flags) =>
      withTemporal(async (client) => {
        const view = await viewRun(client, run);
        const instanceId = flags.instance ?? (await askFor(view.instanceId, flags));
        await requireWorker(client);
        const args = {
          run,
          runId: view.runId,
          instanceId,
          by: operator(),
          ...(flags.destroy ? { destroy: true } : {}),
          ...(flags.acceptUnknownSessions ? { acceptUnknownSessions: true } : {}),
          ...(flags.reason ? { reason: flags.reason } : {}),
        };
        const result = await outcomeOf<UndoResult>(
          client.workflow
            .execute('undo', {
              taskQueue: 'lifeboat',
              workflowId: `undo/${run}/${instanceId}`,
              workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
              args: [args],
            })
            .catch((error: unknown) => {
              if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
              throw cliFailure(
                `undo/${run}/${instanceId} is running already: lifeboat status undo/${run}/${instanceId}`,
              );
            }) as Promise<UndoResult>,
          exitCodes.failedAndClean,
        );
        if (flags.json) sayJson(result);
        else say(`${instanceId} is ${result.now}.${remark(result)}`);
      }),
    );
}

async function askFor(instanceId: string | undefined, flags: Flags): Promise<string> {
  if (!instanceId) throw cliFailure('That run made no instance: there is nothing to undo.');
  const end = flags.destroy ? 'for good' : 'into the recycle bin';
  say(`This removes ${instanceId} ${end}. The source is not touched.`);
  if (await typed('Type the instance id:', instanceId)) return instanceId;
  throw cliFailure('That is another id. Nothing was removed.');
}

const remark = ({ now }: UndoResult) =>
  now === 'gone'
    ? ''
    : ' Tencent destroys it there after 3 days; DisIsolateDBInstances brings it back until then.';
