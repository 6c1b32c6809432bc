/** The fields of Tencent's DBInstance that a restore reads (SDK models v20170312, 2026-08). */
export interface Instance {
  DBInstanceId: string;
  DBInstanceName: string;
  DBInstanceStatus: string;
  DBInstanceClass: string;
  /** GB. */
  DBInstanceStorage: number;
  DBInstanceStorageType?: string | null;
  DBMajorVersion?: string | null;
  DBVersion: string;
  DBKernelVersion?: string | null;
  DBEngine?: string | null;
  Zone: string;
  VpcId: string;
  SubnetId: string;
  PayType: string;
  ProjectId?: number | null;
  CreateTime: string;
  ReadOnlyInstanceNum?: number | null;
  DeletionProtection?: boolean | null;
  TagList?: { TagKey: string; TagValue: string }[] | null;
  DBNodeSet?: { Role: string; Zone: string }[] | null;
  DBInstanceNetInfo?: NetInfo[] | null;
}

interface NetInfo {
  Address?: string | null;
  Ip?: string | null;
  Port?: number | null;
  NetType: string;
  Status: string;
}

export interface BaseBackup {
  Id: string;
  BackupMethod: string;
  BackupMode: string;
  State: string;
  /** Bytes. */
  Size: number;
  StartTime?: string | null;
  FinishTime?: string | null;
  ExpireTime?: string | null;
}

export interface InstanceClass {
  SpecCode: string;
  CPU: number;
  /** MB, unlike DBInstanceMemory. */
  Memory: number;
  MinStorage: number;
  MaxStorage: number;
}

export interface Zone {
  Zone: string;
  ZoneState: string;
  StandbyZoneSet?: string[] | null;
}

/** Tags as a plain object. */
export function tagsOf({ TagList }: Instance): Record<string, string> {
  return Object.fromEntries((TagList ?? []).map(({ TagKey, TagValue }) => [TagKey, TagValue]));
}

/** The private endpoint, once the cloud says that it is open. */
export function openEndpoint(instance: Instance): { host: string; port: number } | undefined {
  const row = instance.DBInstanceNetInfo?.find(
    ({ NetType, Status, Ip, Address }) =>
      NetType === 'private' && Status === 'opened' && (Ip || Address),
  );
  return row ? { host: (row.Ip || row.Address)!, port: row.Port ?? 5432 } : undefined;
}
