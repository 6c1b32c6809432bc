import { z } from 'zod';
import type { Call, Tags, TwinOptions } from '../cloud.ts';
import type { OptionsOf } from '../fault-kinds.ts';
import { loopbackAddress } from '../loopback.ts';
import { action } from './action.ts';
import { durations } from './assumptions.ts';
import { buildStages } from './build-plan.ts';
import { classOf } from './catalog.ts';
import { checkClone, type CheckedClone, type CloneRequest } from './clone-rules.ts';
import type { Instance } from './instance.ts';
import { cloneStages, life } from './lifecycle.ts';
import { fields, flag, text, texts, whole } from './parameters.ts';
import { minStorageGb } from './read-backups.ts';
import { nextLabel, type TencentContext, usesDatabase } from './state.ts';

/** Every field of the page (SEED). `VoucherIds` is a string there, though its sample shows a list. */
export const cloneParameters = fields({
  DBInstanceId: text,
  SpecCode: text,
  Storage: whole,
  Period: whole,
  AutoRenewFlag: whole,
  VpcId: text,
  SubnetId: text,
  Name: text.optional(),
  InstanceChargeType: text.optional(),
  SecurityGroupIds: texts.optional(),
  ProjectId: whole.optional(),
  TagList: z.array(fields({ TagKey: text, TagValue: text })).optional(),
  DBNodeSet: z
    .array(fields({ Role: text, Zone: text, DedicatedClusterId: text.optional() }))
    .optional(),
  AutoVoucher: whole.optional(),
  VoucherIds: text.optional(),
  ActivityId: whole.optional(),
  BackupSetId: text.optional(),
  RecoveryTargetTime: text.optional(),
  SyncMode: text.optional(),
  DeletionProtection: flag.optional(),
});

/** Name and tags as they were sent, whatever was sent: a refused call shows them in the audit too. */
function sentSubject({ Name, TagList }: Call['parameters']): { name: string | null; tags: Tags } {
  const rows = z.array(z.looseObject({ TagKey: text, TagValue: text })).safeParse(TagList);
  const tags = (rows.data ?? []).map(({ TagKey, TagValue }) => [TagKey, TagValue] as const);
  return { name: typeof Name === 'string' ? Name : null, tags: Object.fromEntries(tags) };
}

/** Two equal calls are two purchases: the API has no idempotency token. */
export const cloneDBInstance = action({
  kind: 'create',
  perSecond: 100,
  parameters: cloneParameters,
  sent: sentSubject,
  perform: async (context, call, request) => {
    const checked = checkClone(context, call, request);
    const state = context.stateOf(call.account);
    const label = nextLabel(state);
    const id = `postgres-${context.random.letters(8, `${label} id`)}`;
    const key = { account: call.account, instanceId: id };
    const hasDatabase = usesDatabase(context, checked.source);
    const endpoint = hasDatabase
      ? await context.databases.endpointFor(key)
      : loopbackAddress(`${call.account.accessKeyId} ${id}`);

    const sticking = context.faults.stick('tencent', call, checked.point.backup.id);
    const lag = (kind: 'listLag' | 'tagLag') =>
      sticking.find(({ fault }) => fault === kind)?.options as OptionsOf<'listLag'> | undefined;
    const after = (range: readonly [number, number], what: string) =>
      Date.now() + context.pace.realMs(context.random.whole(range, `${label} ${what}`));
    const inSeconds = (seconds: number) => Date.now() + context.pace.realMs(seconds);
    const name = request.Name ?? `${checked.source.name}-Copy`;
    const plan = buildStages(context, label, {
      sticking,
      isTooSmall: isTooSmall(checked, request),
    });
    const instance: Instance = {
      ...blank(call, { id, name, source: checked.source }),
      ...{ tags: sentSubject(request).tags, endpoint, hasDatabase },
      ...{ specCode: checked.sold.code, storageGb: request.Storage, nodes: checked.nodes },
      ...{ vpcId: request.VpcId, subnetId: request.SubnetId },
      ...{ securityGroupIds: checked.securityGroupIds, payType: checked.payType },
      // ASSUMPTION: what is paid by the hour has nothing to renew, whatever the required flag says
      ...{
        autoRenew: checked.payType === 'prepaid' ? request.AutoRenewFlag : 0,
        projectId: request.ProjectId ?? 0,
      },
      deletionProtection: request.DeletionProtection ?? false,
      expiresAt: checked.payType === 'prepaid' ? expiryOf(call, request.Period) : null,
      restoredFrom: {
        sourceId: checked.source.id,
        backupId: request.BackupSetId ?? null,
        at: checked.point.at,
      },
      attributeFrom: after(context.assumptions.attributeLagSeconds, 'attribute lag'),
      listedFrom: inSecondsOr(lag('listLag')?.seconds, after(durations.listLag, 'list lag')),
      tagsFrom: inSecondsOr(lag('tagLag')?.seconds, after(durations.tagLag, 'tag lag')),
      ...{ stuckLeaving: plan.stuckLeaving, origin: 'call', createdSeq: call.seq },
      life: life(plan.stages),
    };
    function inSecondsOr(seconds: number | undefined, usual: number): number {
      return seconds === undefined ? usual : inSeconds(seconds);
    }

    state.instances.set(id, instance);
    if (hasDatabase) beginRestore(context, call, { instance, checked, damage: plan.damage });
    const flowId = 1_000_000 + context.random.whole([0, 8_999_999], `${label} flow`);
    const startedAt = instance.createdAt;
    state.tasks.push({
      ...{ id: flowId, type: 'CloneInstance', instanceId: id, sourceId: checked.source.id },
      ...{ region: call.region, startedAt, endedAt: null, status: 'Running', message: '' },
    });
    const digits = String(context.random.whole([1e11, 9e11], `${label} deal`));
    const dealName = `${new Date(startedAt).toISOString().slice(0, 10).replaceAll('-', '')}${digits}`;
    const visibleFrom = after(durations.orderLag, 'order lag');
    state.orders.push({
      ...{ dealName, payMode: checked.payType === 'prepaid' ? 1 : 0, flowId, instanceId: id },
      ...{ visibleFrom, instanceFrom: visibleFrom + context.pace.realMs(10) },
    });
    const bought = { DealName: dealName, BillId: `${dealName}1` };
    return {
      ...{ resourceId: id, name, tags: instance.tags },
      // "only support postpaid return this value" (SEED): a prepaid one is found by its order
      answer: checked.payType === 'postpaid' ? { ...bought, DBInstanceId: id } : bought,
    };
  },
});

/** Accepted by the cloud, and then the clone fails (console guide 克隆实例). */
const isTooSmall = ({ source, sold }: CheckedClone, { Storage }: CloneRequest): boolean =>
  Storage < minStorageGb(source) || sold.memoryGb < (classOf(source.minSpecCode)?.memoryGb ?? 0);

/** ASSUMPTION: a month of a prepaid instance is 30 days. */
const expiryOf = (call: Call, months: number) =>
  call.account.clock.now().getTime() + months * 30 * 86_400_000;

/** What a new instance has from its source, and what every new instance begins with. */
function blank(
  call: Call,
  { id, name, source }: { id: string; name: string; source: Instance },
): Instance {
  const now = call.account.clock.now().getTime();
  return {
    ...source,
    ...{ id, name, region: call.region, createdAt: now, updatedAt: now, createdSeq: call.seq },
    ...{ builtAt: null, isolatedAt: null, goneAt: null, expiresAt: null, deletedSeq: null },
    ...{ backupAnchor: null, firstBackupAt: null, lastBackupId: null, extraBackups: [] },
    passwords: {},
    ...{ deletionProtection: false, stuckLeaving: null, hasDatabase: false, restoredFrom: null },
    ...{ attributeFrom: 0, listedFrom: 0, tagsFrom: 0 },
    endpoint: loopbackAddress(`${call.account.accessKeyId} ${id}`),
  };
}

function beginRestore(
  context: TencentContext,
  call: Call,
  options: {
    instance: Instance;
    checked: CheckedClone;
    damage: OptionsOf<'corruptBackup'>['how'] | undefined;
  },
): void {
  const { instance, checked, damage } = options;
  const { at, backup } = checked.point;
  context.databases.beginRestore({
    ...{ account: call.account, instanceId: instance.id, endpoint: instance.endpoint },
    sourceId: checked.source.id,
    point:
      at === null ? { kind: 'backup', backupId: backup.id } : { kind: 'time', at: new Date(at) },
    ...(isPostgresDamage(damage) && { damage }),
  });
}

export const postgresDamages = ['walGap', 'cutFile', 'flipBytes', 'wrongTimeline'] as const;
const isPostgresDamage = (word: string | undefined): word is (typeof postgresDamages)[number] =>
  (postgresDamages as readonly (string | undefined)[]).includes(word);

/** Somebody else clones the same source under the same name at that moment; nothing of it is ours. */
export function makeTwin(context: TencentContext, call: Call, { copyTags }: TwinOptions): void {
  const { DBInstanceId } = call.parameters;
  const { name, tags } = sentSubject(call.parameters);
  const state = context.stateOf(call.account);
  const known = state.instances.get(typeof DBInstanceId === 'string' ? DBInstanceId : '');
  const source = known ?? [...state.instances.values()][0];
  if (!source) return;
  const label = nextLabel(state);
  const id = `postgres-${context.random.letters(8, `${label} id`)}`;
  const draw = (range: readonly [number, number], what: string) =>
    context.random.whole(range, `${label} ${what}`);
  state.instances.set(id, {
    ...blank(call, { id, name: name ?? `${source.name}-Copy`, source }),
    ...{ tags: copyTags ? tags : {}, payType: 'postpaid', origin: 'twin' },
    life: life(cloneStages(draw)),
  });
}
