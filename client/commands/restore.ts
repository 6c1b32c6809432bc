import { Command } from 'commander';
import type { Client } from '@temporalio/client';
import { queueState } from '../queues.ts';
import { askWorker } from '../ask-worker.ts';
import { cliFailure, exitCodes, type ExitCode } from '../exit.ts';
import { planText } from '../plan-text.ts';
import type { RequestRead } from '../request-file.ts';
import { requestFrom, requestOfFile, requestOptions, type RequestFlags } from '../request-flags.ts';
import { startRestore, type Started } from '../start.ts';
import { uiLink, withTemporal } from '../temporal.ts';
import { agreed, isTerminal, say, sayJson } from '../terminal.ts';
import { temporalAddress } from '../../worker/address.ts';
import { exitCodeOf, viewWhenClosed } from '../run-view.ts';
import { watchRun } from '../watch.ts';

interface Flags extends RequestFlags {
  yes?: true;
  detach?: true;
  wait?: true;
  id?: string;
  json?: true;
}

/** `lifeboat plan`: every check of a restore, and no step further. */
export function planCommand(): Command {
  return requestOptions(new Command('plan'))
    .description('Run every check of a restore and stop before the create')
    .action((source: string | undefined, flags: Flags) => {
      const written = requestOfFile({ source, flags });
      return withTemporal(async (client) => {
        const read = written ?? (await requestFrom(client, { source, flags }));
        const plan = await askWorker(client, 'plan', { input: read.request });
        if (flags.json) sayJson(plan);
        else say(...planText(plan, { temporal: place(), now: new Date().toISOString() }));
        if (plan.plan.checks.some(({ ok }) => ok === 'no'))
          process.exitCode = exitCodes.failedAndClean;
      });
    });
}

/** `lifeboat restore`: plans, asks, starts, watches. */
export function restoreCommand(): Command {
  return requestOptions(new Command('restore'))
    .description('Restore a source into a new instance; asks first, then watches')
    .option('-y, --yes', 'do not ask (it asks on a terminal only)')
    .option('--detach', 'start and return')
    .option('--id <workflowId>', 'instead of one made from source and point')
    .action((source: string | undefined, flags: Flags) => {
      const written = requestOfFile({ source, flags });
      return withTemporal(async (client) => {
        const read = written ?? (await requestFrom(client, { source, flags }));
        process.exitCode = await restore(client, read, flags);
      });
    });
}

const place = () => {
  const { address, namespace } = temporalAddress();
  return `${address}/${namespace}`;
};

async function restore(client: Client, read: RequestRead, flags: Flags): Promise<ExitCode> {
  // A script has decided; a person at a terminal is asked.
  const asks = isTerminal() && !flags.yes;
  if (asks && flags.json) throw cliFailure('--json cannot ask: add --yes. Nothing was started.');
  if (asks || (await isServed(client))) {
    const plan = await askWorker(client, 'plan', { input: read.request });
    if (!flags.json) say(...planText(plan, { temporal: place(), now: new Date().toISOString() }));
    const refused = plan.plan.checks.filter(({ ok }) => ok === 'no');
    if (refused.length > 0)
      throw cliFailure(
        `NOT CREATED  ${refused.map(({ name, seen }) => `${name}: ${seen}`).join('; ')}. Nothing was started.`,
        exitCodes.failedAndClean,
      );
  } else if (!flags.json)
    say('No worker polls lifeboat now: it starts when one comes (lifeboat worker).');
  if (asks && !(await agreed('Create it?'))) throw cliFailure('Nothing was started.');
  const started = await startRestore(client, {
    ...read,
    ...(flags.id ? { workflowId: flags.id } : {}),
  });
  return follow(client, started, flags);
}

const isServed = async (client: Client) =>
  (await queueState(client, { name: 'lifeboat', kind: 'workflow' })).pollers > 0;

async function follow(client: Client, started: Started, flags: Flags): Promise<ExitCode> {
  const { workflowId } = started;
  const { namespace } = client.options;
  const ui = uiLink({ namespace, ...started });
  if (flags.json) {
    if (!flags.detach) {
      const view = await viewWhenClosed(client, workflowId);
      sayJson(view);
      return exitCodeOf(view) ?? exitCodes.succeeded;
    }
    sayJson({ ...started, ui });
    return exitCodes.succeeded;
  }
  say(`${workflowId}${ui ? `   ${ui}` : ''}`);
  if (flags.detach) {
    say(`Follow it: lifeboat watch ${workflowId}   Undo: lifeboat cancel ${workflowId}`);
    return exitCodes.succeeded;
  }
  if (isTerminal())
    say(
      `You may press Ctrl-C: it only stops watching, the restore goes on. Undo: lifeboat cancel.  Keep whatever comes: lifeboat keep.`,
    );
  return watchRun(client, workflowId);
}
