import assert from 'node:assert/strict';
import type { Emulator } from '../../emulator/index.ts';
import {
  archive,
  beijing,
  clone,
  codeOf,
  goodClone,
  type Guest,
  newestBackup,
  newGuest,
  orders,
  plainClone,
  postgresClient,
  startTestEmulator,
  untilStatus,
} from './tencent-client.ts';

const wrongValue = 'InvalidParameterValue.InvalidParameterValueError';

describe('What Tencent refuses', () => {
  let emulator: Emulator;
  let guest: Guest;
  before(async () => {
    emulator = await startTestEmulator();
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  const required = ['DBInstanceId', 'SpecCode', 'Storage', 'Period', 'AutoRenewFlag', 'VpcId'];
  for (const field of [...required, 'SubnetId'])
    it(`a clone without ${field}: MissingParameter`, async () => {
      const request: Record<string, unknown> = { ...(await goodClone(guest.client)) };
      delete request[field];
      assert.equal(
        await codeOf(guest.client.request('CloneDBInstance', request)),
        'MissingParameter',
      );
    });

  const wrong: [claim: string, change: Record<string, unknown>, code: string][] = [
    ['an unknown field', { ClientToken: 'x' }, 'UnknownParameter'],
    ['a field unknown inside a list', { TagList: [{ Key: 'a' }] }, 'UnknownParameter'],
    ['VoucherIds as a list, as the sample shows it', { VoucherIds: ['v'] }, 'InvalidParameter'],
    ['a storage as text', { Storage: '100' }, 'InvalidParameter'],
    ['a storage off the step of 10', { Storage: 105 }, wrongValue],
    ['a storage above the class', { Storage: 5000 }, wrongValue],
    ['a storage below the class', { SpecCode: 'pg.it.large8', Storage: 40 }, wrongValue],
    [
      'an unknown class',
      { SpecCode: 'pg.it.huge' },
      'InvalidParameterValue.SpecNotRecognizedError',
    ],
    ['two months postpaid', { Period: 2 }, wrongValue],
    ['13 months prepaid', { InstanceChargeType: 'PREPAID', Period: 13 }, wrongValue],
    ['an unknown charge type', { InstanceChargeType: 'POSTPAID' }, wrongValue],
    ['a renewal flag of 2', { AutoRenewFlag: 2 }, wrongValue],
    ['a voucher flag of 2', { AutoVoucher: 2 }, wrongValue],
    ['an unknown sync mode', { SyncMode: 'Sync' }, wrongValue],
    ['a name of 60 characters', { Name: 'x'.repeat(60) }, wrongValue],
    ['a name with a dot', { Name: 'orders.2' }, wrongValue],
    ['an unknown project', { ProjectId: 7 }, 'InvalidParameterValue.IllegalProjectId'],
    ['an unknown VPC', { VpcId: 'vpc-00000000' }, 'FailedOperation.QueryVpcFailed'],
    ['a subnet of another VPC', { SubnetId: 'subnet-6h1j3v8s' }, 'FailedOperation.GetSubnetError'],
    ['an unknown security group', { SecurityGroupIds: ['sg-none'] }, wrongValue],
    ['an unknown source', { DBInstanceId: 'postgres-00000000' }, wrongValue],
    ['an unknown backup', { BackupSetId: 'no-such-backup' }, wrongValue],
    ['both points', { RecoveryTargetTime: '2026-11-21 10:00:00' }, wrongValue],
    ['neither point', { BackupSetId: undefined }, wrongValue],
    ['one node', { DBNodeSet: [{ Role: 'Primary', Zone: 'ap-guangzhou-3' }] }, wrongValue],
  ];
  for (const [claim, change, code] of wrong)
    it(`a clone with ${claim}: ${code}`, async () => {
      const request = { ...(await goodClone(guest.client)), ...change };
      assert.equal(await codeOf(guest.client.request('CloneDBInstance', request)), code);
    });

  const nodes: [claim: string, zones: [string, string], code: string][] = [
    ['of another region', ['ap-beijing-1', 'ap-beijing-1'], 'InvalidParameterValue.IllegalZone'],
    [
      'that is sold out',
      ['ap-guangzhou-7', 'ap-guangzhou-7'],
      'InvalidParameterValue.InvalidZoneIdError',
    ],
    [
      'that is no standby zone of the primary',
      ['ap-guangzhou-6', 'ap-guangzhou-3'],
      'InvalidParameterValue.IllegalZone',
    ],
  ];
  for (const [claim, [primary, standby], code] of nodes)
    it(`a clone into a zone ${claim}: ${code}`, async () => {
      const DBNodeSet = [
        { Role: 'Standby', Zone: standby },
        { Role: 'Primary', Zone: primary },
      ];
      const request = { ...(await goodClone(guest.client)), DBNodeSet };
      assert.equal(await codeOf(guest.client.CloneDBInstance(request)), code);
    });

  it('a time outside the recovery window, with a zone, or in another form', async () => {
    const { RecoveryBeginTime = '', RecoveryEndTime = '' } =
      await guest.client.DescribeAvailableRecoveryTime({ DBInstanceId: orders });
    const shifted = (time: string, seconds: number) =>
      beijing(Date.parse(`${time.replace(' ', 'T')}+08:00`) + seconds * 1000);
    const bad = [
      shifted(RecoveryBeginTime, -60),
      shifted(RecoveryEndTime, 3600),
      `${RecoveryEndTime}Z`,
      RecoveryEndTime.replace(' ', 'T'),
      RecoveryEndTime.replaceAll('-', '/'),
    ];
    for (const RecoveryTargetTime of bad) {
      const call = guest.client.CloneDBInstance({ ...plainClone, RecoveryTargetTime });
      assert.equal(await codeOf(call), wrongValue, RecoveryTargetTime);
    }
  });

  it('a logical, a failed, and another instance’s backup set', async () => {
    const { BaseBackupSet = [] } = await guest.client.DescribeBaseBackups({ Limit: 100 });
    const of = (test: (backup: (typeof BaseBackupSet)[number]) => boolean) =>
      BaseBackupSet.find((backup) => backup.DBInstanceId === orders && test(backup))?.Id;
    const bad = [
      of(({ BackupMethod }) => BackupMethod === 'logical'),
      of(({ State }) => State === 'failed'),
      await newestBackup(guest.client, archive),
    ];
    for (const BackupSetId of bad) {
      assert.ok(BackupSetId);
      const call = guest.client.CloneDBInstance({ ...plainClone, BackupSetId });
      assert.equal(await codeOf(call), wrongValue);
    }
  });

  it('the old class of the sample in a zone that sells only new ones', async () => {
    const Zone = 'ap-guangzhou-6';
    const DBNodeSet = [
      { Role: 'Primary', Zone },
      { Role: 'Standby', Zone },
    ];
    const request = { ...(await goodClone(guest.client)), SpecCode: 'cdb.pg.z1.2g', DBNodeSet };
    const code = await codeOf(guest.client.CloneDBInstance(request));
    assert.equal(code, 'InvalidParameterValue.SpecNotRecognizedError');
  });

  it('isolating what is not running, destroying what is not isolated, and what is protected', async () => {
    await guest.arm({ action: 'CloneDBInstance', fault: 'stuck', status: 'initing' });
    const id = await clone(guest, { DeletionProtection: true });
    await untilStatus(guest, id, 'initing');
    const isolate = () => guest.client.IsolateDBInstances({ DBInstanceIdSet: [id] });
    assert.equal(await codeOf(isolate()), 'OperationDenied.InstanceStatusLimitError');
    const destroy = guest.client.DestroyDBInstance({ DBInstanceId: id });
    assert.equal(await codeOf(destroy), 'OperationDenied.InstanceStatusLimitOpError');
    await guest.control('DELETE', '/faults');
    await untilStatus(guest, id, 'running');
    assert.equal(await codeOf(isolate()), 'OperationDenied.InstanceStatusLimitError');
    await guest.client.ModifyDBInstanceDeletionProtection({
      DBInstanceId: id,
      DeletionProtection: false,
    });
    assert.equal(await codeOf(isolate()), 'ok');
    assert.equal(await codeOf(isolate()), 'OperationDenied.InstanceStatusLimitError');
  });

  it('a clone of a source that does not run', async () => {
    await guest.arm({ action: 'CloneDBInstance', fault: 'stuck', status: 'cloning' });
    const id = await clone(guest);
    await untilStatus(guest, id, 'cloning');
    const call = guest.client.CloneDBInstance({
      ...(await goodClone(guest.client)),
      DBInstanceId: id,
    });
    assert.equal(await codeOf(call), 'OperationDenied.InstanceStatusLimitError');
    const window = guest.client.DescribeAvailableRecoveryTime({ DBInstanceId: id });
    assert.equal(await codeOf(window), 'OperationDenied.InstanceStatusLimitOpError');
  });

  it('calls about instances that do not exist, or live in another region', async () => {
    const notFound = 'ResourceNotFound.InstanceNotFoundError';
    const DBInstanceId = 'postgres-00000000';
    const { client } = guest;
    assert.equal(await codeOf(client.DescribeDBInstanceAttribute({ DBInstanceId })), notFound);
    assert.equal(await codeOf(client.DestroyDBInstance({ DBInstanceId })), notFound);
    assert.equal(await codeOf(client.DescribeAvailableRecoveryTime({ DBInstanceId })), notFound);
    const elsewhere = postgresClient(emulator.url, guest, { region: 'ap-beijing' });
    const call = elsewhere.DescribeDBInstanceAttribute({ DBInstanceId: orders });
    assert.equal(await codeOf(call), notFound);
  });

  it('new names that are too long or hold other characters, each with its own code', async () => {
    const rename = (InstanceName: string) =>
      codeOf(guest.client.ModifyDBInstanceName({ DBInstanceId: orders, InstanceName }));
    assert.equal(await rename('x'.repeat(60)), 'InvalidParameterValue.ParameterLengthLimitError');
    assert.equal(await rename('a b'), 'InvalidParameterValue.ParameterCharacterError');
    assert.equal(await rename('订单-0241_a'), 'ok');
    assert.equal(await rename('orders'), 'ok');
  });

  it('the 21st DescribeTasks within a second, for one account only', async () => {
    const busy = await newGuest(emulator);
    const calls = Array.from({ length: 50 }, () => codeOf(busy.client.DescribeTasks({})));
    const codes = await Promise.all(calls);
    assert.ok(codes.includes('RequestLimitExceeded'), codes.join());
    assert.ok(codes.filter((code) => code === 'ok').length >= 20);
    assert.equal(await codeOf(guest.client.DescribeTasks({})), 'ok');
  });

  it('with another code where the documents name none and the options choose one', async () => {
    const other = await startTestEmulator({
      tencent: {
        unknownCloneSourceCode: 'FailedOperation.DatabaseAccessError',
        unknownIdInList: 'refused',
      },
    });
    try {
      const { client } = await newGuest(other);
      const request = { ...(await goodClone(client)), DBInstanceId: 'postgres-00000000' };
      const code = await codeOf(client.CloneDBInstance(request));
      assert.equal(code, 'FailedOperation.DatabaseAccessError');
      const Filters = [{ Name: 'db-instance-id', Values: ['postgres-00000000'] }];
      const listed = await codeOf(client.DescribeDBInstances({ Filters }));
      assert.equal(listed, 'ResourceNotFound.InstanceNotFoundError');
    } finally {
      await other.close();
    }
  });
});
