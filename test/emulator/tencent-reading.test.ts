import assert from 'node:assert/strict';
import type { Emulator } from '../../emulator/index.ts';
import {
  archive,
  beijing,
  codeOf,
  type Guest,
  newGuest,
  orders,
  plainClone,
  postgresClient,
  startTestEmulator,
  until,
} from './tencent-client.ts';

describe('Reading from Tencent', () => {
  let emulator: Emulator;
  let guest: Guest;
  before(async () => {
    emulator = await startTestEmulator();
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  it('has the fixtures: orders runs 16.2 with a primary and a standby, orders-archive an older version', async () => {
    const { DBInstanceSet = [] } = await guest.client.DescribeDBInstances({});
    const [first, second] = DBInstanceSet;
    assert.equal(first?.DBInstanceId, orders);
    assert.equal(first?.DBInstanceName, 'orders');
    assert.equal(first?.DBInstanceStatus, 'running');
    assert.equal(first?.DBKernelVersion, 'v16.2_r1.5');
    assert.equal(first?.DBInstanceMemory, 4);
    assert.equal(first?.PayType, 'postpaid');
    assert.deepEqual(first?.DBNodeSet, [
      { Role: 'Primary', Zone: 'ap-guangzhou-3' },
      { Role: 'Standby', Zone: 'ap-guangzhou-4' },
    ]);
    assert.equal(first?.ExpireTime, '0000-00-00 00:00:00');
    assert.equal(second?.DBInstanceId, archive);
    assert.equal(second?.DBMajorVersion, '13');
  });

  it('shows two network rows: the private one opened on 127.x.y.z:5432, the public one initing', async () => {
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: orders });
    const [inside, outside] = DBInstance?.DBInstanceNetInfo ?? [];
    assert.equal(inside?.Status, 'opened');
    assert.match(inside?.Ip ?? '', /^127\./);
    assert.notEqual(inside?.Ip, '127.0.0.1');
    assert.equal(inside?.Port, 5432);
    assert.deepEqual(
      [outside?.NetType, outside?.Status, outside?.Ip, outside?.Port],
      ['public', 'initing', '', 0],
    );
  });

  it('gives two accounts the same ids at different addresses', async () => {
    const other = await newGuest(emulator);
    const addressOf = async ({ client }: Guest) =>
      (await client.DescribeDBInstanceAttribute({ DBInstanceId: orders })).DBInstance
        ?.DBInstanceNetInfo?.[0]?.Ip;
    assert.notEqual(await addressOf(guest), await addressOf(other));
  });

  it('filters names by substring, tags by key alone, and knows the value only by looking', async () => {
    const found = async (Name: string, ...Values: string[]) => {
      const { DBInstanceSet = [] } = await guest.client.DescribeDBInstances({
        Filters: [{ Name, Values }],
      });
      return DBInstanceSet.map(({ DBInstanceName }) => DBInstanceName);
    };
    assert.deepEqual(await found('db-instance-name', 'orders'), ['orders', 'orders-archive']);
    assert.deepEqual(await found('db-tag-key', 'team'), ['orders']);
    assert.deepEqual(await found('db-pay-mode', 'prepaid'), []);
    assert.deepEqual(await found('db-instance-id', archive, 'x'), ['orders-archive']);
    assert.deepEqual(await found('db-instance-id', 'x'), []);
    const unknown = guest.client.DescribeDBInstances({
      Filters: [{ Name: 'name', Values: ['x'] }],
    });
    assert.equal(await codeOf(unknown), 'InvalidParameterValue.InvalidParameterValueError');
  });

  it('pages by row offset: 10 by default, 100 at most, Limit 0 means the default', async () => {
    const busy = await newGuest(emulator);
    const { BaseBackupSet } = await busy.client.DescribeBaseBackups({});
    assert.equal(BaseBackupSet?.length, 10);
    const BackupSetId = BaseBackupSet?.find(
      ({ DBInstanceId, State, BackupMethod }) =>
        DBInstanceId === orders && State === 'finished' && BackupMethod === 'physical',
    )?.Id;
    for (let index = 0; index < 10; index += 1)
      await busy.client.CloneDBInstance({ ...plainClone, Name: `page-${index}`, BackupSetId });
    const all = async (request: object) => busy.client.DescribeDBInstances(request);
    let answer = await all({ Limit: 100 });
    for (const end = Date.now() + 5000; answer.TotalCount !== 12 && Date.now() < end;)
      answer = await all({ Limit: 100 });
    assert.equal(answer.DBInstanceSet?.length, 12);
    assert.equal((await all({ Limit: 0 })).DBInstanceSet?.length, 10);
    assert.equal((await all({})).DBInstanceSet?.length, 10);
    const rest = await all({ Offset: 10 });
    assert.equal(rest.TotalCount, 12);
    assert.equal(rest.DBInstanceSet?.length, 2);
    const newest = await all({ OrderBy: 'CreateTime', OrderByType: 'desc', Limit: 1 });
    assert.equal(newest.DBInstanceSet?.[0]?.DBInstanceName, 'page-9');
    const refused = 'InvalidParameterValue.InvalidParameterValueError';
    assert.equal(await codeOf(all({ Limit: 101 })), refused);
    assert.equal(await codeOf(all({ Offset: -1 })), refused);
    assert.equal(await codeOf(all({ OrderBy: 'Size' })), refused);
    assert.equal(await codeOf(all({ OrderByType: 'up' })), refused);
  });

  it('hides backups older than 7 days unless MinFinishTime asks for them', async () => {
    const filter = [{ Name: 'db-instance-id', Values: [orders] }];
    const count = async (request: object) =>
      (await guest.client.DescribeBaseBackups({ Filters: filter, Limit: 100, ...request }))
        .BaseBackupSet ?? [];
    const unasked = await count({});
    const all = await count({ MinFinishTime: beijing(Date.now() - 60 * 86_400_000) });
    assert.ok(all.length > unasked.length);
    const old = all.at(-1);
    assert.equal(old?.BackupMode, 'manual');
    const byId = { Filters: [{ Name: 'base-backup-id', Values: [old?.Id ?? ''] }] };
    assert.equal((await guest.client.DescribeBaseBackups(byId)).TotalCount, 0);
    const times = unasked.map(({ StartTime }) => StartTime ?? '');
    assert.deepEqual(times, [...times].sort().reverse(), 'newest first');
    const good = unasked.filter(
      ({ BackupMethod, State }) => BackupMethod === 'physical' && State === 'finished',
    );
    assert.ok(good.length >= 2);
  });

  it('has a recovery window of more than 3 hours, in UTC+8, whose end lags behind now and moves', async () => {
    const slow = await startTestEmulator({ timeScale: 20 });
    try {
      const { client } = await newGuest(slow);
      const look = async () => {
        const window = await client.DescribeAvailableRecoveryTime({ DBInstanceId: orders });
        const read = (time = '') => Date.parse(`${time.replace(' ', 'T')}+08:00`);
        return { begin: read(window.RecoveryBeginTime), end: read(window.RecoveryEndTime) };
      };
      const first = await look();
      assert.ok(Date.now() - first.begin > 3 * 3600_000);
      assert.ok(first.end <= Date.now() - 2000 && first.end > Date.now() - 10_000);
      const end = Date.now() + 5000;
      while ((await look()).end === first.end) assert.ok(Date.now() < end, 'it never moved');
    } finally {
      await slow.close();
    }
  });

  it('names the smallest clone, and lets the backup set win over a time', async () => {
    const { client } = guest;
    const { RecoveryEndTime } = await client.DescribeAvailableRecoveryTime({
      DBInstanceId: orders,
    });
    const spec = await client.DescribeCloneDBInstanceSpec({
      DBInstanceId: orders,
      RecoveryTargetTime: RecoveryEndTime,
    });
    assert.equal(spec.MinSpecCode, 'pg.it.medium4');
    assert.equal(spec.MinStorage, 40);
    const refused = 'InvalidParameterValue.InvalidParameterValueError';
    const both = { BackupSetId: 'none', RecoveryTargetTime: RecoveryEndTime };
    for (const point of [both, {}, { RecoveryTargetTime: '2020-01-01 00:00:00' }])
      assert.equal(
        await codeOf(client.DescribeCloneDBInstanceSpec({ DBInstanceId: orders, ...point })),
        refused,
      );
  });

  it('sells classes per zone and version, with memory in MB', async () => {
    const { client } = guest;
    const DBEngine = 'postgresql';
    const sold = async (Zone: string, DBMajorVersion = '16') =>
      (await client.DescribeClasses({ Zone, DBEngine, DBMajorVersion })).ClassInfoSet ?? [];
    const medium = (await sold('ap-guangzhou-3')).find(
      ({ SpecCode }) => SpecCode === 'pg.it.medium4',
    );
    assert.equal(medium?.Memory, 4096);
    assert.deepEqual(await sold('ap-guangzhou-7'), []);
    assert.deepEqual(await sold('ap-guangzhou-3', '9'), []);
    const elsewhere = client.DescribeClasses({
      Zone: 'ap-beijing-1',
      DBEngine,
      DBMajorVersion: '16',
    });
    assert.equal(await codeOf(elsewhere), 'InvalidParameterValue.IllegalZone');
  });

  it('resets the password of an account, which is in Status 4 for a while', async () => {
    const own = await newGuest(emulator);
    const reset = (UserName: string, Password: string) =>
      codeOf(own.client.ResetAccountPassword({ DBInstanceId: orders, UserName, Password }));
    const wrong = 'InvalidParameterValue.';
    assert.equal(await reset('dbadmin', 'Ab1!'), `${wrong}InvalidPasswordLengthError`);
    assert.equal(await reset('dbadmin', 'abcdefgh1!'), `${wrong}InvalidPasswordValueError`);
    assert.equal(await reset('dbadmin', '/Abcdefg1!'), `${wrong}InvalidPasswordValueError`);
    assert.equal(await reset('constructor', 'Abcdefg1!'), `${wrong}AccountNotExistError`);
    assert.equal(await reset('dbadmin', 'Abcdefg1!'), 'ok');
    const look = async () => {
      const { Details = [] } = await own.client.DescribeAccounts({ DBInstanceId: orders });
      return Details.find(({ UserName }) => UserName === 'dbadmin');
    };
    const seen = await until(look, (account) => account?.Status === 2);
    assert.ok(seen.length === 1 || seen[0]?.Status === 4);
    assert.notEqual(seen.at(-1)?.PasswordUpdateTime, '0000-00-00 00:00:00');
  });

  it('answers what Terraform needs besides: zones, regions, accounts, security groups, logs', async () => {
    const { client } = guest;
    const { ZoneSet = [] } = await client.DescribeZones({});
    assert.ok(ZoneSet.some(({ ZoneState }) => ZoneState === 'SELLOUT'));
    assert.ok(
      (await client.DescribeRegions(null)).RegionSet?.some(
        ({ Region }) => Region === 'ap-guangzhou',
      ),
    );
    const { Details = [] } = await client.DescribeAccounts({ DBInstanceId: orders });
    assert.deepEqual(
      Details.map(({ UserName, UserType }) => `${UserName} ${UserType}`),
      ['dbadmin tencentDBSuper', 'orders_app normal'],
    );
    const groups = await client.DescribeDBInstanceSecurityGroups({ DBInstanceId: orders });
    assert.equal(groups.SecurityGroupSet?.[0]?.SecurityGroupId, 'sg-0f3k9d2a');
    const logs = await client.DescribeLogBackups({ Limit: 100 });
    assert.equal(logs.LogBackupSet?.length, 100);
    const far = postgresClient(emulator.url, guest, { region: 'eu-frankfurt' });
    assert.equal((await far.DescribeDBInstances({})).TotalCount, 0);
    assert.equal((await far.DescribeZones({})).TotalCount, 2);
  });
});
