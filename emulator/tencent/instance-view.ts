import type { Account } from '../accounts.ts';
import type { Tags } from '../cloud.ts';
import { beijingTime } from './beijing-time.ts';
import { classOf } from './catalog.ts';
import { type Instance, statusOf } from './instance.ts';

/** Numbers that every answer carries and nobody checks. */
export const appIdOf = (account: Account) => 1_300_000_000 + account.number;
export const uinOf = (account: Account) => String(100_000_000_000 + account.number);

/** Tags as a reader sees them now: a new instance is listed before its tags (tag lag). */
export const visibleTags = (instance: Instance): Tags =>
  instance.tagsFrom > Date.now() ? {} : instance.tags;

/** The `Tag` structure of both services. */
export const tagRows = (tags: Tags) =>
  Object.entries(tags).map(([key, value]) => ({ TagKey: key, TagValue: value }));

/** The `DBInstance` structure (SDK 4.1.313, 2026-08). It names neither the source nor the order. */
export function instanceView(account: Account, instance: Instance): object {
  const sold = classOf(instance.specCode);
  return {
    Region: instance.region,
    Zone: instance.nodes.find(({ role }) => role === 'Primary')?.zone,
    VpcId: instance.vpcId,
    SubnetId: instance.subnetId,
    DBInstanceId: instance.id,
    DBInstanceName: instance.name,
    DBInstanceStatus: statusOf(instance),
    DBInstanceMemory: sold?.memoryGb, // GB here, MB in DescribeClasses
    DBInstanceStorage: instance.storageGb,
    DBInstanceCpu: sold?.cpu,
    DBInstanceClass: instance.specCode,
    DBMajorVersion: instance.majorVersion,
    DBVersion: instance.version,
    DBKernelVersion: instance.kernelVersion,
    DBInstanceType: 'primary',
    DBInstanceVersion: 'standard',
    DBCharset: 'UTF8',
    CreateTime: beijingTime(instance.createdAt),
    UpdateTime: beijingTime(instance.updatedAt),
    ExpireTime: beijingTime(instance.expiresAt),
    IsolatedTime: beijingTime(instance.isolatedAt),
    OfflineTime: beijingTime(instance.goneAt),
    PayType: instance.payType, // lower case, unlike InstanceChargeType of the request
    AutoRenew: instance.autoRenew,
    DBInstanceNetInfo: netInfo(instance),
    Type: 'TS85',
    AppId: appIdOf(account),
    Uid: Number(uinOf(account)),
    ProjectId: instance.projectId,
    TagList: tagRows(visibleTags(instance)),
    MasterDBInstanceId: '',
    ReadOnlyInstanceNum: 0,
    StatusInReadonlyGroup: '',
    DBNodeSet: instance.nodes.map(({ role, zone }) => ({ Role: role, Zone: zone })),
    IsSupportTDE: 0,
    DBEngine: 'postgresql',
    DBEngineConfig: '',
    NetworkAccessList: null,
    SupportIpv6: 0,
    ExpandedCpu: 0,
    DeletionProtection: instance.deletionProtection,
    DBInstanceStorageType: 'PHYSICAL_LOCAL_SSD',
  };
}

/** Two rows: Terraform's clone resource fails with one (emulator-contract.md, 2026-11). The private one opens when the instance first runs. */
function netInfo(instance: Instance): object[] {
  const isOpen = instance.builtAt !== null;
  const row = { Address: '', ProtocolType: 'postgresql' };
  return [
    {
      ...row,
      Ip: isOpen ? instance.endpoint.address : '',
      Port: isOpen ? instance.endpoint.port : 0,
      NetType: 'private',
      Status: isOpen ? 'opened' : 'opening',
      VpcId: instance.vpcId,
      SubnetId: instance.subnetId,
    },
    { ...row, Ip: '', Port: 0, NetType: 'public', Status: 'initing', VpcId: '', SubnetId: '' },
  ];
}
