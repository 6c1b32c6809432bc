import assert from 'node:assert/strict';
import type { Emulator } from '../../emulator/index.ts';
import {
  beijing,
  clone,
  codeOf,
  goodClone,
  type Guest,
  newestBackup,
  newGuest,
  orders,
  archive,
  plainClone,
  startTestEmulator,
  statusOf,
  tagClient,
  until,
  untilStatus,
} from './tencent-client.ts';

const day = 86_400;
const notFound = 'ResourceNotFound.InstanceNotFoundError';

/** Statuses can be too short to be seen, but none may be out of order or of another kind. */
function assertPassed(sights: readonly string[], way: readonly string[]): void {
  assert.deepEqual(
    sights,
    way.filter((status) => sights.includes(status)),
  );
  assert.equal(sights.at(-1), way.at(-1));
}

interface Row {
  id: string;
  status: string;
  sourceId: string | null;
  origin: string;
  createdSeq: number | null;
  deletedSeq: number | null;
  deletedAt: string | null;
}

describe('The life of a Tencent clone', () => {
  let emulator: Emulator;
  let guest: Guest;
  before(async () => {
    emulator = await startTestEmulator();
  });
  beforeEach(async () => {
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  const isolate = (id: string) => guest.client.IsolateDBInstances({ DBInstanceIdSet: [id] });
  const row = async (id: string) =>
    (await guest.control<Row[]>('GET', '/inventory')).find((found) => found.id === id);
  const tasks = async (id: string) => {
    const { TaskSet = [] } = await guest.client.DescribeTasks({ DBInstanceId: id });
    return TaskSet;
  };

  it('goes applying, initing, cloning, running', async () => {
    const way = ['applying', 'initing', 'cloning', 'running'];
    for (const status of way.slice(0, -1)) {
      await guest.arm({ action: 'CloneDBInstance', fault: 'stuck', status });
      const id = await clone(guest);
      await untilStatus(guest, id, status);
      await guest.control('DELETE', '/faults');
      assertPassed(await untilStatus(guest, id, 'running'), way);
    }
  });

  it('is built as asked for, and opens its private address when it runs', async () => {
    await guest.arm({ action: 'CloneDBInstance', fault: 'stuck', status: 'cloning' });
    const id = await clone(guest, {
      Name: 'orders-0241-lbabc',
      TagList: [{ TagKey: 'lifeboat-restore', TagValue: 'r1' }],
      Storage: 300,
      SpecCode: 'pg.it.large8',
      SecurityGroupIds: ['sg-0f3k9d2a'],
      DeletionProtection: true,
    });
    await untilStatus(guest, id, 'cloning');
    const early = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: id });
    assert.equal(early.DBInstance?.DBInstanceNetInfo?.[0]?.Status, 'opening');
    await guest.control('DELETE', '/faults');
    await untilStatus(guest, id, 'running');
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: id });
    assert.equal(DBInstance?.DBInstanceNetInfo?.[0]?.Status, 'opened');
    assert.equal(DBInstance?.DBInstanceName, 'orders-0241-lbabc');
    assert.deepEqual(DBInstance?.TagList, [{ TagKey: 'lifeboat-restore', TagValue: 'r1' }]);
    assert.equal(DBInstance?.DBInstanceStorage, 300);
    assert.equal(DBInstance?.DBMajorVersion, '16');
    assert.equal(DBInstance?.DeletionProtection, true);
    assert.equal((await row(id))?.sourceId, orders);
  });

  it('is called <source>-Copy when no name is given', async () => {
    const id = await clone(guest, { Name: undefined });
    await until(
      () => statusOf(guest.client, id),
      (sight) => sight !== 'gone',
    );
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: id });
    assert.equal(DBInstance?.DBInstanceName, 'orders-Copy');
  });

  it('can be restored to the last second that the window shows', async () => {
    const { RecoveryEndTime } = await guest.client.DescribeAvailableRecoveryTime({
      DBInstanceId: orders,
    });
    const request = { ...plainClone, RecoveryTargetTime: RecoveryEndTime };
    assert.equal(await codeOf(guest.client.CloneDBInstance(request)), 'ok');
  });

  it('two equal calls are two purchases', async () => {
    const request = await goodClone(guest.client);
    const [one, two] = await Promise.all([
      guest.client.CloneDBInstance(request),
      guest.client.CloneDBInstance(request),
    ]);
    assert.notEqual(one.DBInstanceId, two.DBInstanceId);
  });

  it('has a task that runs, progresses and succeeds', async () => {
    const id = await clone(guest);
    const [running] = await tasks(id);
    assert.equal(running?.TaskType, 'CloneInstance');
    assert.equal(running?.Status, 'Running');
    assert.equal(running?.EndTime, '');
    assert.ok((running?.Progress ?? 100) < 100);
    await untilStatus(guest, id, 'running');
    const [done] = await tasks(id);
    assert.equal(done?.Status, 'Success');
    assert.equal(done?.Progress, 100);
  });

  it('prepaid, the default and in any case of letters, gives no id: the order leads to it later', async () => {
    const request = {
      ...(await goodClone(guest.client)),
      InstanceChargeType: 'prepaid',
      Period: 12,
    };
    const bought = await guest.client.CloneDBInstance(request);
    assert.equal(bought.DBInstanceId, undefined);
    assert.match(bought.DealName ?? '', /^\d+$/);
    const look = async () =>
      (await guest.client.DescribeOrders({ DealNames: [bought.DealName ?? ''] })).Deals ?? [];
    const sights = await until(look, ([deal]) => (deal?.DBInstanceIdSet ?? []).length > 0);
    assert.deepEqual(
      sights[0]?.flatMap(({ DBInstanceIdSet }) => DBInstanceIdSet),
      [],
    );
    const deal = sights.at(-1)?.[0];
    assert.equal(deal?.PayMode, 1);
    const id = deal?.DBInstanceIdSet?.[0] ?? '';
    await untilStatus(guest, id, 'running');
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: id });
    assert.equal(DBInstance?.PayType, 'prepaid');
    assert.notEqual(DBInstance?.ExpireTime, '0000-00-00 00:00:00');
    const { TaskSet } = await guest.client.DescribeTasks({ TaskId: deal?.FlowId });
    assert.equal(TaskSet?.[0]?.DBInstanceId, id);
  });

  it('is isolated, comes back, is isolated again and destroyed', async () => {
    const id = await clone(guest);
    await untilStatus(guest, id, 'running');
    await isolate(id);
    const leaving = await untilStatus(guest, id, 'isolated');
    assertPassed(leaving, ['running', 'isolating', 'isolated']);
    assert.equal((await row(id))?.deletedAt, null);
    await guest.client.DisIsolateDBInstances({ DBInstanceIdSet: [id] });
    const back = await untilStatus(guest, id, 'running');
    assertPassed(back, ['disisolating', 'running']);
    await isolate(id);
    await untilStatus(guest, id, 'isolated');
    await guest.client.DestroyDBInstance({ DBInstanceId: id });
    assertPassed(await untilStatus(guest, id, 'gone'), ['offlining', 'gone']);
    assert.equal(await codeOf(guest.client.DestroyDBInstance({ DBInstanceId: id })), notFound);
    const { DBInstanceSet = [] } = await guest.client.DescribeDBInstances({});
    assert.ok(!DBInstanceSet.some(({ DBInstanceId }) => DBInstanceId === id));
    const left = await row(id);
    assert.ok(left?.deletedAt);
    assert.ok((left?.deletedSeq ?? 0) > (left?.createdSeq ?? 0));
    const destroyed = (await tasks(id)).find(({ TaskType }) => TaskType === 'DestroyInstance');
    assert.equal(destroyed?.Status, 'Success');
  });

  it('leaves the recycle bin by itself after 3 days of business time', async () => {
    const id = await clone(guest);
    await untilStatus(guest, id, 'running');
    await isolate(id);
    await untilStatus(guest, id, 'isolated');
    await guest.control('POST', '/clock', { advanceSeconds: 3 * day - 60 });
    assert.equal(await statusOf(guest.client, id), 'isolated');
    await guest.control('POST', '/clock', { advanceSeconds: 120 });
    assert.equal(await statusOf(guest.client, id), 'gone');
  });

  it('has nothing to renew when it is paid by the hour', async () => {
    const renewal = async (change: object) => {
      const id = await clone(guest, change);
      await untilStatus(guest, id, 'running');
      const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: id });
      return DBInstance?.AutoRenew;
    };
    assert.equal(await renewal({ AutoRenewFlag: 1 }), 0);
  });

  const tooSmall = { 'a disk': { Storage: 30 }, 'a class': { SpecCode: 'pg.it.small2' } };
  for (const [what, change] of Object.entries(tooSmall))
    it(`is accepted with ${what} too small for the data, and then fails`, async () => {
      const id = await clone(guest, change);
      const sights = await untilStatus(guest, id, 'isolated');
      assert.ok(sights.includes('cloning') && !sights.includes('running'), sights.join());
      const [task] = await tasks(id);
      assert.equal(task?.Status, 'Fail');
      assert.match(task?.TaskDetail?.Message ?? '', /does not fit/);
    });

  it('can be made of a destroyed source from a backup that survives it, but not to a time', async () => {
    const { RecoveryEndTime } = await guest.client.DescribeAvailableRecoveryTime({
      DBInstanceId: orders,
    });
    const request = await goodClone(guest.client);
    await isolate(orders);
    await untilStatus(guest, orders, 'isolated');
    await guest.client.DestroyDBInstance({ DBInstanceId: orders });
    await untilStatus(guest, orders, 'gone');
    const toTime = { ...plainClone, RecoveryTargetTime: RecoveryEndTime };
    const refused = await codeOf(guest.client.CloneDBInstance(toTime));
    assert.equal(refused, 'OperationDenied.InstanceStatusLimitError');
    const { DBInstanceId = '' } = await guest.client.CloneDBInstance(request);
    await untilStatus(guest, DBInstanceId, 'running');
  });

  it('has backups and a window of its own soon after it runs, and can be cloned again', async () => {
    const id = await clone(guest);
    await untilStatus(guest, id, 'running');
    await until(
      () => newestBackup(guest.client, id),
      (found) => found !== '',
    );
    const BackupSetId = await newestBackup(guest.client, id);
    const again = { ...plainClone, DBInstanceId: id, BackupSetId };
    assert.equal(await codeOf(guest.client.CloneDBInstance(again)), 'ok');
  });

  it('sees backups expire and new ones appear as business time moves on', async () => {
    const oldest = await newestBackup(guest.client, archive);
    await guest.control('POST', '/clock', { advanceSeconds: 15 * day });
    const newest = await newestBackup(guest.client, archive);
    assert.notEqual(newest, oldest);
    const MinFinishTime = beijing(Date.now() - 60 * day * 1000);
    const { BaseBackupSet = [] } = await guest.client.DescribeBaseBackups({
      Filters: [{ Name: 'db-instance-id', Values: [archive] }],
      ...{ MinFinishTime, Limit: 100 },
    });
    assert.ok(!BaseBackupSet.some(({ Id }) => Id === oldest));
  });

  it('carries tags that the tag service reads and changes', async () => {
    const tags = tagClient(emulator.url, guest);
    const Resource = `qcs::postgres:ap-guangzhou:uin/:DBInstanceId/${orders}`;
    await tags.ModifyResourceTags({
      Resource,
      ReplaceTags: [{ TagKey: 'stage', TagValue: 'prod' }],
      DeleteTags: [{ TagKey: 'team' }],
    });
    const byIds = await tags.DescribeResourceTagsByResourceIds({
      ...{ ServiceType: 'postgres', ResourcePrefix: 'DBInstanceId' },
      ...{ ResourceIds: [orders, archive], ResourceRegion: 'ap-guangzhou' },
    });
    assert.deepEqual(
      byIds.Tags?.map(({ TagKey, TagValue, ResourceId }) => [TagKey, TagValue, ResourceId]),
      [['stage', 'prod', orders]],
    );
    const failed = await tags.TagResources({
      ResourceList: [Resource.replace(orders, archive), Resource.replace(orders, 'postgres-none')],
      Tags: [{ TagKey: 'stage', TagValue: 'old' }],
    });
    assert.equal(failed.FailedResources?.length, 1);
    const filter = [{ TagKey: 'stage', TagValue: ['old', 'older'] }];
    const byTags = await tags.DescribeResourcesByTags({ TagFilters: filter });
    assert.deepEqual(
      byTags.Rows?.map(({ ResourceId }) => ResourceId),
      [archive],
    );
    const first = await tags.GetResources({ TagFilters: [{ TagKey: 'stage' }], MaxResults: 1 });
    const { PaginationToken } = first;
    assert.notEqual(PaginationToken, '');
    const second = await tags.GetResources({
      ...{ TagFilters: [{ TagKey: 'stage' }], MaxResults: 1, PaginationToken },
    });
    assert.equal(second.PaginationToken, '');
    await tags.UnTagResources({ ResourceList: [Resource], TagKeys: ['stage'] });
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: orders });
    assert.deepEqual(DBInstance?.TagList, []);
    const odd = tags.DescribeResourcesByTags({ TagFilters: filter, Offset: 4, Limit: 15 });
    assert.equal(await codeOf(odd), 'InvalidParameterValue.OffsetInvalid');
    assert.equal(
      await codeOf(tags.ModifyResourceTags({ Resource, ReplaceTags: [] })),
      'InvalidParameterValue.InvalidParameterValueError',
    );
  });
});
