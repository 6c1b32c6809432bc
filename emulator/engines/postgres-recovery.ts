/** Restoring: which backup and how far, the checks before it, and a server that has recovered to that place. */
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { BusinessClock, Endpoint, RestorePoint } from './engine.ts';
import { archiveCommand, restoreCommand } from './postgres-archive.ts';
import { backupFiles } from './postgres-backup.ts';
import type { BackupRecord, Home, InstanceRecord } from './postgres-record.ts';
import { type Engine, type Server, startServer } from './postgres-server.ts';
import type { Settings } from './postgres-settings.ts';
import { giveTo } from './postgres-user.ts';

const run = promisify(execFile);

/** Which backup to begin with and where to end. */
export interface RecoveryPlan {
  readonly base: BackupRecord;
  /** Business time. */
  readonly at: Date;
  /** What `at` is to the engine: a place in its log for the labelled past, else the time of its commits. */
  readonly end: { readonly lsn: string } | { readonly time: Date };
}

/**
 * Plans a restore. Throws when no backup was finished by then: the engine itself would notice that only if something had
 * been committed meanwhile, and would otherwise come up with too many rows.
 */
export function planRecovery(options: {
  record: InstanceRecord;
  point: RestorePoint;
  clock: BusinessClock;
}): RecoveryPlan {
  const { record, point, clock } = options;
  const { base, at } =
    point.kind === 'backup' ? atBackup(record, point.backupId) : atMoment(record, point.at);
  return { base, at, end: endOf({ record, at, clock }) };
}

function atBackup(record: InstanceRecord, backupId: string) {
  const base = record.backups.find(({ id }) => id === backupId);
  if (!base) throw new Error(`${record.instanceId} has no finished backup ${backupId}`);
  return { base, at: base.finishedAt };
}

function atMoment(record: InstanceRecord, moment: Date) {
  const at = new Date(Math.floor(moment.getTime() / 1000) * 1000); // the APIs know whole seconds
  const base = record.backups.findLast(({ finishedAt }) => finishedAt <= at);
  if (base) return { base, at };
  const oldest = record.backups[0]?.finishedAt.toISOString() ?? 'none';
  throw new Error(
    `${record.instanceId} cannot be restored to ${at.toISOString()}: its oldest backup was finished at ${oldest}`,
  );
}

function endOf(options: { record: InstanceRecord; at: Date; clock: BusinessClock }) {
  const { record, at, clock } = options;
  if (at >= record.liveSince) return { time: clock.wallTimeOf(at) };
  return record.points.findLast((labelled) => labelled.at <= at)!; // each seeded backup is followed by one
}

/** Recovery settings that end exactly there. */
export function targetOf({ end }: RecoveryPlan): Settings {
  if ('time' in end) return { recovery_target_time: engineTime(end.time) };
  // The place is where the next record begins, and that one is not wanted.
  return { recovery_target_lsn: end.lsn, recovery_target_inclusive: 'off' };
}

/** With an explicit offset: without one the server's zone counts, and `Z` is refused. */
const engineTime = (time: Date) => time.toISOString().replace('T', ' ').replace('Z', '+00');

/**
 * Copies a backup into `home` and starts a server on it that recovers, leaves recovery on a timeline of its own and
 * answers. `prepare` may change the copied files first. Without `target` it recovers as far as the log goes.
 */
export async function recover(options: {
  engine: Engine;
  home: Home;
  endpoint: Endpoint;
  password: string;
  /** Folder of the backup. */
  base: string;
  archives: readonly string[];
  target?: Settings;
  timeline?: 'current' | 'latest';
  hiding?: string;
  prepare?: (data: string) => Promise<void>;
}): Promise<Server> {
  const { engine, home, endpoint, password, base, archives, hiding } = options;
  await run('cp', ['-R', backupFiles(base), home.data]);
  await chmod(home.data, 0o700);
  await writeFile(path.join(home.data, 'recovery.signal'), '');
  await options.prepare?.(home.data);
  await giveTo(engine.user, home.data);
  return startServer({
    engine,
    home,
    endpoint,
    password,
    settings: {
      archive_command: archiveCommand(home.archive, engine.copy),
      restore_command: restoreCommand({ archives, ...(hiding && { hiding }) }),
      recovery_target_timeline: options.timeline ?? 'current',
      ...options.target,
      ...(options.target && { recovery_target_action: 'promote' }),
    },
  });
}
