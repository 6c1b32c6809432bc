import { callTencent, readFailure } from '../clouds/tencent.ts';
import type { TencentAnswer } from '../clouds/tencent.ts';
import { errorClass } from '../clouds/tencent-errors.ts';
import { chooseAccount, type Account, type Role } from '../accounts.ts';
import { cloudUnavailable } from '../failures.ts';
import type { BaseBackup, Instance, InstanceClass, Zone } from './instance.ts';

export interface Where {
  account: string;
  region: string;
  timing: { requestMs: number; lookMs: number };
}

type Answer<T> = Promise<T & { RequestId: string }>;

/** Limit's documented maximum (DescribeDBInstances, DescribeBaseBackups). */
const pageSize = 100;

/** The calls of Tencent PostgreSQL that restores need, bound to one account and region. */
export type CloneCloud = ReturnType<typeof cloneCloud>;

export function cloneCloud({ account: name, region, timing }: Where) {
  const account: Account = chooseAccount({ cloud: 'tencent', name });
  let heard: { cloud: number; here: number } | undefined;

  async function send<T>(
    role: Role,
    action: string,
    parameters: Record<string, unknown>,
    extra: { service?: 'tag'; freshConnection?: true } = {},
  ): Promise<TencentAnswer<T>> {
    const common = { account, region, timeoutMs: timing.requestMs };
    const answer = await callTencent<T>({ ...common, role, action, parameters, ...extra });
    if (answer.at) heard = { cloud: answer.at.getTime(), here: performance.now() };
    return answer;
  }

  /** Reads, or throws the failure for what was wanted. */
  async function read<T>(
    wanted: string,
    action: string,
    parameters: Record<string, unknown>,
  ): Answer<T> {
    const answer = await send<T>('read', action, parameters);
    if ('error' in answer) throw readFailure(wanted, answer.error, timing.lookMs);
    return answer.data;
  }

  /** Every row of a paged list. Throws if the rows do not add up to the total: an incomplete list proves nothing. */
  async function readAll<T>(page: {
    wanted: string;
    action: string;
    parameters: Record<string, unknown>;
    rows: string;
    key: keyof T;
  }): Promise<T[]> {
    const { wanted, action, parameters, rows, key } = page;
    const found = new Map<unknown, T>();
    let total = 0;
    for (let offset = 0; offset === 0 || offset < total; offset += pageSize) {
      const answer = await read<Record<string, unknown>>(wanted, action, {
        ...parameters,
        Limit: pageSize,
        Offset: offset,
      });
      total = Number(answer['TotalCount'] ?? 0);
      const list = (answer[rows] ?? []) as T[];
      for (const row of list) found.set(row[key], row);
      if (list.length === 0) break;
    }
    if (found.size !== total)
      throw cloudUnavailable(
        `Cannot ${wanted}: ${action} says ${total} and lists ${found.size}; the list changed while it was read.`,
        timing.lookMs,
      );
    return [...found.values()];
  }

  return {
    account,
    /** How often a waiting look is repeated, ms. */
    lookMs: timing.lookMs,
    /**
     * The cloud's own clock, to the second, as its last answer here told it: windows and "not in the future" are
     * judged by it, never by this machine's clock, unless no answer was heard yet.
     */
    now: (): Date => (heard ? new Date(heard.cloud + performance.now() - heard.here) : new Date()),

    /** The instance, or undefined if the cloud says that there is none. */
    async instance(id: string): Promise<Instance | undefined> {
      const answer = await send<{ DBInstance?: Instance | null }>(
        'read',
        'DescribeDBInstanceAttribute',
        { DBInstanceId: id },
      );
      if ('data' in answer) return answer.data.DBInstance ?? undefined;
      if (answer.error.code && errorClass(answer.error.code) === 'gone') return undefined;
      throw readFailure(`read ${id}`, answer.error, timing.lookMs);
    },

    /** All instances of the region, or those whose name contains `name` (the filter is fuzzy). */
    instances: (options: { name?: string } = {}) =>
      readAll<Instance>({
        wanted: options.name ? `look for ${options.name}` : 'list the instances',
        action: 'DescribeDBInstances',
        parameters: options.name
          ? { Filters: [{ Name: 'db-instance-name', Values: [options.name] }] }
          : {},
        rows: 'DBInstanceSet',
        key: 'DBInstanceId',
      }),

    /** Base backups of an instance, newest first. Without MinFinishTime only 7 days would be listed. */
    backups: (sourceId: string) =>
      readAll<BaseBackup>({
        wanted: `list the backups of ${sourceId}`,
        action: 'DescribeBaseBackups',
        parameters: {
          Filters: [{ Name: 'db-instance-id', Values: [sourceId] }],
          MinFinishTime: '2000-01-01 00:00:00',
          OrderBy: 'StartTime',
          OrderByType: 'desc',
        },
        rows: 'BaseBackupSet',
        key: 'Id',
      }),

    recoveryWindow: (id: string) =>
      read<{ RecoveryBeginTime?: string | null; RecoveryEndTime?: string | null }>(
        `read the recovery window of ${id}`,
        'DescribeAvailableRecoveryTime',
        { DBInstanceId: id },
      ),
    /** The smallest spec and storage that this restore needs: the authority, says the guide. */
    cloneMinimum: (id: string, point: Record<string, string>) =>
      read<{ MinSpecCode: string; MinStorage: number }>(
        `ask what a clone of ${id} needs at least`,
        'DescribeCloneDBInstanceSpec',
        { DBInstanceId: id, ...point },
      ),
    classes: async (zone: string, source: Pick<Instance, 'DBEngine' | 'DBMajorVersion'>) => {
      const parameters = {
        Zone: zone,
        DBEngine: source.DBEngine ?? 'postgresql',
        DBMajorVersion: source.DBMajorVersion,
      };
      const wanted = `list the specs sold in ${zone}`;
      const answer = await read<{ ClassInfoSet?: InstanceClass[] | null }>(
        wanted,
        'DescribeClasses',
        parameters,
      );
      return answer.ClassInfoSet ?? [];
    },
    zones: async () => {
      const answer = await read<{ ZoneSet?: Zone[] | null }>('list the zones', 'DescribeZones', {});
      return answer.ZoneSet ?? [];
    },
    securityGroups: async (id: string) => {
      const answer = await read<{ SecurityGroupSet?: { SecurityGroupId: string }[] | null }>(
        `read the security groups of ${id}`,
        'DescribeDBInstanceSecurityGroups',
        { DBInstanceId: id },
      );
      return (answer.SecurityGroupSet ?? []).map(({ SecurityGroupId }) => SecurityGroupId);
    },
    /** The instance that an order made; undefined while the order is not listed. */
    orderedInstance: async (dealName: string) => {
      const answer = await read<{ Deals?: { DBInstanceIdSet?: string[] | null }[] | null }>(
        `read order ${dealName}`,
        'DescribeOrders',
        { DealNames: [dealName] },
      );
      return answer.Deals?.[0]?.DBInstanceIdSet?.[0];
    },
    /** Names of the database accounts, for people; empty if the cloud does not tell. */
    accounts: async (id: string): Promise<string[]> => {
      const answer = await send<{ Details?: { UserName: string }[] | null }>(
        'read',
        'DescribeAccounts',
        { DBInstanceId: id, Limit: pageSize },
      );
      return 'error' in answer ? [] : (answer.data.Details ?? []).map(({ UserName }) => UserName);
    },
    /** What Tencent's task list says of a clone that went wrong; a hint for people, never for logic. */
    taskHint: async (id: string): Promise<string> => {
      const answer = await send<{
        TaskSet?: { TaskType: string; Status: string; TaskDetail?: { Message?: string } }[];
      }>('read', 'DescribeTasks', { DBInstanceId: id });
      if ('error' in answer) return '';
      const failed = answer.data.TaskSet?.find(({ Status }) => Status === 'Fail');
      return failed
        ? ` Tencent's task ${failed.TaskType}: ${failed.TaskDetail?.Message ?? ''}`
        : '';
    },

    /** The one call that makes something. On a connection of its own, sent once. */
    clone: (parameters: Record<string, unknown>) =>
      send<{ DealName?: string; BillId?: string; DBInstanceId?: string }>(
        'create',
        'CloneDBInstance',
        parameters,
        { freshConnection: true },
      ),

    setDeletionProtection: (id: string, on: 'on' | 'off') =>
      send('delete', 'ModifyDBInstanceDeletionProtection', {
        DBInstanceId: id,
        DeletionProtection: on === 'on',
      }),
    isolate: (id: string) => send('delete', 'IsolateDBInstances', { DBInstanceIdSet: [id] }),
    destroy: (id: string) => send('delete', 'DestroyDBInstance', { DBInstanceId: id }),
    replaceTags: (id: string, tags: { add: Record<string, string>; remove: string[] }) =>
      send(
        'create',
        'ModifyResourceTags',
        {
          Resource: `qcs::postgres:${region}:uin/:DBInstanceId/${id}`,
          ReplaceTags: Object.entries(tags.add).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
          // An empty list is refused (tag service, ModifyResourceTags).
          ...(tags.remove.length > 0
            ? { DeleteTags: tags.remove.map((TagKey) => ({ TagKey })) }
            : {}),
        },
        { service: 'tag' },
      ),
  };
}
