import { action } from './action.ts';
import {
  type Backup,
  backupsOf,
  baseFor,
  isRestorable,
  logDays,
  recoveryWindow,
} from './backups.ts';
import { beijingTime, never, readBeijingTime } from './beijing-time.ts';
import { type Instance, isGone, statusOf } from './instance.ts';
import { type Filter, filtered, ordered, pageOf } from './paging.ts';
import { fields, filters, text, whole } from './parameters.ts';
import { instanceNotFound, invalidValue, statusLimitOp } from './refusals.ts';
import { anyInstance, instanceById, type TencentContext, type TencentState } from './state.ts';
import type { Call } from '../cloud.ts';

const hourMs = 3_600_000;

type Row = Backup & { readonly instance: Instance };

const listParameters = fields({
  MinFinishTime: text.optional(),
  MaxFinishTime: text.optional(),
  Filters: filters.optional(),
  Limit: whole.optional(),
  Offset: whole.optional(),
  OrderBy: text.optional(),
  OrderByType: text.optional(),
});

const filtersOfBackups: Record<string, (row: Row, value: string) => boolean> = {
  'db-instance-id': ({ instance }, value) => instance.id === value,
  'db-instance-name': ({ instance }, value) => instance.name.includes(value),
  'db-instance-ip': ({ instance }, value) => instance.endpoint.address === value,
  'db-instance-status': ({ instance }, value) => statusOf(instance) === value,
};

/** DOC 409/89022, 2026-08. Unasked, only backups finished in the last 7 days are shown. */
export const describeBaseBackups = action({
  perSecond: 1000,
  parameters: listParameters,
  emptyAnswer: { TotalCount: 0, BaseBackupSet: [] },
  perform: (context, call, parameters) => {
    const rows = list(context, call, {
      ...{ parameters, backups: backupsOf },
      accepts: { ...filtersOfBackups, 'base-backup-id': ({ id }, value) => id === value },
    });
    return { answer: { TotalCount: rows.total, BaseBackupSet: rows.shown } };
  },
});

/** One log backup an hour. Rate limit not published; ASSUMPTION 20. */
export const describeLogBackups = action({
  perSecond: 20,
  parameters: listParameters,
  emptyAnswer: { TotalCount: 0, LogBackupSet: [] },
  perform: (context, call, parameters) => {
    const rows = list(context, call, {
      ...{ parameters, backups: logBackupsOf, accepts: filtersOfBackups },
    });
    return { answer: { TotalCount: rows.total, LogBackupSet: rows.shown } };
  },
});

function logBackupsOf(context: TencentContext, state: TencentState, instance: Instance): Backup[] {
  const window = recoveryWindow(context, state, instance);
  if (!window) return [];
  const first = Math.ceil(window.begin / hourMs);
  const count = Math.floor(window.end / hourMs) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const finishedAt = (first + index) * hourMs;
    return {
      id: context.random.uuid(`log ${state.account.number} ${instance.id} ${first + index}`),
      ...{ method: 'physical', mode: 'automatic', state: 'finished', sizeBytes: 16_777_216 },
      ...{
        startedAt: finishedAt - hourMs,
        finishedAt,
        expiresAt: finishedAt + logDays * 24 * hourMs,
      },
    };
  });
}

function list(
  context: TencentContext,
  call: Call,
  options: {
    parameters: {
      MinFinishTime?: string | undefined;
      MaxFinishTime?: string | undefined;
      Filters?: Filter[] | undefined;
      Limit?: number | undefined;
      Offset?: number | undefined;
      OrderBy?: string | undefined;
      OrderByType?: string | undefined;
    };
    backups: (context: TencentContext, state: TencentState, instance: Instance) => Backup[];
    accepts: Record<string, (row: Row, value: string) => boolean>;
  },
) {
  const { parameters, backups, accepts } = options;
  const state = context.stateOf(call.account);
  const now = call.account.clock.now().getTime();
  const from = timeOf(parameters.MinFinishTime, now - 7 * 24 * hourMs);
  const to = timeOf(parameters.MaxFinishTime, now);
  const all = [...state.instances.keys()].flatMap((id) => {
    const instance = anyInstance(context, call, id);
    return instance
      ? backups(context, state, instance).map((backup) => ({ ...backup, instance }))
      : [];
  });
  const rows = ordered<Row>(
    filtered(all, parameters.Filters, accepts).filter(
      ({ finishedAt }) => finishedAt >= from && finishedAt <= to,
    ),
    {
      by: parameters.OrderBy ?? 'StartTime',
      direction: parameters.OrderByType ?? 'desc',
      keys: {
        StartTime: ({ startedAt }) => startedAt,
        FinishTime: ({ finishedAt }) => finishedAt,
        Size: ({ sizeBytes }) => sizeBytes,
      },
    },
  );
  const { Limit: limit, Offset: offset } = parameters;
  return {
    total: rows.length,
    shown: pageOf(rows, { limit, offset, fallback: 10 }).map(backupView),
  };
}

const backupView = (row: Row) => ({
  DBInstanceId: row.instance.id,
  Id: row.id,
  Name: `${row.mode}-${beijingTime(row.startedAt).replace(/\D/g, '')}`,
  ...{ BackupMethod: row.method, BackupMode: row.mode, State: row.state, Size: row.sizeBytes },
  StartTime: beijingTime(row.startedAt),
  FinishTime: beijingTime(row.finishedAt),
  ExpireTime: beijingTime(row.expiresAt),
});

function timeOf(given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  const at = readBeijingTime(given);
  if (at === undefined) throw invalidValue(`'${given}' is not of the form 2018-01-01 00:00:00.`);
  return at;
}

/** ASSUMPTION: an instance that runs but has no backup yet shows "never" twice. */
export const describeAvailableRecoveryTime = action({
  perSecond: 1000,
  parameters: fields({ DBInstanceId: text }),
  perform: (context, call, { DBInstanceId }) => {
    const instance = instanceById(context, call, DBInstanceId);
    if (instance.builtAt === null || instance.isolatedAt !== null)
      throw statusLimitOp(DBInstanceId, statusOf(instance));
    const window = recoveryWindow(context, context.stateOf(call.account), instance);
    return {
      answer: {
        RecoveryBeginTime: window ? beijingTime(window.begin) : never,
        RecoveryEndTime: window ? beijingTime(window.end) : never,
      },
    };
  },
});

/** The smallest clone: the data to restore with a tenth to spare, in steps of 10 GB. ASSUMPTION: the formula is not published. */
export const minStorageGb = (instance: Instance) => Math.ceil((instance.dataGb * 1.1) / 10) * 10;

/** Both points given: the backup set wins, unlike in CloneDBInstance (its page says so). */
export const describeCloneDBInstanceSpec = action({
  perSecond: 1000,
  parameters: fields({
    DBInstanceId: text,
    BackupSetId: text.optional(),
    RecoveryTargetTime: text.optional(),
  }),
  perform: (context, call, { DBInstanceId, BackupSetId, RecoveryTargetTime }) => {
    const instance = anyInstance(context, call, DBInstanceId);
    if (!instance || isGone(instance)) throw instanceNotFound(DBInstanceId);
    const state = context.stateOf(call.account);
    const backups = backupsOf(context, state, instance);
    if (BackupSetId === undefined && RecoveryTargetTime === undefined)
      throw invalidValue('One of `BackupSetId` and `RecoveryTargetTime` is required.');
    if (BackupSetId !== undefined) {
      if (!backups.some((backup) => backup.id === BackupSetId && isRestorable(backup)))
        throw invalidValue(`Backup set ${BackupSetId} of ${DBInstanceId} can't be cloned.`);
    } else {
      if (instance.builtAt === null || instance.isolatedAt !== null)
        throw statusLimitOp(DBInstanceId, statusOf(instance));
      const at = timeOf(RecoveryTargetTime, 0);
      const window = recoveryWindow(context, state, instance);
      if (!window || at < window.begin || at > window.end || !baseFor(backups, at))
        throw invalidValue(`${RecoveryTargetTime} is outside the recovery window.`);
    }
    return {
      answer: { MinSpecCode: instance.minSpecCode, MinStorage: minStorageGb(instance) },
    };
  },
});
