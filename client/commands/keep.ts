import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Client } from '@temporalio/client';
import { outcomeOf, requireWorker } from '../ask-worker.ts';
import { cliFailure, exitCodes } from '../exit.ts';
import { viewRun } from '../run-view.ts';
import { withTemporal } from '../temporal.ts';
import { operator, say, sayJson } from '../terminal.ts';

interface Flags {
  by?: string;
  reason?: string;
  protect?: true;
  json?: true;
}

const updateWithinMs = 60_000;

/** `lifeboat keep <run>`: the instance belongs to you from now on; nothing of ours deletes it any more. */
export function keepCommand(): Command {
  return new Command('keep')
    .description('Take over what a restore makes or made; nothing of ours deletes it any more')
    .argument('<run>', 'workflow id')
    .option('--by <name>', 'who takes it (default: you)')
    .option('--reason <text>', 'why, for the auditors')
    .option('--protect', 'switch deletion protection on')
    .option('--json', 'one JSON line')
    .action((run: string, flags: Flags) =>
      withTemporal(async (client) => {
        const view = await viewRun(client, run);
        const by = flags.by ?? operator();
        const { reason, protect } = flags;
        const keeper = { by, ...(reason ? { reason } : {}), ...(protect ? { protect } : {}) };
        if (view.state === 'Running') await requireWorker(client);
        const text =
          view.state === 'Running'
            ? await updated(client, run, keeper)
            : await keptLater(client, { run, ...keeper });
        if (flags.json) sayJson({ run, kept: keeper, text });
        else say(`KEPT  ${text}.`);
      }),
    );
}

async function updated(client: Client, run: string, keeper: object): Promise<string> {
  const handle = client.workflow.getHandle(run);
  try {
    return await client.connection.withDeadline(Date.now() + updateWithinMs, () =>
      handle.executeUpdate<string, [object]>('keep', { args: [keeper] }),
    );
  } catch (error) {
    const cause = (error as { cause?: { message?: string } }).cause;
    throw cliFailure(
      `NOT KEPT  ${cause?.message ?? (error as Error).message}`,
      exitCodes.failedAndClean,
    );
  }
}

async function keptLater(client: Client, request: { run: string; by: string }): Promise<string> {
  await requireWorker(client);
  const done = await outcomeOf(
    client.workflow.execute('keep', {
      taskQueue: 'lifeboat',
      workflowId: `keep/${request.run}/${randomUUID().slice(0, 8)}`,
      args: [request],
    }) as Promise<{ instanceIds: string[] }>,
    exitCodes.failedAndClean,
  );
  return `${done.instanceIds.join(', ')} is kept for ${request.by}; undo, cancel and sweep refuse it`;
}
