import type { Client } from '@temporalio/client';
import pc from 'picocolors';
import { spokenMoment } from '../../activities/moments.ts';
import { cloneCloud } from '../../activities/tencent-postgres-clone/cloud.ts';
import { openEndpoint } from '../../activities/tencent-postgres-clone/instance.ts';
import type { UndoResult } from '../../workflows/by-run.ts';
import type { RestoredInstance } from '../../workflows/restore.ts';
import type { Stack } from '../dev/stack.ts';
import { outcomeOf } from '../ask-worker.ts';
import { cliFailure, exitCodes } from '../exit.ts';
import { startRestore } from '../start.ts';
import { viewRun } from '../run-view.ts';
import { table } from '../table.ts';
import { uiLink, withTemporal } from '../temporal.ts';
import { say } from '../terminal.ts';
import { watchRun } from '../watch.ts';
import { engineBehind } from './inventory.ts';
import { emptyOrders, rowsCommittedUpTo, rowsIn, type Rows } from './rows.ts';

/** One entry of the demo's JSON line. */
export interface DemoEntry {
  type: string;
  outcome: 'succeeded' | 'failed';
  instanceId: string;
  engineActual: string;
  rowsAtTarget: number;
  rowsInClone: number;
  seconds: number;
}

export interface DemoRestore {
  workflowId: string;
  json: DemoEntry;
}

const source = 'postgres-6xk2v1qa';
const timeZone = '+08:00';
const shown = (date: Date) => spokenMoment(date.toISOString(), timeZone);

/** The story: all orders are deleted at one second; a clone is taken at the second before. */
export function clonePostgres(stack: Stack, options: { undo: boolean }): Promise<DemoRestore> {
  return withTemporal(async (client) => {
    const endpoint = await sourceEndpoint();
    const target = await nextSecond();
    const atTarget = await rowsCommittedUpTo(endpoint, target);
    say(
      `${shown(target)}  orders has ${atTarget.count} rows, the newest of ${atTarget.newest} UTC`,
    );
    await until(target.getTime() + 1000);
    const lost = await emptyOrders(endpoint);
    say(
      `${shown(new Date())}  ${pc.red(`a migration deletes all ${lost} of them`)}`,
      `Restoring ${source} to ${shown(target)}, the second before.`,
      '',
    );
    const began = performance.now();
    const { workflowId, runId } = await startRestore(client, {
      restore: 'tencentPostgresClone',
      request: {
        source,
        from: { pointInTime: shown(target) },
        name: 'orders-demo',
        reason: 'demo: a migration emptied orders',
      },
    });
    say(`${workflowId}   ${uiLink({ namespace: stack.namespace, workflowId, runId })}`);
    const code = await watchRun(client, workflowId);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const { result } = await viewRun(client, workflowId);
    if (code !== exitCodes.succeeded || !result)
      throw cliFailure(
        `The restore did not succeed (exit code ${code}).`,
        exitCodes.failedAndClean,
      );
    say(...checksTable(result));
    const inClone = await rowsIn(result.endpoint);
    const equal = inClone.count === atTarget.count && inClone.newest === atTarget.newest;
    say(...proof({ atTarget, inClone, now: await rowsIn(endpoint), equal, target }));
    const engineActual = await engineBehind(stack.emulatorUrl, result.instanceId);
    say(`Behind the emulated instance really runs ${engineActual}.`);
    if (options.undo) await undo(client, { workflowId, instanceId: result.instanceId });
    return {
      workflowId,
      json: {
        type: 'tencentPostgresClone',
        outcome: equal ? 'succeeded' : 'failed',
        instanceId: result.instanceId,
        engineActual,
        rowsAtTarget: atTarget.count,
        rowsInClone: inClone.count,
        seconds,
      },
    };
  });
}

async function sourceEndpoint() {
  const timing = { requestMs: 5000, lookMs: 1000 };
  const where = { account: 'tencent-emulator', region: 'ap-guangzhou', timing };
  const instance = await cloneCloud(where).instance(source);
  const endpoint = instance && openEndpoint(instance);
  if (!endpoint) throw cliFailure(`${source} has no open endpoint.`, exitCodes.failedAndClean);
  return endpoint;
}

/** The API takes whole seconds: waits for the next one, and a moment more so that it is past. */
async function nextSecond(): Promise<Date> {
  const second = Math.ceil(Date.now() / 1000) * 1000;
  await until(second + 200);
  return new Date(second);
}

const until = (time: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, time - Date.now())));

function checksTable({ checks }: RestoredInstance): string[] {
  const rows = checks.map(({ ok, name, expected, seen }) => [ok, name, expected, seen]);
  return ['', table(['', 'check', 'expected', 'seen'], rows)];
}

function proof(found: {
  atTarget: Rows;
  inClone: Rows;
  now: Rows;
  equal: boolean;
  target: Date;
}): string[] {
  const { atTarget, inClone, now, equal, target } = found;
  const row = (name: string, { count, newest }: Rows) => [name, String(count), newest ?? 'none'];
  return [
    '',
    table(
      ['orders', 'rows', 'newest row (UTC)'],
      [row(`source at ${shown(target)}`, atTarget), row('clone', inClone), row('source now', now)],
    ),
    equal
      ? pc.green('The clone holds exactly what was committed up to that second.')
      : pc.red('The clone differs from the source at that second.'),
  ];
}

async function undo(
  client: Client,
  made: { workflowId: string; instanceId: string },
): Promise<void> {
  const began = performance.now();
  say('', `Undoing: deleting ${made.instanceId} for good.`);
  const result = await outcomeOf<UndoResult>(
    client.workflow.execute('undo', {
      taskQueue: 'lifeboat',
      workflowId: `undo/${made.workflowId}`,
      args: [{ run: made.workflowId, instanceId: made.instanceId, destroy: true, by: 'demo' }],
    }) as Promise<UndoResult>,
    exitCodes.failedAndClean,
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  say(`${made.instanceId} is ${result.now} after ${seconds} s; nothing is left.`);
}
