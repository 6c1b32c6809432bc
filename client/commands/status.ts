import { Command } from 'commander';
import type { Client } from '@temporalio/client';
import { exitCodes } from '../exit.ts';
import { ending } from '../run-end.ts';
import { present, story } from '../run-story.ts';
import { exitCodeOf, viewRun, viewWhenClosed, type RunView } from '../run-view.ts';
import { uiLink, withTemporal } from '../temporal.ts';
import { say, sayJson } from '../terminal.ts';
import { watchRun } from '../watch.ts';
import { spokenDuration } from '../../activities/moments.ts';

const runArgument = ['<run>', 'workflow id, as restore and list print it'] as const;

/** `lifeboat status <run>`: what it is doing and why it waits. Needs Temporal, and no worker. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Say what a run is doing and why it is waiting (needs no worker)')
    .argument(...runArgument)
    .option('--json', 'one JSON line')
    .action((run: string, options: { json?: true }) =>
      withTemporal(async (client) => {
        const view = await viewRun(client, run);
        const doing = present(view, Date.now());
        const outlook = await outlookOf(client, view);
        if (options.json) return sayJson({ ...view, doing, ifYouDoNothing: outlook });
        say(...headOf(client, view), ...story(view));
        if (doing) say(`now      ${doing.phase}: ${doing.text}`);
        say(...ending(view));
        if (outlook) say(`If you do nothing: ${outlook}.`);
      }),
    );
}

function headOf(client: Client, view: RunView): string[] {
  const { order, state, workflowId, runId } = view;
  const age = spokenDuration((view.closedAt ?? Date.now()) - view.startedAt);
  const ui = uiLink({ namespace: client.options.namespace, workflowId, runId });
  return [
    `${workflowId}  ${state}, ${age}${ui ? `   ${ui}` : ''}`,
    ...(order
      ? [
          `${order.request.source} → ${order.mark.name}   account ${order.account} ${order.region}${order.request.reason ? `   ${order.request.reason}` : ''}`,
        ]
      : []),
    ...(order && order.timeScale !== 1
      ? [`time runs ${order.timeScale} times faster than a real cloud's (LIFEBOAT_TIME_SCALE)`]
      : []),
  ];
}

const queryWithinMs = 2000;

/** From the run itself if a worker answers at once, else from what its history says. */
async function outlookOf(client: Client, view: RunView): Promise<string> {
  if (view.state === 'Running' && !view.stalled)
    try {
      const asked = client.workflow
        .getHandle(view.workflowId)
        .query<{ ifYouDoNothing: string }>('status');
      const answer = await client.connection.withDeadline(Date.now() + queryWithinMs, () => asked);
      return answer.ifYouDoNothing;
    } catch {
      // no worker answered in time: the history is enough
    }
  if (view.state === 'Running')
    return view.stalled
      ? 'it waits; what the cloud already works on goes on'
      : 'it goes on by itself; if it fails, what it made is undone or named';
  const { result, state } = view;
  if (result) return `${result.instanceId} stays, is yours, and bills`;
  if (state === 'Terminated' || state === 'TimedOut' || view.left.length > 0)
    return 'what is left stays and bills';
  return 'nothing happens: it is over';
}

/** `lifeboat watch <run>`: follows it to its end. */
export function watchCommand(): Command {
  return new Command('watch')
    .description('Follow a run until it ends; Ctrl-C stops the watching only')
    .argument(...runArgument)
    .option('--json', 'wait, then one JSON line')
    .action((run: string, options: { json?: true }) =>
      withTemporal(async (client) => {
        if (!options.json) {
          process.exitCode = await watchRun(client, run);
          return;
        }
        await viewRun(client, run);
        const view = await viewWhenClosed(client, run);
        sayJson(view);
        process.exitCode = exitCodeOf(view) ?? exitCodes.succeeded;
      }),
    );
}
