import type { Check } from '../../workflows/restore.ts';
import type { CloneOrder } from '../../workflows/tencent-postgres-clone.ts';
import type { CloneCloud } from './cloud.ts';
import type { Instance, InstanceClass, Zone } from './instance.ts';

type Wanted = CloneOrder['request']['target'];

export interface TargetFound {
  checks: Check[];
  /** The fields of CloneDBInstance, complete. */
  fields: Wanted & Record<string, unknown>;
}

/** What must be given in `target` when there is no source left to copy it from. */
const withoutSource = ['SpecCode', 'Storage', 'VpcId', 'SubnetId', 'DBNodeSet'] as const;

/**
 * Fills every omitted target field from the source and proves what can be proved before the call: spec,
 * storage, zones. Billing is by use unless the user insists on prepaid.
 */
export async function findTarget(options: {
  cloud: CloneCloud;
  order: CloneOrder;
  source: Instance | undefined;
  point: Record<string, string>;
}): Promise<TargetFound> {
  const { cloud, order, source, point } = options;
  const wanted = order.request.target;
  const missing = source ? [] : withoutSource.filter((field) => wanted[field] === undefined);
  if (missing.length > 0) {
    return {
      fields: wanted,
      checks: [
        {
          name: 'target',
          expected: `the source is gone, so target must name ${withoutSource.join(', ')}`,
          seen: `missing: ${missing.join(', ')}`,
          ok: 'no',
        },
      ],
    };
  }
  const minimum = source
    ? await cloud.cloneMinimum(source.DBInstanceId, point)
    : { MinStorage: 10, MinSpecCode: wanted.SpecCode! };
  const storage =
    wanted.Storage ?? Math.max(source!.DBInstanceStorage, roundUp(minimum.MinStorage));
  const nodes = wanted.DBNodeSet ?? source?.DBNodeSet?.map(({ Role, Zone }) => ({ Role, Zone }));
  const primary = nodes?.find(({ Role }) => Role === 'Primary')?.Zone ?? source?.Zone ?? '';
  const groups =
    wanted.SecurityGroupIds ?? (source ? await cloud.securityGroups(source.DBInstanceId) : []);
  const fields = {
    ...wanted,
    SpecCode: wanted.SpecCode ?? source!.DBInstanceClass,
    Storage: storage,
    Period: wanted.Period ?? 1,
    AutoRenewFlag: wanted.AutoRenewFlag ?? 0,
    VpcId: wanted.VpcId ?? source!.VpcId,
    SubnetId: wanted.SubnetId ?? source!.SubnetId,
    // The API's own default is PREPAID: a month bought, and no instance id in the answer.
    InstanceChargeType: wanted.InstanceChargeType ?? ('POSTPAID_BY_HOUR' as const),
    ...(groups.length > 0 ? { SecurityGroupIds: groups } : {}),
    ...(nodes ? { DBNodeSet: nodes as Wanted['DBNodeSet'] } : {}),
    ...(source?.ProjectId && wanted.ProjectId === undefined ? { ProjectId: source.ProjectId } : {}),
  };
  const classes = source ? await cloud.classes(primary, source) : undefined;
  return {
    fields,
    checks: [
      ...(classes ? specChecks(classes, fields, minimum, primary) : []),
      storageMinimum(storage, minimum.MinStorage),
      ...zoneChecks(await cloud.zones(), nodes ?? []),
      billing(fields.InstanceChargeType),
    ],
  };
}

const roundUp = (gb: number) => Math.ceil(gb / 10) * 10;

function specChecks(
  classes: InstanceClass[],
  { SpecCode, Storage }: { SpecCode: string; Storage: number },
  { MinSpecCode }: { MinSpecCode: string },
  zone: string,
): Check[] {
  const chosen = classes.find((known) => known.SpecCode === SpecCode);
  const least = classes.find((known) => known.SpecCode === MinSpecCode);
  if (!chosen) {
    const sold = classes.map((known) => known.SpecCode).join(', ') || 'none';
    return [{ name: 'spec', expected: `sold in ${zone}: ${sold}`, seen: SpecCode, ok: 'no' }];
  }
  const enough = !least || (chosen.CPU >= least.CPU && chosen.Memory >= least.Memory);
  const range = `${chosen.MinStorage}–${chosen.MaxStorage} GB for ${SpecCode}`;
  const fits = Storage >= chosen.MinStorage && Storage <= chosen.MaxStorage;
  return [
    {
      name: 'spec',
      expected: `at least ${MinSpecCode}, sold in ${zone}`,
      seen: `${SpecCode}: ${chosen.CPU} CPU, ${chosen.Memory / 1024} GB`,
      ok: enough ? 'yes' : 'no',
    },
    { name: 'storage range', expected: range, seen: `${Storage} GB`, ok: fits ? 'yes' : 'no' },
  ];
}

/** Too little is accepted by the cloud and fails hours later (console guide): so it is refused here. */
function storageMinimum(storage: number, least: number): Check {
  return {
    name: 'storage',
    expected: `at least ${least} GB (DescribeCloneDBInstanceSpec)`,
    seen: `${storage} GB`,
    ok: storage >= least ? 'yes' : 'no',
  };
}

function zoneChecks(zones: Zone[], nodes: readonly { Role: string; Zone: string }[]): Check[] {
  if (nodes.length === 0) return [];
  const primary = nodes.find(({ Role }) => Role === 'Primary');
  const allowed = zones.find(({ Zone }) => Zone === primary?.Zone)?.StandbyZoneSet ?? undefined;
  const faults = nodes.flatMap(({ Role, Zone: zone }) => {
    const state = zones.find((known) => known.Zone === zone)?.ZoneState ?? 'unknown';
    if (state !== 'AVAILABLE') return [`${zone} is ${state}`];
    const elsewhere = Role === 'Standby' && zone !== primary?.Zone;
    return elsewhere && allowed && !allowed.includes(zone)
      ? [`${zone} takes no standby of ${primary?.Zone}`]
      : [];
  });
  const seen = nodes.map(({ Role, Zone }) => `${Role} ${Zone}`).join(', ');
  return [
    {
      name: 'zones',
      expected: 'available, and a standby zone of the primary',
      seen: faults.length > 0 ? faults.join('; ') : seen,
      ok: faults.length > 0 ? 'no' : 'yes',
    },
  ];
}

function billing(chargeType: string): Check {
  return chargeType === 'PREPAID'
    ? { name: 'billing', expected: 'by use', seen: 'PREPAID: cannot be undone', ok: 'warn' }
    : { name: 'billing', expected: 'by use', seen: 'POSTPAID_BY_HOUR', ok: 'yes' };
}
