import type { Activities } from '../../workflows/tencent-postgres-clone.ts';
import { readFailure } from '../clouds/tencent.ts';
import { errorClass } from '../clouds/tencent-errors.ts';
import { jittered, notReady, preconditionFailed } from '../failures.ts';
import { elapsedMs, remember, remembered } from '../looks.ts';
import { cloneCloud } from './cloud.ts';
import { tagsOf } from './instance.ts';
import { isKept } from './presence.ts';
import { isGone, isLeaving } from './statuses.ts';

/** An instance that was just accepted may be unknown for some seconds; a person waits for this answer. */
const looksAtNothing = 3;

/**
 * Ends our ownership in the cloud itself: the tags `lifeboat-restore` and `lifeboat-owner` give way to
 * `lifeboat-kept`; deletion protection on if asked. One changing call per attempt, repeatable.
 * `PreconditionFailed` if the instance is on its way out already.
 */
export const keepClone: Activities['keepClone'] = async ({ order, instanceId, keeper }) => {
  const cloud = cloneCloud(order);
  const memory = remembered<{ tagged: boolean; replaced: boolean; absent: number }>();
  const clone = await cloud.instance(instanceId);
  if (!clone) {
    const absent = (memory.absent ?? 0) + 1;
    if (absent > looksAtNothing)
      throw preconditionFailed(
        `${instanceId} is not there: gone, or not visible yet. There was nothing to keep`,
      );
    remember({ ...memory, absent });
    throw notReady(`${instanceId} is not visible yet`, jittered(order.timing.lookMs));
  }
  const status = clone.DBInstanceStatus;
  if (isLeaving(status) || isGone(status))
    throw preconditionFailed(
      `${instanceId} is ${status} already: too late to keep. While it is isolated, DisIsolateDBInstances brings it back.`,
    );
  const kept = isKept(clone);
  const ours = Object.keys(order.mark.tags);
  const shown = ours.filter((key) => key in tagsOf(clone));
  if ((!kept && !memory.tagged) || shown.length > 0) {
    const answer = await cloud.replaceTags(instanceId, {
      add: { 'lifeboat-kept': tagValue(keeper.by) },
      remove: shown,
    });
    if ('error' in answer)
      throw readFailure(`tag ${instanceId} as kept`, answer.error, order.timing.lookMs);
    const replaced = kept || shown.length === ours.length;
    if (replaced && !keeper.protect) return;
    remember({ tagged: true, replaced });
    const next = replaced ? 'its protection comes next' : 'its former tags do not show yet';
    throw notReady(`${instanceId} is kept; ${next}`, 1000);
  }
  // A new instance is seen before its tags (tag lag): only what is shown can be taken away.
  if (!kept && !memory.replaced && elapsedMs() < order.timing.settlingMs)
    throw notReady(`${instanceId} is kept; its tags do not show yet`, 1000);
  if (!keeper.protect || clone.DeletionProtection) return;
  const answer = await cloud.setDeletionProtection(instanceId, 'on');
  if ('data' in answer) return;
  if (answer.error.code && errorClass(answer.error.code) === 'state')
    throw notReady(
      `${instanceId} is kept; protection waits while it is ${status}`,
      jittered(order.timing.lookMs),
    );
  throw readFailure(`protect ${instanceId}`, answer.error, order.timing.lookMs);
};

/** Tencent's tag values: letters, digits and + - = . _ : / @ ( ) [ ] and spaces, at most 255 (tag limits). */
function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{N}+\-=._:/@()[\] ]/gu, '_').slice(0, 100);
}
