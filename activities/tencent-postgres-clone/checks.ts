import type { Check } from '../../workflows/restore.ts';
import type { CloneOrder, ClonePlan } from '../../workflows/tencent-postgres-clone.ts';
import { otherOpenRuns } from '../open-runs.ts';
import type { CloneCloud } from './cloud.ts';
import type { Instance } from './instance.ts';
import { findPoint } from './point.ts';
import { isDegraded, isGone, isLeaving, statuses } from './statuses.ts';
import { findTarget } from './target.ts';

/**
 * Reads all that a clone depends on and proves every precondition by a named read call. Changes nothing,
 * waits for nothing: the caller decides what `no` and `wait` mean. `plan` runs exactly this.
 */
export async function inspectClone(
  cloud: CloneCloud,
  order: CloneOrder,
  earlier?: ClonePlan,
): Promise<ClonePlan> {
  const { request, mark } = order;
  const source = await cloud.instance(request.source);
  const alive = source !== undefined && !isGone(source.DBInstanceStatus);
  const sourceCheck = judgeSource(request, source);
  if (sourceCheck.ok === 'no' || sourceCheck.ok === 'wait')
    return planOf(order, source, [sourceCheck], earlier?.point);
  const found = await findPoint(cloud, order, earlier?.point);
  const checks = [sourceCheck, found.check];
  // Tencent answers what a clone needs only for points that it can restore now.
  if (found.check.ok !== 'yes') {
    const { windowEnd } = found;
    const plan = planOf(order, source, checks, found.point);
    return windowEnd ? { ...plan, windowEnd } : plan;
  }
  const target = await findTarget({
    cloud,
    order,
    source: alive ? source : undefined,
    point: found.parameters,
  });
  const parameters = {
    ...request.unchecked,
    ...target.fields,
    DBInstanceId: request.source,
    Name: mark.name,
    TagList: [
      ...(target.fields.TagList ?? []),
      ...Object.entries(mark.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    ],
    ...found.parameters,
  };
  checks.push(...target.checks, balance, await openRuns(order), ...unchecked(request.unchecked));
  return { ...planOf(order, source, checks, found.point), parameters };
}

function planOf(
  order: CloneOrder,
  source: Instance | undefined,
  checks: Check[],
  point: ClonePlan['point'] = { text: 'not looked up' },
): ClonePlan {
  return {
    checks,
    parameters: {},
    point,
    source: {
      id: order.request.source,
      name: source?.DBInstanceName ?? '',
      status: source?.DBInstanceStatus ?? 'gone',
      version: source?.DBVersion ?? '',
      kernel: source?.DBKernelVersion ?? '',
    },
    warnings: checks.filter(({ ok }) => ok === 'warn').map(({ name, seen }) => `${name}: ${seen}`),
  };
}

/** The source must be running (console guide). A busy one waits; a sick or missing one is named with its remedy. */
function judgeSource(request: CloneOrder['request'], source: Instance | undefined): Check {
  const base = { name: 'source', expected: statuses.ready };
  const id = request.source;
  if (!source || isGone(source.DBInstanceStatus)) {
    // A destroyed instance's surviving backup can be cloned (document 409/72099, major version 11 or later).
    if (request.from.backup)
      return { ...base, seen: `${id} is gone; its surviving backups are tried`, ok: 'warn' };
    const seen = `${id} does not exist in this region. Destroyed? Then give from.backup and a complete target; a point in time needs a living source`;
    return { ...base, seen, ok: 'no' };
  }
  const status = source.DBInstanceStatus;
  if (status === statuses.ready) return { ...base, seen: `${id} is running`, ok: 'yes' };
  if (isLeaving(status)) {
    const seen = `${id} is ${status}. DisIsolateDBInstances brings it back while it is in the recycle bin; then run this again`;
    return { ...base, seen, ok: 'no' };
  }
  if (isDegraded(status)) {
    const seen = `${id} is ${status}. Tencent clones running sources only: see to its disk or limits first`;
    return { ...base, seen, ok: 'no' };
  }
  return { ...base, seen: `${id} is ${status}`, ok: 'wait' };
}

/** Tencent PostgreSQL has no call that reads the balance; it is refused at the create if it is too low. */
const balance: Check = {
  name: 'balance',
  expected: 'above 0, identity verified, right to pay',
  seen: 'not readable by this API; a refusal creates nothing',
  ok: 'warn',
};

async function openRuns(order: CloneOrder): Promise<Check> {
  const others = await otherOpenRuns({
    source: order.request.source,
    except: order.mark.owner,
    known: order.searchAttributes,
  });
  const base = { name: 'other restores', expected: 'none open on this source' };
  if (others === undefined) return { ...base, seen: 'not readable', ok: 'warn' };
  return others.length === 0
    ? { ...base, seen: 'none', ok: 'yes' }
    : { ...base, seen: others.join(', '), ok: 'warn' };
}

function unchecked(fields: Record<string, unknown> | undefined): Check[] {
  const names = Object.keys(fields ?? {});
  if (names.length === 0) return [];
  const seen = `${names.join(', ')} passed on as given`;
  return [{ name: 'unchecked', expected: 'fields of the API document', seen, ok: 'warn' }];
}
