import pc from 'picocolors';
import { spokenDuration } from '../activities/moments.ts';
import type { Accepted, LeftOver } from '../workflows/restore.ts';
import type { ClonePlan, RunningClone } from '../workflows/tencent-postgres-clone.ts';
import { clockTime } from './moment.ts';
import type { Pending, RunView } from './run-view.ts';

type Step = RunView['steps'][number];

const zoneOf = (view: RunView) => view.order?.timeZone ?? '+00:00';

/** One line of the log: `03:14:24 create  accepted postgres-x`. */
export function logLine(view: RunView, line: { at: number; phase: string; text: string }): string {
  return `${pc.dim(clockTime(line.at, zoneOf(view)))} ${pc.bold(line.phase.padEnd(7))} ${line.text}`;
}

/** What has happened so far, one line per step that ended. */
export function story(view: RunView): string[] {
  return view.steps.flatMap((step) => {
    const text = step.endedAt === undefined ? undefined : stepText(step);
    return text ? [logLine(view, { at: step.endedAt!, phase: step.phase, text })] : [];
  });
}

function stepText(step: Step): string | undefined {
  if (step.failure === 'cancelled') return undefined;
  switch (step.activity) {
    case 'checkCloneSource':
      return step.failure ? undefined : checksText(step.result as ClonePlan);
    case 'createClone':
      return step.failure ? lostText(step.failure) : createText(step.result as Accepted);
    case 'findClones':
      return findText(step);
    case 'waitForCloneOrder':
      return `the order names ${String(step.result)}`;
    case 'waitForClone':
      return step.failure ?? waitText(step.result as RunningClone);
    case 'findOpenPort':
      return reachText(step.result as { ok: boolean; seen: string } | undefined);
    case 'deleteClone':
      return step.failure ?? deleteText(step);
    case 'keepClone':
      return step.failure ?? `${step.summary ?? 'kept'}: nothing of ours deletes it any more`;
    default:
      return undefined;
  }
}

function checksText({ checks }: ClonePlan): string {
  const warnings = checks.filter(({ ok }) => ok === 'warn');
  const ok = `${checks.length - warnings.length} ok`;
  if (warnings.length === 0) return ok;
  const count = `${warnings.length} warning${warnings.length > 1 ? 's' : ''}`;
  return `${ok}, ${count}: ${warnings.map(({ name, seen }) => `${name} ${seen}`).join('; ')}`;
}

function createText({ how, instanceId, requestId, cloud }: Accepted): string {
  if (how === 'found') return `found ${instanceId} by name and tag: ours, going on with it`;
  const named = instanceId ?? 'an order without an instance yet (prepaid)';
  return `accepted ${named}   deal ${String(cloud['DealName'])}   request ${requestId}`;
}

/** A worker that died in the middle says nothing; what it sent may have arrived all the same. */
function lostText(failure: string): string {
  return /^Activity task timed out/.test(failure)
    ? 'the worker that sent it fell silent: it may exist; it is not sent again'
    : failure;
}

function findText({ result, failure }: Step): string | undefined {
  if (failure) return undefined; // a deadline of looks that found nothing; the last look says so
  const found = (result as Accepted[] | undefined) ?? [];
  return found.length === 0
    ? 'looked for the settling time: nothing of this run exists'
    : `found ${found.map(({ instanceId }) => instanceId).join(', ')}, ours by name and tag`;
}

function waitText({ endpoint }: RunningClone): string {
  return `running (seen twice), ${endpoint.host}:${endpoint.port} open`;
}

function reachText(reached: { ok: boolean; seen: string } | undefined): string {
  if (!reached) return 'not reachable from the verify worker: it may stand outside the network';
  return reached.ok
    ? `${reached.seen} from the verify worker`
    : `not reachable from the verify worker (${reached.seen}); the restore is none the worse for it`;
}

function deleteText({ result, summary }: Step): string {
  const left = (result as LeftOver[] | undefined) ?? [];
  const what = summary?.replace(/^delete /, '') ?? 'it';
  return left.length === 0
    ? `${what} is gone (seen twice)`
    : `left: ${left.map(({ why }) => why).join('; ')}`;
}

/** What it is doing now and why it waits, as one line without a time; undefined once it is closed. */
export function present(view: RunView, now: number): { phase: string; text: string } | undefined {
  if (view.state !== 'Running') return undefined;
  const { pending, stalled, stuck } = view;
  const phase = pending?.phase ?? 'check';
  if (stuck) return { phase, text: pc.red(`stuck: ${stuck}`) };
  if (stalled) return { phase, text: pc.yellow(stalledText(view, now)) };
  if (!pending) return undefined; // between two steps
  return {
    phase,
    text: [pendingText(pending, now), lateText(view, now)].filter(Boolean).join('; '),
  };
}

/** How long it usually takes, and once it is later than ever: that there is nothing to do, and what to tell Tencent. */
function lateText({ pending, usualMs, steps, instanceId }: RunView, now: number): string {
  if (pending?.phase !== 'wait' || !usualMs || !pending.scheduledAt) return '';
  const usual = `usually ${spokenDuration(usualMs.least)} … ${spokenDuration(usualMs.most)}`;
  if (now - pending.scheduledAt < usualMs.most) return usual;
  const { cloud, requestId } = (steps.find(({ activity }) => activity === 'createClone')?.result ??
    {}) as Partial<Accepted>;
  return `late (${usual}). Nothing to do here; ticket text for Tencent: deal ${String(cloud?.['DealName'])}, request ${requestId}, instance ${instanceId}`;
}

function stalledText({ stalled, instanceId, order }: RunView, now: number): string {
  const { name, frozen, lastPoller } = stalled!;
  if (frozen)
    return `queue ${name} is frozen (rate limit 0). Thaw it: temporal task-queue config set --task-queue ${name} --task-queue-type activity --queue-rps-limit default`;
  const since = lastPoller
    ? ` for ${spokenDuration(now - lastPoller.at)}, since ${clockTime(lastPoller.at, order?.timeZone ?? '+00:00')} (last: ${lastPoller.identity})`
    : '';
  const cloud = instanceId
    ? `${instanceId} goes on in the cloud, nothing is lost`
    : 'Nothing is lost';
  return `nobody polls ${name}${since}. ${cloud}. Start one: lifeboat worker`;
}

function pendingText(pending: Pending, now: number): string {
  const seen = pending.seen ?? firstLook[pending.phase];
  if (pending.state === 'paused')
    return pc.yellow(
      `paused${pending.pausedBy ? ` by ${pending.pausedBy}` : ''}; ${seen}. Go on: temporal activity unpause`,
    );
  const looked = pending.lastLookAt ? `looked ${spokenDuration(now - pending.lastLookAt)} ago` : '';
  const next =
    pending.state === 'backing off'
      ? `next in ${spokenDuration((pending.nextLookAt ?? now) - now)}`
      : pending.state === 'running' && pending.startedAt
        ? `asking for ${spokenDuration(now - pending.startedAt)}`
        : '';
  return [seen, looked, next].filter(Boolean).join('; ').replace('; next', ', next');
}

const firstLook = {
  check: 'proving the preconditions',
  create: 'asking for the instance',
  wait: 'waiting for the instance to run',
  reach: 'opening a connection',
  undo: 'deleting what was made',
  keep: 'handing over',
} as const;

/** The same text without when it looked: that belongs on a live line, not in a log. */
export function withoutLooks(text: string): string {
  return text.replace(/; (looked|asking|next|usually) .*$/, '');
}

/** The same text without anything that only time changes, so that a log has one line per change. */
export function withoutTimes(text: string): string {
  return withoutLooks(text)
    .replace(/,? (for )?\d+ (s|min|h)( \d+ min)?( ago)?\b/g, '')
    .replace(/\d\d:\d\d:\d\d|\d+×/g, '');
}
