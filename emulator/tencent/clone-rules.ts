import type { z } from 'zod';
import { type Call, refusal } from '../cloud.ts';
import { type Backup, backupsOf, baseFor, isRestorable, recoveryWindow } from './backups.ts';
import { readBeijingTime } from './beijing-time.ts';
import type { cloneParameters } from './clone.ts';
import { classesSoldIn, classOf, type InstanceClass, zonesOf } from './catalog.ts';
import { defaultSecurityGroupId, networks, projectIds, securityGroups } from './fixtures.ts';
import { type Instance, type Node, statusOf } from './instance.ts';
import { checkName } from './names.ts';
import { invalidValue, statusLimit } from './refusals.ts';
import { anyInstance, type TencentContext } from './state.ts';
import { checkTagList } from './tag-rules.ts';

export type CloneRequest = z.output<typeof cloneParameters>;

/** What a clone starts from: a backup set, or a moment and the backup before it. */
export interface ClonePoint {
  readonly backup: Backup;
  readonly at: number | null;
}

/** A request that has passed every rule. */
export interface CheckedClone {
  readonly source: Instance;
  readonly sold: InstanceClass;
  readonly point: ClonePoint;
  readonly nodes: readonly Node[];
  readonly securityGroupIds: readonly string[];
  readonly payType: 'prepaid' | 'postpaid';
}

const prepaidPeriods = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 36];

/** Every rule of the CloneDBInstance page, in one pass; refuses with the page's own codes (SEED). */
export function checkClone(
  context: TencentContext,
  call: Call,
  request: CloneRequest,
): CheckedClone {
  checkPlainValues(request);
  const payType = payTypeOf(request);
  const source = anyInstance(context, call, request.DBInstanceId);
  if (!source || source.attributeFrom > Date.now())
    throw refusal(
      context.assumptions.unknownCloneSourceCode,
      `The source instance ${request.DBInstanceId} does not exist.`,
    );
  const point = pointOf(context, call, { request, source });
  const nodes = nodesOf(call, request, source);
  const sold = soldClass(call, { request, source, nodes });
  checkNetwork(call, request);
  const known = securityGroups.map(({ id }) => id);
  const securityGroupIds = request.SecurityGroupIds ?? [defaultSecurityGroupId];
  for (const id of securityGroupIds)
    if (!known.includes(id))
      throw refusal(
        context.assumptions.unknownSecurityGroupCode,
        `The security group ${id} does not exist.`,
      );
  return { source, sold, point, nodes, securityGroupIds, payType };
}

function checkPlainValues(request: CloneRequest): void {
  if (request.Name !== undefined) checkName(request.Name);
  checkTagList(request.TagList ?? []);
  const oneOf = (field: keyof CloneRequest, values: readonly unknown[]) => {
    const value = request[field];
    if (value !== undefined && !values.includes(value))
      throw invalidValue(
        `\`${field}\` supports ${values.join(', ')}, not ${JSON.stringify(value)}.`,
      );
  };
  oneOf('AutoRenewFlag', [0, 1]);
  oneOf('AutoVoucher', [0, 1]);
  oneOf('SyncMode', ['Semi-sync', 'Async']);
  if (!projectIds.includes(request.ProjectId ?? 0))
    throw refusal(
      'InvalidParameterValue.IllegalProjectId',
      `The project ${request.ProjectId ?? 0} does not exist.`,
    );
}

/** The page's own sample sends lower-case `prepaid`, so case does not matter. PREPAID is the default! */
function payTypeOf({ InstanceChargeType = 'PREPAID', Period }: CloneRequest) {
  const type = InstanceChargeType.toUpperCase();
  if (type !== 'PREPAID' && type !== 'POSTPAID_BY_HOUR')
    throw invalidValue(
      `\`InstanceChargeType\` supports PREPAID and POSTPAID_BY_HOUR, not ${InstanceChargeType}.`,
    );
  const periods = type === 'PREPAID' ? prepaidPeriods : [1];
  if (!periods.includes(Period))
    throw invalidValue(`\`Period\` supports ${periods.join(', ')} for ${type}, not ${Period}.`);
  return type === 'PREPAID' ? 'prepaid' : 'postpaid';
}

/**
 * The source runs, or it is on its way out and a physical backup of it survives (major version ≥ 11,
 * DOC 409/72099). A moment needs a running source.
 */
function pointOf(
  context: TencentContext,
  call: Call,
  { request, source }: { request: CloneRequest; source: Instance },
): ClonePoint {
  const { BackupSetId, RecoveryTargetTime } = request;
  const { assumptions } = context;
  if ((BackupSetId === undefined) === (RecoveryTargetTime === undefined))
    throw invalidValue('Exactly one of `BackupSetId` and `RecoveryTargetTime` must be given.');
  const unrestorable = (why: string) => refusal(assumptions.unrestorablePointCode, why);
  const status = statusOf(source);
  const survives =
    (source.isolatedAt !== null || source.goneAt !== null) &&
    Number(source.majorVersion) >= assumptions.survivingBackupMinMajor;
  const state = context.stateOf(call.account);
  const backups = backupsOf(context, state, source);
  if (status !== 'running' && !(survives && BackupSetId !== undefined))
    throw statusLimit(source.id, status);

  if (BackupSetId !== undefined) {
    const backup = backups.find(({ id }) => id === BackupSetId);
    if (!backup) throw unrestorable(`${source.id} has no backup set ${BackupSetId}.`);
    if (!isRestorable(backup))
      throw unrestorable(
        `Backup set ${BackupSetId} is ${backup.method} and ${backup.state}; a clone needs a finished physical one.`,
      );
    return { backup, at: null };
  }
  const at = readBeijingTime(RecoveryTargetTime ?? '');
  if (at === undefined)
    throw invalidValue(`\`RecoveryTargetTime\` must look like 2021-12-25 01:27:35 (UTC+8).`);
  const window = recoveryWindow(context, state, source);
  const backup = baseFor(backups, at);
  if (!window || !backup || at < window.begin || at > window.end)
    throw unrestorable(
      `${RecoveryTargetTime ?? ''} is outside the recovery window of ${source.id}.`,
    );
  return { backup, at };
}

/** One Primary and at least one Standby. ASSUMPTION: without DBNodeSet the clone stands where its source stands. */
function nodesOf(call: Call, request: CloneRequest, source: Instance): readonly Node[] {
  if (request.DBNodeSet === undefined) return source.nodes;
  const nodes = request.DBNodeSet.map(({ Role, Zone }) => {
    if (Role !== 'Primary' && Role !== 'Standby')
      throw invalidValue(`\`DBNodeSet.Role\` supports Primary and Standby, not ${Role}.`);
    return { role: Role, zone: Zone } as const;
  });
  const zones = zonesOf(call.region);
  for (const { zone } of nodes) {
    const known = zones.find((candidate) => candidate.zone === zone);
    if (!known)
      throw refusal('InvalidParameterValue.IllegalZone', `${zone} is not in ${call.region}.`);
    if (known.state !== 'AVAILABLE')
      throw refusal('InvalidParameterValue.InvalidZoneIdError', `${zone} is ${known.state}.`);
  }
  const primaries = nodes.filter(({ role }) => role === 'Primary');
  if (primaries.length !== 1 || nodes.length < 2)
    throw invalidValue('`DBNodeSet` must name one Primary and at least one Standby.');
  const standbys = zones.find(({ zone }) => zone === primaries[0]?.zone)?.standbys ?? [];
  for (const { role, zone } of nodes)
    if (role === 'Standby' && !standbys.includes(zone))
      throw refusal(
        'InvalidParameterValue.IllegalZone',
        `A standby of ${primaries[0]?.zone ?? ''} can't stand in ${zone}.`,
      );
  return nodes;
}

function soldClass(
  call: Call,
  options: { request: CloneRequest; source: Instance; nodes: readonly Node[] },
): InstanceClass {
  const { request, source, nodes } = options;
  const { SpecCode, Storage } = request;
  const sold = classOf(SpecCode);
  const primary = nodes.find(({ role }) => role === 'Primary')?.zone ?? '';
  if (!sold || !classesSoldIn(call.region, primary, source.majorVersion).includes(sold))
    throw refusal(
      'InvalidParameterValue.SpecNotRecognizedError',
      `Failed to identify the specification (${SpecCode}).`,
    );
  if (Storage % 10 !== 0) throw invalidValue(`\`Storage\` goes in steps of 10 GB, not ${Storage}.`);
  if (Storage < sold.minStorageGb || Storage > sold.maxStorageGb)
    throw invalidValue(
      `${SpecCode} has ${sold.minStorageGb} to ${sold.maxStorageGb} GB, not ${Storage}.`,
    );
  return sold;
}

function checkNetwork(call: Call, { VpcId, SubnetId }: CloneRequest): void {
  const subnets = Object.hasOwn(networks, VpcId) ? networks[VpcId] : undefined;
  if (!subnets)
    throw refusal('FailedOperation.QueryVpcFailed', `The VPC ${VpcId} is not in ${call.region}.`);
  if (!subnets.includes(SubnetId))
    throw refusal(
      'FailedOperation.GetSubnetError',
      `The subnet ${SubnetId} does not belong to ${VpcId}.`,
    );
}
