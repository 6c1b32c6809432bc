import pc from 'picocolors';
import type { LeftOver, RestoredInstance } from '../workflows/restore.ts';
import { stopwatch } from './moment.ts';
import type { RunView } from './run-view.ts';

/** The last block that people read: what came out, what it costs, what to do next. Empty while it is open. */
export function ending(view: RunView): string[] {
  switch (view.state) {
    case 'Completed':
      return view.result ? restored(view, view.result) : ['done'];
    case 'Cancelled':
      return [`${pc.bold('CANCELLED')}  ${cleaned(view)}`];
    case 'Failed':
      return failed(view);
    case 'Terminated':
    case 'TimedOut':
      return abandoned(view);
    default:
      return [];
  }
}

function restored(view: RunView, result: RestoredInstance): string[] {
  const total = (view.closedAt ?? Date.now()) - view.startedAt;
  const cloud = phaseMs(result, 'wait');
  const { host, port } = result.endpoint;
  const kept = result.kept ? `kept for ${result.kept.by}` : undefined;
  return [
    `${pc.green(pc.bold('RESTORED'))} in ${stopwatch(total)} (Tencent ${stopwatch(cloud)}, Lifeboat ${stopwatch(total - cloud)}). Not verified: no checks were given.`,
    row('is', `${result.instanceId}   ${result.name}   ${host}:${port}`),
    row('from', `${result.restoredFrom.source}, ${result.restoredFrom.text}`),
    row('log in', result.login),
    row('differs', result.differsFromSource.join('; ') || 'in nothing that we know of'),
    ...result.warnings.map((warning) => row('warning', warning)),
    row('money', 'price unknown. If you do nothing it stays and bills.'),
    ...result.leftBehind.flatMap(leftText),
    kept
      ? row('kept', `${kept}: undo, cancel and sweep refuse it`)
      : row('next', nextSteps(view.workflowId, result)),
  ];
}

const nextSteps = (id: string, { instanceId }: RestoredInstance) =>
  `lifeboat keep ${id} --protect   |   lifeboat undo ${id} --instance ${instanceId}`;

function phaseMs(result: RestoredInstance, name: string): number {
  const phase = result.phases.find((record) => record.phase === name);
  return phase?.endedAt ? Date.parse(phase.endedAt) - Date.parse(phase.startedAt) : 0;
}

const row = (label: string, text: string) => `  ${label.padEnd(8)} ${text}`;

function failed(view: RunView): string[] {
  const { message = 'failed', type } = view.failure ?? {};
  if (type === 'LeftBehind') return [...view.left.flatMap(leftText), undoLine(view)];
  if (type === 'InvalidRequest' || /^NOT CREATED/.test(message)) return [pc.red(message)];
  return [`${pc.red(pc.bold('FAILED'))}  ${message}`, row('undo', cleaned(view))];
}

/** Clean is only what the history proves: an undo that ended, or a create that was never accepted. */
function cleaned({ steps, instanceId }: RunView): string {
  const deleted = steps.filter(({ activity, endedAt }) => activity === 'deleteClone' && endedAt);
  const kept = steps.some(({ activity, endedAt }) => activity === 'keepClone' && endedAt);
  if (kept) return `${instanceId ?? 'what was made'} is kept, as asked; it bills`;
  if (deleted.length > 0) return `${instanceId ?? 'what was made'} is gone; nothing is left`;
  return instanceId ? `${instanceId}: no undo is recorded` : 'nothing was made';
}

function leftText({ id, status, since, why, remedy }: LeftOver): string[] {
  const head = `${pc.red(pc.bold('LEFT BEHIND'))}  ${id} ${status}${since ? `, seen ${since.slice(0, 19)}Z` : ''}: ${why}`;
  return [head, ...(remedy.length > 0 ? ['  By hand:', ...remedy.map((line) => `  ${line}`)] : [])];
}

function undoLine({ workflowId, instanceId }: RunView): string {
  return instanceId
    ? `  Once its owner agrees: lifeboat undo ${workflowId} --instance ${instanceId} --destroy`
    : '  Look first, then remove what is there by hand.';
}

function abandoned(view: RunView): string[] {
  const what =
    view.state === 'Terminated' ? 'was terminated: no undo ran' : 'timed out: no undo ran';
  const made = view.steps.some(({ phase }) => phase === 'create');
  if (!made) return [`The run ${what}. Nothing had been created.`];
  return [
    `${pc.red(pc.bold('LEFT BEHIND'))}  the run ${what}. ${view.instanceId ?? view.order?.mark.name ?? 'Its instance'} may exist and bill.`,
    undoLine(view),
  ];
}
