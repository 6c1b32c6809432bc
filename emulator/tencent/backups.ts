import { durations } from './assumptions.ts';
import type { Instance, PlannedBackup } from './instance.ts';
import { type TencentContext, type TencentState, usesDatabase } from './state.ts';

const dayMs = 86_400_000;
/** This account's backup plan keeps base backups for 14 days and logs for 7 (the product allows 7 to 1830). */
const keptDays = 14;
export const logDays = 7;
/** A 38 MB base backup took 12 s (sample of DescribeBaseBackups, API page, 2026-08). */
const backupMs = 12_000;

/** One base backup as the API shows it; times are business time in ms. */
export interface Backup extends PlannedBackup {
  readonly sizeBytes: number;
  readonly startedAt: number;
}

const nowOf = (state: TencentState) => state.account.clock.now().getTime();

/** All base backups of an instance that have not expired, oldest first; they can outlive it. */
export function backupsOf(
  context: TencentContext,
  state: TencentState,
  instance: Instance,
): Backup[] {
  if (instance.goneAt !== null && !context.assumptions.backupsOutliveInstance) return [];
  const now = nowOf(state);
  const planned = instance.extraBackups.map((backup) => ({
    ...backup,
    sizeBytes: 41_000_000,
    startedAt: backup.finishedAt - backupMs,
  }));
  return [
    ...(realBackups(context, state, instance) ?? dailyBackups(context, state, instance)),
    ...planned,
  ]
    .filter(({ finishedAt, expiresAt }) => finishedAt <= now && expiresAt > now)
    .sort((left, right) => left.finishedAt - right.finishedAt);
}

const automatic = { method: 'physical', mode: 'automatic', state: 'finished' } as const;

/** What the database itself can restore. */
function realBackups(context: TencentContext, state: TencentState, instance: Instance) {
  if (!usesDatabase(context, instance)) return undefined;
  const key = { account: state.account, instanceId: instance.id };
  return (context.databases.backups(key) ?? []).map((backup) => ({
    ...automatic,
    id: backup.id,
    sizeBytes: backup.sizeBytes,
    startedAt: backup.startedAt.getTime(),
    finishedAt: backup.finishedAt.getTime(),
    expiresAt: backup.finishedAt.getTime() + keptDays * dayMs,
  }));
}

/** Without a database: one automatic backup a day, as long as the instance is not in the recycle bin. */
function dailyBackups(
  context: TencentContext,
  state: TencentState,
  { id, backupAnchor: anchor, firstBackupAt, isolatedAt, goneAt }: Instance,
): Backup[] {
  if (anchor === null) return [];
  const until = Math.min(nowOf(state), isolatedAt ?? Infinity, goneAt ?? Infinity);
  const earliest = Math.max(firstBackupAt ?? anchor, nowOf(state) - keptDays * dayMs);
  const first = Math.ceil((earliest - anchor) / dayMs);
  const count = Math.max(0, Math.floor((until - anchor) / dayMs) - first + 1);
  return Array.from({ length: count }, (_, index) => {
    const finishedAt = anchor + (first + index) * dayMs;
    return {
      ...automatic,
      id: context.random.uuid(`backup ${state.account.number} ${id} ${first + index}`),
      sizeBytes: 38_000_000 + 100_000 * (first + index + keptDays),
      startedAt: finishedAt - backupMs,
      finishedAt,
      expiresAt: finishedAt + keptDays * dayMs,
    };
  });
}

/** Whether CloneDBInstance can start from it: finished and physical (GUIDE 克隆实例). */
export const isRestorable = ({ method, state }: Backup) =>
  method === 'physical' && state === 'finished';

/**
 * The moments to which an instance can be restored now; undefined if there is none yet. The end lags
 * behind now and moves in steps, as logs are archived.
 */
export function recoveryWindow(
  context: TencentContext,
  state: TencentState,
  instance: Instance,
): { begin: number; end: number } | undefined {
  const now = nowOf(state);
  const keptSince = now - logDays * dayMs;
  if (usesDatabase(context, instance)) {
    const range = context.databases.recoverableRange({
      account: state.account,
      instanceId: instance.id,
    });
    return range && wholeSeconds(Math.max(range.begin.getTime(), keptSince), range.end.getTime());
  }
  const first = backupsOf(context, state, instance).find(isRestorable);
  if (!first) return undefined;
  const step = Math.max(1000, context.pace.realMs(durations.windowStep));
  const archived = now - context.pace.realMs(durations.windowLag);
  const end = Math.floor(archived / step) * step;
  return wholeSeconds(Math.max(first.finishedAt, keptSince), end);
}

/** The API speaks in whole seconds, and what it shows as the first and last moment must be allowed. */
function wholeSeconds(begin: number, end: number): { begin: number; end: number } | undefined {
  const window = { begin: Math.ceil(begin / 1000) * 1000, end: Math.floor(end / 1000) * 1000 };
  return window.end < window.begin ? undefined : window;
}

/** The backup that a restore to a moment starts from. */
export function baseFor(backups: readonly Backup[], at: number): Backup | undefined {
  return backups.filter((backup) => isRestorable(backup) && backup.finishedAt <= at).at(-1);
}

/** Real databases get a new backup too when business time has moved on by more than a day. */
export function backUpDaily(
  context: TencentContext,
  state: TencentState,
  instance: Instance,
): void {
  if (!usesDatabase(context, instance) || instance.builtAt === null || instance.isolatedAt !== null)
    return;
  const last = realBackups(context, state, instance)?.at(-1);
  if (!last || nowOf(state) - last.finishedAt < dayMs) return;
  const day = Math.floor(nowOf(state) / dayMs);
  const id = context.random.uuid(`backup ${state.account.number} ${instance.id} day ${day}`);
  if (instance.lastBackupId === id) return;
  instance.lastBackupId = id;
  context.databases.takeBackup({ account: state.account, instanceId: instance.id }, id);
}
