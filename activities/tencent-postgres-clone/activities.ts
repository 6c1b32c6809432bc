import type { Activities, CloneOrder, ClonePlan } from '../../workflows/tencent-postgres-clone.ts';
import { jittered, notReady, preconditionFailed } from '../failures.ts';
import { attemptTime, elapsedMs, remember, remembered } from '../looks.ts';
import { spokenDuration, spokenMoment } from '../moments.ts';
import { findOpenPort } from '../open-port.ts';
import { registeredSearchAttributes } from '../search-attributes.ts';
import { inspectClone } from './checks.ts';
import { cloneCloud } from './cloud.ts';
import { createClone, findClones, waitForCloneOrder } from './create.ts';
import { keepClone } from './keep.ts';
import { orderFrom } from './order.ts';
import { cloneInquiries } from './inquiries.ts';
import { checkCloneRemovable, deleteClone } from './undo.ts';
import { waitForClone } from './wait.ts';

/** Parses the request with the client's own schema and pins account, region, name and tags for the run. */
const checkCloneRequest: Activities['checkCloneRequest'] = async ({ input, run }) =>
  orderFrom(input, run, await registeredSearchAttributes());

/**
 * Proves every precondition. One that won't come true fails at once; one that passes by itself is waited
 * for until the check's deadline, saying what is seen.
 */
const checkCloneSource: Activities['checkCloneSource'] = async ({ order, earlier }) => {
  const memory = remembered<CheckMemory>();
  const plan = await inspectClone(cloneCloud(order), order, earlier ?? memory.plan);
  const { no, wait } = { no: failing(plan, 'no'), wait: failing(plan, 'wait') };
  if (no.length > 0)
    throw preconditionFailed(`NOT CREATED  ${no.join('; ')}. Nothing was made.`, {
      checks: plan.checks.filter(({ ok }) => ok === 'no'),
    });
  if (wait.length === 0) return plan;
  const first = firstLook(plan, memory);
  if (JSON.stringify(first) !== JSON.stringify(memory)) remember(first);
  const moved = movement(plan, first, order.timeZone);
  throw notReady(`${wait.join('; ')}.${moved} ${patienceOf(order)}`, jittered(order.timing.lookMs));
};

interface CheckMemory {
  /** What `latest` meant at the first look stays. */
  plan?: ClonePlan;
  /** Where the recovery window ended at the first look, and when that was (server time, ms). */
  window?: { end: string; at: number };
}

function firstLook(plan: ClonePlan, memory: CheckMemory): CheckMemory {
  const pinned =
    memory.plan ?? (plan.point.backup ? { ...plan, checks: [], parameters: {} } : undefined);
  const window =
    memory.window ?? (plan.windowEnd ? { end: plan.windowEnd, at: attemptTime() } : undefined);
  return { ...(pinned ? { plan: pinned } : {}), ...(window ? { window } : {}) };
}

/** How far the window's end has come since the first look, so that people can tell whether waiting helps. */
function movement(plan: ClonePlan, { window }: CheckMemory, timeZone: string): string {
  if (!window || !plan.windowEnd || window.end === plan.windowEnd) return '';
  const ago = spokenDuration(attemptTime() - window.at);
  return ` (The end was ${spokenMoment(window.end, timeZone)} ${ago} ago.)`;
}

function failing({ checks }: ClonePlan, ok: 'no' | 'wait'): string[] {
  return checks
    .filter((check) => check.ok === ok)
    .map(({ name, expected, seen }) => `${name}: ${seen} (expected: ${expected})`);
}

function patienceOf({ deadlines, timing }: CloneOrder): string {
  const until = new Date(attemptTime() - elapsedMs() + deadlines.checkMs).toISOString();
  return `Looking every ${spokenDuration(Math.max(1000, timing.lookMs))} until ${until.slice(0, 19)}Z`;
}

/** Everything that a worker serves for this restore: its own activities, and those of the workflows around it. */
export const activities = {
  checkCloneRequest,
  checkCloneSource,
  createClone,
  findClones,
  waitForCloneOrder,
  waitForClone,
  findOpenPort,
  deleteClone,
  keepClone,
  checkCloneRemovable,
  ...cloneInquiries,
} satisfies Activities & Record<string, unknown>;
