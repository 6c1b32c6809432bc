import assert from 'node:assert/strict';
import { activities } from '../../activities/tencent-postgres-clone/activities.ts';
import { spokenMoment } from '../../activities/moments.ts';
import { parseMoment } from '../../activities/request.ts';
import type { AuditEntry } from '../../emulator/audit.ts';
import type { Emulator } from '../../emulator/index.ts';
import type { Check } from '../../workflows/restore.ts';
import {
  archive,
  type Guest,
  guestWith,
  newestBackup,
  orders,
  startTestEmulator,
} from '../emulator/tencent-client.ts';
import { attempt, failureOf, orderOf } from './attempt.ts';
import { useAccount } from './one-account.ts';
import { refusal, startScriptedTencent } from './scripted-tencent.ts';
import type { ScriptedTencent } from './scripted-tencent.ts';

const check = (request: object = {}, options: Parameters<typeof attempt>[2] = {}) =>
  attempt(activities.checkCloneSource, { order: orderOf(request) }, options);

const named = (checks: Check[] = [], name: string) => checks.find((each) => each.name === name);

describe('Checking a source', () => {
  let emulator: Emulator;
  let guest: Guest;
  let configured: { end(): void };
  before(async () => {
    // At true speed the window's end lags behind, as a cloud's does.
    emulator = await startTestEmulator({ timeScale: 1 });
    guest = guestWith(emulator.url, emulator);
    configured = useAccount({ ...guest });
  });
  after(async () => {
    configured.end();
    await emulator.close();
  });

  const refused = async (request: object) => {
    const failure = failureOf(await check(request));
    assert.deepEqual([failure.type, failure.nonRetryable], ['PreconditionFailed', true]);
    assert.match(failure.message, /^NOT CREATED {2}.*\. Nothing was made\.$/s);
    return failure.message;
  };
  const window = async () => {
    const { RecoveryBeginTime, RecoveryEndTime } = await guest.client.DescribeAvailableRecoveryTime(
      { DBInstanceId: orders },
    );
    const ms = (text?: string) => Date.parse(`${text?.replace(' ', 'T')}+08:00`);
    return { begin: ms(RecoveryBeginTime), end: ms(RecoveryEndTime) };
  };
  const at = (ms: number) => ({
    from: { pointInTime: spokenMoment(new Date(ms).toISOString(), '+08:00') },
  });

  it('proves every precondition by reads only and names each', async () => {
    const { result } = await check();
    assert.deepEqual(
      result?.checks.map(({ name, ok }) => [name, ok]),
      [
        ['source', 'yes'],
        ['restore point', 'yes'],
        ['spec', 'yes'],
        ['storage range', 'yes'],
        ['storage', 'yes'],
        ['zones', 'yes'],
        ['billing', 'yes'],
        ['balance', 'warn'],
        ['other restores', 'warn'],
      ],
    );
    for (const { expected, seen } of result?.checks ?? []) assert.ok(expected && seen);
    const calls = await guest.control<AuditEntry[]>('GET', '/audit');
    assert.deepEqual([...new Set(calls.map(({ kind }) => kind))], ['read']);
  });

  it('fills every omitted field from the source, billed by use', async () => {
    const { result } = await check();
    const order = orderOf();
    const BackupSetId = await newestBackup(guest.client);
    const { TagList, DBNodeSet, ...fields } = result?.parameters ?? {};
    assert.deepEqual(fields, {
      ...{ DBInstanceId: orders, SpecCode: 'pg.it.medium4', Storage: 100, Period: 1 },
      ...{ AutoRenewFlag: 0, VpcId: 'vpc-7a4k2m9x', SubnetId: 'subnet-3f8d1c6b' },
      ...{ Name: order.mark.name, InstanceChargeType: 'POSTPAID_BY_HOUR' },
      ...{ SecurityGroupIds: ['sg-0f3k9d2a'], BackupSetId },
    });
    assert.deepEqual(DBNodeSet, [
      { Role: 'Primary', Zone: 'ap-guangzhou-3' },
      { Role: 'Standby', Zone: 'ap-guangzhou-4' },
    ]);
    assert.deepEqual(TagList, [
      { TagKey: 'lifeboat-restore', TagValue: order.mark.restoreId },
      { TagKey: 'lifeboat-owner', TagValue: order.mark.owner },
    ]);
  });

  it('sends wanted fields as given, with our name and tags beside their own', async () => {
    const target = { Storage: 300, SpecCode: 'pg.it.large8', ProjectId: 0, SyncMode: 'Async' };
    const TagList = [{ TagKey: 'team', TagValue: 'orders' }];
    const { result } = await check({ target: { ...target, TagList }, unchecked: { Extra: [1] } });
    const sent = result?.parameters ?? {};
    for (const [field, value] of Object.entries(target)) assert.deepEqual(sent[field], value);
    assert.deepEqual((sent['TagList'] as object[])[0], TagList[0]);
    assert.deepEqual(sent['Extra'], [1]);
    assert.deepEqual(named(result?.checks, 'unchecked')?.ok, 'warn');
    assert.ok(result?.warnings.some((line) => /unchecked: Extra passed on as given/.test(line)));
  });

  it('lets nothing under unchecked replace what the frame owns', async () => {
    const unchecked = { DBInstanceId: archive, Name: 'mine', TagList: [] };
    const { result } = await check({ unchecked });
    assert.equal(result?.parameters['DBInstanceId'], orders);
    assert.equal(result?.parameters['Name'], orderOf().mark.name);
    assert.equal((result?.parameters['TagList'] as object[]).length, 2);
  });

  it('takes the newest restorable backup for latest, past failed and logical ones', async () => {
    const { result } = await check();
    assert.equal(result?.point.backup, await newestBackup(guest.client));
  });

  for (const [what, pick] of [
    ['failed', { State: 'failed' }],
    ['logical', { BackupMethod: 'logical' }],
  ] as const)
    it(`refuses a ${what} backup and says what it is`, async () => {
      const { BaseBackupSet = [] } = await guest.client.DescribeBaseBackups({
        Filters: [{ Name: 'db-instance-id', Values: [orders] }],
      });
      const entries = Object.entries(pick);
      const found = BaseBackupSet.find((backup) =>
        entries.every(([key, value]) => backup[key as 'State'] === value),
      );
      assert.ok(found?.Id);
      assert.match(
        await refused({ from: { backup: found.Id } }),
        new RegExp(`${found.Id}: .*${what}`),
      );
    });

  it('refuses a backup that does not exist and lists some that do', async () => {
    const message = await refused({ from: { backup: 'b0a1' } });
    assert.match(message, /no such backup: backup b0a1\. Restorable: [0-9a-f-]{36}, /);
  });

  it('takes a backup of more than 7 days ago', async () => {
    const { BaseBackupSet = [] } = await guest.client.DescribeBaseBackups({
      Filters: [{ Name: 'db-instance-id', Values: [orders] }],
      MinFinishTime: '2000-01-01 00:00:00',
      ...{ OrderBy: 'FinishTime', OrderByType: 'asc' },
    });
    const old = BaseBackupSet.find(({ State }) => State === 'finished');
    assert.ok(
      Date.now() - Date.parse(`${old?.FinishTime?.replace(' ', 'T')}+08:00`) > 7 * 86_400_000,
    );
    const { result } = await check({ from: { backup: old?.Id } });
    assert.equal(result?.point.backup, old?.Id);
  });

  it('takes any second of the recovery window, sent as UTC+8 wall time', async () => {
    const { end } = await window();
    const { result } = await check(at(end - 3_600_000));
    const wall = new Date(end + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    assert.equal(result?.parameters['RecoveryTargetTime'], wall);
    assert.equal(result?.parameters['BackupSetId'], undefined);
  });

  it('refuses a moment before the window and says the earliest', async () => {
    const { begin } = await window();
    const earliest = spokenMoment(new Date(begin).toISOString(), '+08:00');
    const message = await refused(at(begin - 1000));
    assert.ok(
      message.includes(`lies before the window; the earliest is --at "${earliest}"`),
      message,
    );
  });

  it('refuses a moment in the future, by the cloud’s clock', async () => {
    assert.match(await refused(at(Date.now() + 600_000)), /lies in the future/);
  });

  it('waits for a moment after the end of the window, and says how long and what else', async () => {
    const { end } = await window();
    const { failure } = await check(at(end + 10_000));
    assert.equal(failure?.type, 'NotReady');
    assert.match(
      failure.message,
      /is not restorable yet: window ends .*, and moves\. Instead now: --at/,
    );
    assert.match(failure.message, /Looking every 10 s until 2026-11-21T00:30:00Z$/);
    assert.ok(Number(failure.nextRetryDelay) >= 1000);
    assert.ok(Buffer.byteLength(failure.message + JSON.stringify(failure.details)) < 2048);
  });

  it('counts "ago" from when it was asked, however long it waits', async () => {
    const wanted = async (elapsedMs: number) => {
      const { failure, result } = await check({ from: { ago: '10s' } }, { elapsedMs });
      const [, seen] =
        /restore point: (.{26}) is not restorable yet/.exec(failure?.message ?? '') ?? [];
      return Date.parse(result?.point.utc ?? parseMoment(seen ?? '') ?? '');
    };
    const apart = (await wanted(0)) - (await wanted(600_000));
    assert.ok(Math.abs(apart - 600_000) <= 2000, `${apart} ms apart`);
  });

  it('keeps which backup was the latest at the first look', async () => {
    const memory = { plan: { point: { text: 'a backup', backup: 'b0a1' } } };
    const failure = failureOf(await check({}, { memory }));
    assert.match(failure.message, /no such backup: backup b0a1/);
  });

  it('keeps what the first check found for the check before the create', async () => {
    const { result: first } = await check({ from: { ago: '1h' } });
    await guest.control('POST', '/clock', { advanceSeconds: 60 });
    const order = orderOf({ from: { ago: '1h' } });
    const { result } = await attempt(activities.checkCloneSource, { order, earlier: first! });
    assert.equal(result?.point.utc, first?.point.utc);
    assert.deepEqual(result?.parameters, first?.parameters);
  });

  for (const [rule, target, sentence] of [
    ['too little storage', { Storage: 10 }, /storage: 10 GB \(expected: at least \d+ GB/],
    [
      'more storage than the spec takes',
      { Storage: 900_000 },
      /storage range: 900000 GB \(expected/,
    ],
    [
      'a spec that is not sold',
      { SpecCode: 'pg.it.huge' },
      /spec: pg\.it\.huge \(expected: sold in/,
    ],
    [
      'a spec that is too small',
      { SpecCode: 'pg.it.small2' },
      /spec: pg\.it\.small2.* at least pg\.it\.m/,
    ],
    [
      'a standby zone that does not exist',
      {
        DBNodeSet: [
          { Role: 'Primary', Zone: 'ap-guangzhou-3' },
          { Role: 'Standby', Zone: 'ap-guangzhou-99' },
        ],
      },
      /zones: ap-guangzhou-99 is unknown/,
    ],
  ] as const)
    it(`refuses ${rule}`, async () => assert.match(await refused({ target }), sentence));

  it('refuses a source that does not exist, and says what to give instead', async () => {
    const message = await refused({ source: 'postgres-gone1234', from: { ago: '1h' } });
    assert.match(
      message,
      /postgres-gone1234 does not exist in this region\. Destroyed\? Then give/,
    );
  });

  it('asks for a complete target when only a backup survives', async () => {
    const message = await refused({ source: 'postgres-gone1234', from: { backup: 'latest' } });
    assert.match(message, /no such backup|missing: SpecCode, Storage, VpcId, SubnetId, DBNodeSet/);
  });
});

describe('A check of a source that is not well', () => {
  let cloud: ScriptedTencent;
  let configured: { end(): void };
  before(async () => {
    cloud = await startScriptedTencent();
    configured = useAccount({ url: cloud.url });
  });
  after(async () => {
    configured.end();
    await cloud.close();
  });

  const instance = {
    ...{ DBInstanceId: orders, DBInstanceName: 'orders', DBInstanceClass: 'pg.it.medium4' },
    ...{ DBInstanceStorage: 100, DBVersion: '16.2', DBMajorVersion: '16', DBEngine: null },
    ...{ Zone: 'z-1', VpcId: 'vpc-1', SubnetId: 'subnet-1', PayType: 'postpaid', CreateTime: '' },
  };
  const backup = (more: object = {}) => ({
    ...{ Id: 'b-1', BackupMethod: 'physical', BackupMode: 'automatic', State: 'finished', Size: 1 },
    ...{ StartTime: '2026-11-20 03:00:00', FinishTime: '2026-11-20 03:02:00' },
    ...{ ExpireTime: '2099-01-01 00:00:00' },
    ...more,
  });
  beforeEach(() => {
    const spec = {
      SpecCode: 'pg.it.medium4',
      CPU: 2,
      Memory: 4096,
      MinStorage: 10,
      MaxStorage: 500,
    };
    status('running');
    backups(backup());
    cloud.answer('DescribeCloneDBInstanceSpec', { MinSpecCode: 'pg.it.medium4', MinStorage: 34 });
    cloud.answer('DescribeClasses', { ClassInfoSet: [spec] });
    cloud.answer('DescribeZones', { ZoneSet: null });
    cloud.answer('DescribeDBInstanceSecurityGroups', { SecurityGroupSet: null });
  });
  const status = (DBInstanceStatus: string) =>
    cloud.answer('DescribeDBInstanceAttribute', { DBInstance: { ...instance, DBInstanceStatus } });
  const backups = (...BaseBackupSet: object[]) =>
    cloud.answer('DescribeBaseBackups', { TotalCount: BaseBackupSet.length, BaseBackupSet });

  it('passes where optional fields are null', async () => {
    const { result } = await check();
    assert.equal(result?.parameters['Storage'], 100);
  });

  for (const word of ['job running', 'upgrading', 'expanding', 'polishing'])
    it(`waits for a source that is ${word}`, async () => {
      status(word);
      const { failure } = await check();
      assert.equal(failure?.type, 'NotReady');
      assert.match(
        failure.message,
        new RegExp(`source: ${orders} is ${word} \\(expected: running\\)`),
      );
    });

  for (const [word, sentence] of [
    ['readonly', /see to its disk or limits first/],
    ['limited run', /see to its disk or limits first/],
    ['isolated', /DisIsolateDBInstances brings it back/],
    ['isolating', /DisIsolateDBInstances brings it back/],
  ] as const)
    it(`refuses a source that is ${word} and says what to do`, async () => {
      status(word);
      const failure = failureOf(await check());
      assert.equal(failure.type, 'PreconditionFailed');
      assert.match(failure.message, sentence);
    });

  for (const State of ['init', 'running'])
    it(`waits for a backup that is ${State}`, async () => {
      const unfinished = { State, FinishTime: '0000-00-00 00:00:00' };
      backups(backup(), backup({ Id: 'b-2', ...unfinished }));
      const { failure } = await check({ from: { backup: 'b-2' } });
      assert.equal(failure?.type, 'NotReady');
      assert.match(failure.message, new RegExp(`restore point: b-2: physical ${State}`));
    });

  it('waits for a backup whose times are not there yet', async () => {
    backups(backup({ State: 'running', FinishTime: null, ExpireTime: null }));
    const { failure } = await check({ from: { backup: 'b-1' } });
    assert.equal(failure?.type, 'NotReady');
  });

  it('refuses an expired backup', async () => {
    backups(backup({ ExpireTime: '2026-01-01 00:00:00' }));
    const failure = failureOf(await check({ from: { backup: 'b-1' } }));
    assert.match(failure.message, /b-1: physical finished, expires 2026-01-01 00:00:00/);
  });

  it('does not take an expired backup for the latest', async () => {
    const expired = {
      Id: 'b-2',
      FinishTime: '2026-11-21 03:02:00',
      ExpireTime: '2026-11-21 03:03:00',
    };
    backups(backup(expired), backup());
    const { result } = await check();
    assert.equal(result?.point.backup, 'b-1');
  });

  it('refuses a moment of a source that offers no window', async () => {
    const never = '0000-00-00 00:00:00';
    cloud.answer('DescribeAvailableRecoveryTime', {
      ...{ RecoveryBeginTime: never, RecoveryEndTime: never },
    });
    const failure = failureOf(await check({ from: { ago: '1h' } }));
    assert.match(failure.message, /restore point: none is offered/);
  });

  it('restores a destroyed source from a surviving backup, with a complete target', async () => {
    const code = 'ResourceNotFound.InstanceNotFoundError';
    cloud.answer('DescribeDBInstanceAttribute', refusal(code));
    const bare = failureOf(await check({ from: { backup: 'b-1' } }));
    assert.match(bare.message, /missing: SpecCode, Storage, VpcId, SubnetId, DBNodeSet/);
    const target = {
      ...{ SpecCode: 'pg.it.medium4', Storage: 100, VpcId: 'vpc-1', SubnetId: 'subnet-1' },
      DBNodeSet: [{ Role: 'Primary', Zone: 'z-1' }],
    };
    cloud.answer('DescribeZones', { ZoneSet: [{ Zone: 'z-1', ZoneState: 'AVAILABLE' }] });
    const { result } = await check({ from: { backup: 'b-1' }, target });
    assert.equal(result?.parameters['BackupSetId'], 'b-1');
    assert.equal(named(result?.checks, 'source')?.ok, 'warn');
  });

  it('asks again when the cloud says nothing understandable', async () => {
    cloud.answer('DescribeBaseBackups', refusal('InternalError.DBError'));
    assert.equal(failureOf(await check()).type, 'CloudUnavailable');
  });
});
