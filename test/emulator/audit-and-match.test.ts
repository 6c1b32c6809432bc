import assert from 'node:assert/strict';
import type { AuditEntry } from '../../emulator/audit.ts';
import type { Emulator } from '../../emulator/index.ts';
import {
  codeOf,
  goodClone,
  type Guest,
  newGuest,
  orders,
  postgresClient,
  startTestEmulator,
  tagClient,
} from './tencent-client.ts';
import { sendTc3 } from './tencent-signer.ts';

describe('The audit of a create', () => {
  let emulator: Emulator;
  let guest: Guest;
  before(async () => {
    emulator = await startTestEmulator();
  });
  beforeEach(async () => {
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  const TagList = [{ TagKey: 'lifeboat', TagValue: 'lb1' }];
  const create = async (change: object) => {
    const request = { ...(await goodClone(guest.client)), TagList, ...change };
    const client = postgresClient(emulator.url, guest, { seconds: 1 });
    return codeOf(client.request('CloneDBInstance', request));
  };
  const lastCreate = async () =>
    (await guest.control<AuditEntry[]>('GET', '/audit'))
      .filter(({ kind }) => kind === 'create')
      .at(-1);

  const wrong = { unknown: { ClientToken: 'x' }, wrongType: { Storage: '100' } };
  for (const [what, change] of Object.entries(wrong))
    for (const fault of [undefined, 'dropBefore', 'dropAfter', 'http500', 'hang'])
      it(`names no resource for a request with ${what} that met ${fault ?? 'no fault'}`, async () => {
        if (fault) await guest.arm({ action: 'CloneDBInstance', fault });
        await create(change);
        const entry = await lastCreate();
        assert.equal(entry?.resourceId, null);
        assert.equal(entry?.name, 'orders-0241-lb1');
        assert.deepEqual(entry?.tags, { lifeboat: 'lb1' });
      });

  it('says what it can of a name and tags that are not even texts', async () => {
    await guest.arm({ action: 'CloneDBInstance', fault: 'twin', copyTags: true });
    assert.equal(await create({ Name: 7, TagList: 'all' }), 'InvalidParameter');
    const entry = await lastCreate();
    assert.deepEqual([entry?.resourceId, entry?.name, entry?.tags], [null, null, {}]);
  });

  it('keeps calls with an unknown access key under that key', async () => {
    const ghost = { accessKeyId: 'ghost', secretKey: 'x' };
    await sendTc3(emulator.url, ghost, { action: 'DescribeZones' });
    const response = await fetch(`${emulator.url}/_emulator/audit?account=ghost`);
    assert.equal(response.status, 200);
    const [entry] = (await response.json()) as AuditEntry[];
    assert.equal(entry?.account, 'ghost');
    assert.equal(entry?.code, 'AuthFailure.SecretIdNotFound');
  });
});

describe('What a fault matches', () => {
  let emulator: Emulator;
  let guest: Guest;
  before(async () => {
    emulator = await startTestEmulator();
  });
  beforeEach(async () => {
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  const armed = 'RequestLimitExceeded';

  for (const [signMethod, value] of [
    ['HmacSHA1', 'True'],
    ['HmacSHA256', 'true'],
  ] as const)
    it(`a boolean: the text ${value} of an old signature too`, async () => {
      const match = { DeletionProtection: true };
      await guest.arm({ action: 'ModifyDBInstanceDeletionProtection', fault: 'throttle', match });
      const old = postgresClient(emulator.url, guest, { signMethod });
      const request = { DBInstanceId: orders, DeletionProtection: value as unknown as boolean };
      assert.equal(await codeOf(old.ModifyDBInstanceDeletionProtection(request)), armed);
    });

  const filters = [
    { Name: 'db-instance-id', Values: [orders, 'other'] },
    { Name: 'db-pay-mode', Values: ['postpaid'] },
  ];
  const matches: [claim: string, match: object, hits: boolean][] = [
    ['part of an element, in any order', { Filters: [{ Name: 'db-pay-mode' }] }, true],
    ['some values of a list', { Filters: [{ Values: ['other'] }] }, true],
    ['two elements', { Filters: [{ Name: 'db-pay-mode' }, { Name: 'db-instance-id' }] }, true],
    ['nothing of a list', { Filters: [] }, true],
    ['a number as text', { Limit: '5' }, true],
    ['an element that is not there', { Filters: [{ Name: 'db-tag-key' }] }, false],
    [
      'parts of two elements as one',
      { Filters: [{ Name: 'db-pay-mode', Values: ['other'] }] },
      false,
    ],
    ['a list where a value is', { Limit: [5] }, false],
    ['what every object inherits', { constructor: {} }, false],
  ];
  for (const [claim, match, hits] of matches)
    it(`${hits ? 'matches' : 'does not match'} ${claim}`, async () => {
      await guest.arm({ action: 'DescribeDBInstances', fault: 'throttle', match });
      const call = guest.client.DescribeDBInstances({ Filters: filters, Limit: 5 });
      assert.equal(await codeOf(call), hits ? armed : 'ok');
    });

  it('emptyList empties every list of both services', async () => {
    const { client } = guest;
    const tags = tagClient(emulator.url, guest);
    const Zone = 'ap-guangzhou-3';
    const TagFilters = [{ TagKey: 'team' }];
    const resource = { ResourcePrefix: 'DBInstanceId', ResourceRegion: 'ap-guangzhou' };
    const lists: Record<string, () => Promise<object>> = {
      DescribeZones: () => client.DescribeZones({}),
      DescribeRegions: () => client.DescribeRegions(null),
      DescribeClasses: () =>
        client.DescribeClasses({ Zone, DBEngine: 'postgresql', DBMajorVersion: '16' }),
      DescribeAccounts: () => client.DescribeAccounts({ DBInstanceId: orders }),
      DescribeDBInstanceSecurityGroups: () =>
        client.DescribeDBInstanceSecurityGroups({ DBInstanceId: orders }),
      DescribeBaseBackups: () => client.DescribeBaseBackups({}),
      DescribeLogBackups: () => client.DescribeLogBackups({}),
      DescribeOrders: () => client.DescribeOrders({ DealNames: ['x'] }),
      DescribeTasks: () => client.DescribeTasks({}),
      DescribeResourcesByTags: () => tags.DescribeResourcesByTags({ TagFilters }),
      GetResources: () => tags.GetResources({}),
      DescribeResourceTagsByResourceIds: () =>
        tags.DescribeResourceTagsByResourceIds({
          ...{ ServiceType: 'postgres', ResourceIds: [orders], ...resource },
        }),
    };
    for (const [action, call] of Object.entries(lists)) {
      const id = await guest.arm({ action, fault: 'emptyList' });
      assert.ok(id, action);
      const answer = await call();
      for (const value of Object.values(answer))
        if (Array.isArray(value)) assert.deepEqual(value, [], action);
      if ('TotalCount' in answer) assert.equal(answer.TotalCount, 0, action);
    }
  });
});
