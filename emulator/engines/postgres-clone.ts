/** Restores one instance into a server of its own. */
import path from 'node:path';
import type { BusinessClock, Endpoint, PostgresDamage, RestorePoint } from './engine.ts';
import { checkContinuous } from './postgres-archive.ts';
import { verifyBackup } from './postgres-backup.ts';
import { recoverDamaged } from './postgres-damage.ts';
import type { HostContext, PostgresInstance } from './postgres-instance.ts';
import { type Home, type InstanceRecord, saveRecord } from './postgres-record.ts';
import { planRecovery, recover, targetOf } from './postgres-recovery.ts';
import type { Server } from './postgres-server.ts';

/**
 * A running server that has recovered to `point` and left recovery, and the record of it, which is saved. Rejects when
 * the backup or the log is not whole (unless `damage` asks for that), and with the engine's own words when it refuses.
 */
export async function createCloneServer(
  context: HostContext,
  options: {
    source: PostgresInstance;
    point: RestorePoint;
    damage?: PostgresDamage;
    instanceId: string;
    home: Home;
    endpoint: Endpoint;
  },
): Promise<{ server: Server; record: InstanceRecord }> {
  const { engine, clock, inTurn } = context;
  const { source, point, damage, home, endpoint } = options;
  if (point.kind === 'time') await source.firstBackup();
  const record = source.record();
  const plan = planRecovery({ record, point, clock });
  if ('time' in plan.end) await source.archiveBeyond(plan.at);
  const base = path.join(source.home.backups, plan.base.id);
  const { archive } = source.home;
  const server = await inTurn(async () => {
    const into = { engine, home, endpoint };
    if (damage) return recoverDamaged(damage, { ...into, source, plan });
    await verifyBackup(base);
    await checkContinuous({ archive, first: plan.base.firstWal, last: plan.base.lastWal });
    const password = record.hostPassword;
    return recover({ ...into, password, base, archives: [archive], target: targetOf(plan) });
  });
  return { server, record: await saveCloneRecord({ clock, ...options }) };
}

async function saveCloneRecord(options: {
  clock: BusinessClock;
  source: PostgresInstance;
  instanceId: string;
  home: Home;
}): Promise<InstanceRecord> {
  const record: InstanceRecord = {
    instanceId: options.instanceId,
    kind: 'clone',
    hostPassword: options.source.record().hostPassword, // the clone has its source's accounts, ours too
    liveSince: options.clock.now(),
    points: [],
    backups: [],
  };
  await saveRecord(options.home, record);
  return record;
}
