import { hostname } from 'node:os';
import { Context } from '@temporalio/activity';
import type { Activities, Source } from '../../workflows/inquiries.ts';
import { chooseAccount, timeScale, type Account } from '../accounts.ts';
import { preconditionFailed } from '../failures.ts';
import { earlierSeconds } from '../open-runs.ts';
import { registeredSearchAttributes } from '../search-attributes.ts';
import { inspectClone } from './checks.ts';
import { cloneCloud } from './cloud.ts';
import { fromWall } from './wall-time.ts';
import type { Instance } from './instance.ts';
import { orderFrom, timingOf } from './order.ts';

type Inquiries = Pick<Activities, 'findCloneSources' | 'findClonePoints' | 'planClone'>;

const cloudOf = (account: Account, region: string) =>
  cloneCloud({ account: account.name, region, timing: timingOf(account, timeScale(account)) });

const describe = (instance: Instance, account: Account, region: string): Source => ({
  id: instance.DBInstanceId,
  name: instance.DBInstanceName,
  engine: `PostgreSQL ${instance.DBVersion}`,
  status: instance.DBInstanceStatus,
  storageGb: instance.DBInstanceStorage,
  account: account.name,
  region,
  restore: 'tencentPostgresClone',
});

const findCloneSources: Inquiries['findCloneSources'] = async (ask) => {
  const account = chooseAccount({ cloud: 'tencent', name: ask.account });
  const instances = await cloudOf(account, account.region).instances();
  return instances.map((instance) => describe(instance, account, account.region));
};

const findClonePoints: Inquiries['findClonePoints'] = async (ask) => {
  const account = chooseAccount({ cloud: 'tencent', name: ask.account });
  const region = ask.region ?? account.region;
  const cloud = cloudOf(account, region);
  const instance = await cloud.instance(ask.source);
  if (!instance)
    throw preconditionFailed(
      `${ask.source} does not exist in ${account.name} ${region}. lifeboat sources lists what does.`,
    );
  const window = await cloud.recoveryWindow(ask.source);
  const begin = fromWall(window.RecoveryBeginTime);
  const end = fromWall(window.RecoveryEndTime);
  const backups = await cloud.backups(ask.source);
  return {
    source: describe(instance, account, region),
    timeZone: account.timeZone,
    now: cloud.now().toISOString(),
    ...(begin && end ? { window: { begin, end } } : {}),
    backups: backups.map((backup) => ({
      id: backup.Id,
      kind: `${backup.BackupMethod} ${backup.BackupMode} ${backup.State}`,
      sizeBytes: backup.Size,
      usable: backup.BackupMethod === 'physical' && backup.State === 'finished',
      ...optional('finished', fromWall(backup.FinishTime)),
      ...optional('expires', fromWall(backup.ExpireTime)),
    })),
  };
};

const optional = <K extends string>(key: K, value: string | undefined) =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<K, string>>;

/** Exactly the checks of the restore, and no step further. */
const planClone: Inquiries['planClone'] = async ({ input }) => {
  const { workflowExecution } = Context.current().info;
  const run = {
    restoreId: workflowExecution?.runId ?? '',
    owner: workflowExecution?.workflowId ?? '',
  };
  const order = orderFrom(input, run, await registeredSearchAttributes());
  return {
    order,
    plan: await inspectClone(cloneCloud(order), order),
    earlierSeconds: await earlierSeconds(Context.current().client, {
      source: order.request.source,
      known: order.searchAttributes,
    }),
    worker: hostname(),
  };
};

export const cloneInquiries: Inquiries = { findCloneSources, findClonePoints, planClone };
