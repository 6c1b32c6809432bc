import type { Tags } from '../cloud.ts';
import type { Endpoint } from '../engines/engine.ts';
import type { Instance, PlannedBackup } from './instance.ts';
import { life, runningForGood } from './lifecycle.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What every account has from the start, in ap-guangzhou. */
export const fixtureRegion = 'ap-guangzhou';

/** Networks by VPC: a subnet belongs to exactly one. */
export const networks: Readonly<Record<string, readonly string[]>> = {
  'vpc-7a4k2m9x': ['subnet-3f8d1c6b', 'subnet-9k2p5w7d'],
  'vpc-2b8n6t4r': ['subnet-6h1j3v8s'],
};

export const securityGroups: readonly { id: string; name: string }[] = [
  { id: 'sg-0f3k9d2a', name: 'orders' },
  { id: 'sg-7c1m4x8e', name: 'default' },
];
export const defaultSecurityGroupId = 'sg-7c1m4x8e';

export const projectIds = [0, 1_007_211];

/** The accounts of every database here; they come with the data, also into a clone. */
export const databaseAccounts = [
  { name: 'dbadmin', type: 'tencentDBSuper', roles: ['pg_tencentdb_superuser'] },
  { name: 'orders_app', type: 'normal', roles: [] },
] as const;

interface Fixture {
  readonly id: string;
  readonly name: string;
  readonly tags: Tags;
  readonly specCode: string;
  readonly minSpecCode: string;
  readonly storageGb: number;
  readonly dataGb: number;
  readonly zones: readonly [primary: string, standby: string];
  readonly versions: readonly [major: string, community: string, kernel: string];
}

/** The source of most rehearsals. */
const orders: Fixture = {
  id: 'postgres-6xk2v1qa',
  name: 'orders',
  tags: { team: 'orders' },
  specCode: 'pg.it.medium4',
  minSpecCode: 'pg.it.medium4',
  storageGb: 100,
  dataGb: 34,
  zones: ['ap-guangzhou-3', 'ap-guangzhou-4'],
  versions: ['16', '16.2', 'v16.2_r1.5'],
};

/** The wrong one: fuzzy name filters find it too, and it is of an older major version. */
const archive: Fixture = {
  id: 'postgres-h8w3n5tz',
  name: 'orders-archive',
  tags: {},
  specCode: 'pg.it.small2',
  minSpecCode: 'pg.it.small2',
  storageGb: 20,
  dataGb: 6,
  zones: ['ap-guangzhou-3', 'ap-guangzhou-3'],
  versions: ['13', '13.14', 'v13.14_r1.12'],
};

export const fixtures: readonly Fixture[] = [orders, archive];

/** The fixture that gets a real database where there are engines. */
export const fixtureWithDatabase = orders.id;

/**
 * One fixture as it stands at `now`: running, with two weeks of daily backups, one of them failed; a
 * logical one, which can't be cloned; and a manual one older than the 7 days that DescribeBaseBackups shows unasked, logical where
 * a real database stands behind.
 */
export function fixtureInstance(
  fixture: Fixture,
  options: {
    now: number;
    endpoint: Endpoint;
    hasDatabase: boolean;
    uuid: (label: string) => string;
  },
): Instance {
  const { now, endpoint, hasDatabase, uuid } = options;
  const [majorVersion, version, kernelVersion] = fixture.versions;
  const createdAt = now - 90 * dayMs;
  const extra = (
    label: string,
    finishedAt: number,
    rest: Pick<PlannedBackup, 'method' | 'mode' | 'state'>,
  ): PlannedBackup => ({
    ...rest,
    id: uuid(label),
    finishedAt,
    expiresAt: finishedAt + 30 * dayMs,
  });
  const logical = extra('logical', now - 8 * hourMs, {
    ...{ method: 'logical', mode: 'automatic', state: 'finished' },
  });
  const failed = extra('failed', now - 5 * hourMs, {
    ...{ method: 'physical', mode: 'automatic', state: 'failed' },
  });
  // A real database can't go back so far, and what it could restore instead would hold other rows.
  const manual = extra('manual', now - 20 * dayMs, {
    ...{ method: hasDatabase ? 'logical' : 'physical', mode: 'manual', state: 'finished' },
  });
  return {
    ...{ id: fixture.id, region: fixtureRegion, name: fixture.name, tags: fixture.tags },
    ...{ specCode: fixture.specCode, minSpecCode: fixture.minSpecCode },
    ...{ storageGb: fixture.storageGb, dataGb: fixture.dataGb },
    ...{ vpcId: 'vpc-7a4k2m9x', subnetId: 'subnet-3f8d1c6b' },
    securityGroupIds: ['sg-0f3k9d2a'],
    nodes: [
      { role: 'Primary', zone: fixture.zones[0] },
      { role: 'Standby', zone: fixture.zones[1] },
    ],
    ...{ majorVersion, version, kernelVersion },
    ...{ payType: 'postpaid', autoRenew: 0, projectId: 0, deletionProtection: false },
    ...{ createdAt, updatedAt: createdAt, builtAt: createdAt },
    ...{ expiresAt: null, isolatedAt: null, goneAt: null },
    ...{ endpoint, hasDatabase, restoredFrom: null },
    ...{ attributeFrom: 0, listedFrom: 0, tagsFrom: 0 },
    extraBackups: [logical, failed, manual],
    ...{ backupAnchor: now - 2.5 * hourMs, firstBackupAt: now - 13 * dayMs, lastBackupId: null },
    ...{ stuckLeaving: null, origin: 'seed', createdSeq: null, deletedSeq: null },
    life: life([runningForGood]),
  };
}
