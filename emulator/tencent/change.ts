import { z } from 'zod';
import { type Call, refusal } from '../cloud.ts';
import { action } from './action.ts';
import { type Instance, statusOf } from './instance.ts';
import { begin, isolationStages, offliningStages, returnStages } from './lifecycle.ts';
import { checkNewName } from './names.ts';
import { fields, flag, text, texts, whole } from './parameters.ts';
import { invalidValue, statusLimit, statusLimitOp } from './refusals.ts';
import { instanceById, nextLabel, type TencentContext } from './state.ts';

const drawFor =
  (context: TencentContext, label: string) => (range: readonly [number, number], what: string) =>
    context.random.whole(range, `${label} ${what}`);

function checkUnprotected(context: TencentContext, instance: Instance): void {
  if (!instance.deletionProtection) return;
  throw refusal(
    context.assumptions.protectedCode,
    `Deletion protection of instance ${instance.id} is on.`,
  );
}

/** An id that is named twice counts once. ASSUMPTION: no page says so. */
const distinct = (ids: readonly string[]) => [...new Set(ids)];
const single = (ids: readonly string[]) => distinct(ids).join(',');

function setOf(context: TencentContext, call: Call, ids: readonly string[]): Instance[] {
  if (ids.length === 0) throw invalidValue('`DBInstanceIdSet` must not be empty.');
  return distinct(ids).map((id) => instanceById(context, call, id));
}

/** Asynchronous: isolating, then isolated. Only a running instance goes (Terraform's provider waits for it, 2026-08). */
export const isolateDBInstances = action({
  kind: 'delete',
  perSecond: 100,
  parameters: fields({ DBInstanceIdSet: texts }),
  subject: ({ DBInstanceIdSet }) => ({ resourceId: single(DBInstanceIdSet) }),
  perform: (context, call, { DBInstanceIdSet }) => {
    const instances = setOf(context, call, DBInstanceIdSet);
    for (const instance of instances) {
      if (statusOf(instance) !== 'running') throw statusLimit(instance.id, statusOf(instance));
      checkUnprotected(context, instance);
    }
    const state = context.stateOf(call.account);
    for (const instance of instances)
      begin(context, state, instance, isolationStages(drawFor(context, nextLabel(state))));
    return { ...aboutAll(instances), answer: {} };
  },
});

const aboutAll = (instances: readonly Instance[]) => ({
  name: instances.map(({ name }) => name).join(','),
  tags: Object.fromEntries(instances.flatMap(({ tags }) => Object.entries(tags))),
});

/** Back out of the recycle bin. */
export const disIsolateDBInstances = action({
  kind: 'change',
  perSecond: 100,
  parameters: fields({
    DBInstanceIdSet: texts,
    Period: whole.optional(),
    AutoVoucher: flag.optional(), // a boolean here, a number in CloneDBInstance
    VoucherIds: z.array(text).optional(),
  }),
  subject: ({ DBInstanceIdSet }) => ({ resourceId: single(DBInstanceIdSet) }),
  perform: (context, call, { DBInstanceIdSet }) => {
    const instances = setOf(context, call, DBInstanceIdSet);
    for (const instance of instances)
      if (statusOf(instance) !== 'isolated') throw statusLimit(instance.id, statusOf(instance));
    const state = context.stateOf(call.account);
    for (const instance of instances)
      begin(context, state, instance, returnStages(drawFor(context, nextLabel(state))));
    return { ...aboutAll(instances), answer: {} };
  },
});

/** For good; accepted from the recycle bin only. */
export const destroyDBInstance = action({
  kind: 'delete',
  perSecond: 50,
  parameters: fields({ DBInstanceId: text }),
  perform: (context, call, { DBInstanceId }) => {
    const instance = instanceById(context, call, DBInstanceId);
    const status = statusOf(instance);
    if (status !== 'isolated') throw statusLimitOp(DBInstanceId, status);
    checkUnprotected(context, instance);
    const state = context.stateOf(call.account);
    const label = nextLabel(state);
    instance.deletedSeq = call.seq;
    state.tasks.push({
      id: 1_000_000 + context.random.whole([0, 8_999_999], `${label} flow`),
      ...{ type: 'DestroyInstance', instanceId: DBInstanceId, sourceId: DBInstanceId },
      ...{ region: call.region, startedAt: call.account.clock.now().getTime(), endedAt: null },
      ...{ status: 'Running', message: '' },
    });
    begin(context, state, instance, offliningStages(drawFor(context, label)));
    return { ...aboutAll([instance]), answer: {} };
  },
});

/** The field is `InstanceName` here, `Name` in CloneDBInstance. */
export const modifyDBInstanceName = action({
  kind: 'change',
  perSecond: 100,
  parameters: fields({ DBInstanceId: text, InstanceName: text }),
  subject: ({ InstanceName }) => ({ name: InstanceName }),
  perform: (context, call, { DBInstanceId, InstanceName }) => {
    checkNewName(InstanceName);
    const instance = instanceById(context, call, DBInstanceId);
    instance.name = InstanceName;
    return { ...aboutAll([instance]), answer: {} };
  },
});

/** ASSUMPTION: allowed while running or isolated; the page only says that some statuses refuse it. */
export const modifyDBInstanceDeletionProtection = action({
  kind: 'change',
  perSecond: 20,
  parameters: fields({ DBInstanceId: text, DeletionProtection: flag }),
  perform: (context, call, { DBInstanceId, DeletionProtection }) => {
    const instance = instanceById(context, call, DBInstanceId);
    const status = statusOf(instance);
    if (status !== 'running' && status !== 'isolated') throw statusLimit(DBInstanceId, status);
    instance.deletionProtection = DeletionProtection;
    return { ...aboutAll([instance]), answer: {} };
  },
});
