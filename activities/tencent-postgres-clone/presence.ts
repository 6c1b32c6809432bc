import type { Accepted, Mark } from '../../workflows/restore.ts';
import { cloudUnavailable } from '../failures.ts';
import { tagsOf, type Instance } from './instance.ts';
import type { CloneCloud } from './cloud.ts';
import { isGone, isLeaving } from './statuses.ts';

/**
 * All instances of the region, as proof: the rows add up to the total, and an empty list counts only if the
 * source, asked for by id, is gone as well. A list that succeeds and shows nothing proves nothing by itself.
 */
export async function witnessedList(cloud: CloneCloud, source: string): Promise<Instance[]> {
  const list = await cloud.instances();
  if (list.length === 0 && (await cloud.instance(source)) !== undefined)
    throw cloudUnavailable(
      `The list of instances is empty although ${source} exists: it proves nothing. Looking again.`,
      cloud.lookMs,
    );
  return list;
}

/** True only with a witness: the instance is unknown by id *and* missing from a list that can be trusted. */
export async function isAbsent(
  cloud: CloneCloud,
  ask: { instanceId: string; source: string },
): Promise<boolean> {
  const seen = await cloud.instance(ask.instanceId);
  if (seen) return isGone(seen.DBInstanceStatus);
  const list = await witnessedList(cloud, ask.source);
  const listed = list.find(({ DBInstanceId }) => DBInstanceId === ask.instanceId);
  return listed === undefined || isGone(listed.DBInstanceStatus);
}

/** Ours: exactly our name, and our tag with this run's restore id. A name alone is anybody's. */
export function isOurs(instance: Instance, mark: Mark): boolean {
  return (
    instance.DBInstanceName === mark.name && tagsOf(instance)['lifeboat-restore'] === mark.restoreId
  );
}

export function isKept(instance: Instance): boolean {
  return 'lifeboat-kept' in tagsOf(instance);
}

/** What carries our mark in a list, oldest first; what is gone already does not count. */
export function oursAmong(list: Instance[], mark: Mark): Accepted[] {
  return list
    .filter((instance) => isOurs(instance, mark) && !isGone(instance.DBInstanceStatus))
    .sort((a, b) => a.CreateTime.localeCompare(b.CreateTime))
    .map(({ DBInstanceId, DBInstanceStatus }) => ({
      instanceId: DBInstanceId,
      how: 'found',
      alive: !isLeaving(DBInstanceStatus),
      cloud: { DBInstanceId },
    }));
}
