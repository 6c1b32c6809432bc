import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry } from '../../emulator/audit.ts';
import type { Emulator } from '../../emulator/index.ts';
import type { InventoryRow } from '../../emulator/inventory.ts';
import {
  clone,
  codeOf,
  goodClone,
  type Guest,
  guestWith,
  newGuest,
  orders,
  startTestEmulator,
  statusOf,
  untilStatus,
} from './tencent-client.ts';
import { sendTc3 } from './tencent-signer.ts';

const auditOf = (guest: Guest, since = 0) =>
  guest.control<AuditEntry[]>('GET', `/audit?since=${since}`);
const inventoryOf = (guest: Guest) => guest.control<InventoryRow[]>('GET', '/inventory');

describe('The control API', () => {
  let emulator: Emulator;
  let guest: Guest;
  before(async () => {
    emulator = await startTestEmulator();
  });
  beforeEach(async () => {
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  it('writes every call down in order, with its kind and outcome', async () => {
    const request = await goodClone(guest.client);
    const TagList = [{ TagKey: 'a', TagValue: 'b' }];
    const made = await guest.client.CloneDBInstance({ ...request, TagList });
    const id = made.DBInstanceId ?? '';
    await codeOf(guest.client.CloneDBInstance({ ...request, Storage: 7 }));
    await guest.client.ModifyDBInstanceName({ DBInstanceId: orders, InstanceName: 'orders-2' });
    await codeOf(guest.client.IsolateDBInstances({ DBInstanceIdSet: [id] }));
    const entries = await auditOf(guest);
    const told = entries.map(({ kind, action, outcome }) => `${kind} ${action} ${outcome}`);
    assert.deepEqual(told, [
      'read DescribeBaseBackups ok',
      'create CloneDBInstance ok',
      'create CloneDBInstance refused',
      'change ModifyDBInstanceName ok',
      'delete IsolateDBInstances refused',
    ]);
    const [, created, refused, , isolated] = entries;
    assert.deepEqual(Object.keys(created ?? {}), [
      ...['seq', 'at', 'account', 'cloud', 'action', 'kind', 'resourceId', 'name', 'tags'],
      ...['outcome', 'code', 'requestId'],
    ]);
    assert.equal(created?.resourceId, id);
    assert.equal(created?.requestId, made.RequestId);
    assert.deepEqual(created?.tags, { a: 'b' });
    assert.equal(refused?.code, 'InvalidParameterValue.InvalidParameterValueError');
    assert.equal(refused?.resourceId, null);
    assert.equal(isolated?.resourceId, id);
    const seqs = entries.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      [...seqs].sort((left, right) => left - right),
    );
    assert.equal((await auditOf(guest, created?.seq)).length, 3);
  });

  it('lists what exists and existed in one shape', async () => {
    const id = await clone(guest);
    const rows = await inventoryOf(guest);
    assert.deepEqual(
      rows.map((row) => `${row.kind} ${row.origin} ${row.name}`),
      ['instance seed orders', 'instance seed orders-archive', 'instance call orders-0241-lb1'],
    );
    const made = rows.find((row) => row.id === id);
    assert.deepEqual(Object.keys(made ?? {}).sort(), [
      ...['account', 'cloud', 'createdAt', 'createdSeq', 'deletedAt', 'deletedSeq', 'engine', 'id'],
      ...['kind', 'name', 'origin', 'sourceId', 'status', 'tags'],
    ]);
    assert.equal(made?.sourceId, orders);
    assert.equal(made?.engine, null);
  });

  it('moves the business time of one account: timestamps and the Date header, not its signatures', async () => {
    const other = await newGuest(emulator);
    await guest.control('POST', '/clock', { advanceSeconds: 10 * 86_400 });
    const dateOf = async (account: Guest) => {
      const { headers } = await sendTc3(emulator.url, account, { action: 'DescribeZones' });
      return Date.parse(String(headers.date));
    };
    assert.ok((await dateOf(guest)) - Date.now() > 9 * 86_400_000);
    assert.ok(Math.abs((await dateOf(other)) - Date.now()) < 5000);
    const [entry] = await auditOf(guest);
    assert.ok(Date.parse(entry?.at ?? '') - Date.now() > 9 * 86_400_000);
  });

  it('does not hurry a lifecycle when business time jumps', async () => {
    await guest.arm({ action: 'CloneDBInstance', fault: 'stuck', status: 'applying' });
    const id = await clone(guest);
    await untilStatus(guest, id, 'applying');
    await guest.control('POST', '/clock', { advanceSeconds: 3600 });
    assert.equal(await statusOf(guest.client, id), 'applying');
  });

  it('reset takes one account back to its fixtures and disarms its faults', async () => {
    const other = await newGuest(emulator);
    await guest.client.ModifyDBInstanceName({ DBInstanceId: orders, InstanceName: 'renamed' });
    await other.client.ModifyDBInstanceName({ DBInstanceId: orders, InstanceName: 'renamed' });
    await clone(guest);
    await guest.arm({ action: '*', fault: 'throttle' });
    await guest.control('POST', '/reset');
    assert.deepEqual(await guest.control('GET', '/faults'), []);
    assert.deepEqual(
      (await inventoryOf(guest)).map(({ id, name }) => `${id} ${name}`),
      ['postgres-6xk2v1qa orders', 'postgres-h8w3n5tz orders-archive'],
    );
    assert.equal((await inventoryOf(other))[0]?.name, 'renamed');
  });

  it('answers for the first account when none is named', async () => {
    const response = await fetch(`${emulator.url}/_emulator/inventory`);
    const rows = (await response.json()) as InventoryRow[];
    assert.equal(rows[0]?.account, 'lifeboat');
  });

  const wrong: [method: string, path: string, body: object | undefined, status: number][] = [
    ['GET', '/audit?since=x', undefined, 400],
    ['GET', '/audit?surprise=1', undefined, 400],
    ['GET', '/inventory?account=nobody', undefined, 400],
    ['POST', '/clock', { advanceSeconds: -5 }, 400],
    ['POST', '/clock', { advanceMinutes: 5 }, 400],
    ['POST', '/reset', { everything: true }, 400],
    ['POST', '/accounts', { engines: 'yes' }, 400],
    ['POST', '/accounts', { engines: true }, 400],
    ['DELETE', '/faults/fault-0', undefined, 404],
    ['GET', '/nothing', undefined, 404],
  ];
  for (const [method, path, body, status] of wrong)
    it(`answers ${method} ${path} ${JSON.stringify(body) ?? ''} with ${status}`, async () => {
      const response = await fetch(`${emulator.url}/_emulator${path}`, {
        method,
        ...(body && { body: JSON.stringify(body) }),
      });
      assert.equal(response.status, status);
      assert.ok(((await response.json()) as { error: string }).error);
    });

  it('makes the same ids, durations and keys from the same seed', async () => {
    const story = async () => {
      const one = await startTestEmulator({ seed: 'again' });
      try {
        const account = await newGuest(one);
        const { accessKeyId } = account;
        return [accessKeyId, await clone(account), await clone(account)];
      } finally {
        await one.close();
      }
    };
    assert.deepEqual(await story(), await story());
  });
});

describe('An emulator with a data directory', () => {
  let dataDirectory: string;
  beforeEach(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'lifeboat-test-'));
  });
  afterEach(() => rmSync(dataDirectory, { recursive: true, force: true }));

  it('keeps instances, accounts, audit, clock and faults over a restart, and goes on counting', async () => {
    const before = await startTestEmulator({ dataDirectory });
    const guest = await newGuest(before);
    const id = await clone(guest);
    await guest.arm({ action: 'DescribeZones', fault: 'throttle', times: 2 });
    await codeOf(guest.client.DescribeZones({}));
    await guest.control('POST', '/clock', { advanceSeconds: 86_400 });
    const told = await auditOf(guest);
    await before.close();

    const after = await startTestEmulator({ dataDirectory, seed: undefined });
    try {
      assert.equal(after.seed, 'test');
      const again = guestWith(after.url, guest);
      assert.deepEqual(await auditOf(again), told);
      await untilStatus(again, id, 'running');
      const [, next] = await Promise.all([
        codeOf(again.client.DescribeZones({})),
        auditOf(again, told.at(-1)?.seq),
      ]);
      assert.ok(next.every(({ seq }) => seq > (told.at(-1)?.seq ?? 0)));
      const faults = await again.control<{ hits: number }[]>('GET', '/faults');
      assert.equal(faults[0]?.hits, 2);
      const { headers } = await sendTc3(after.url, again, { action: 'DescribeZones' });
      assert.ok(Date.parse(String(headers.date)) - Date.now() > 86_000_000);
      assert.notEqual(await clone(again), id);
    } finally {
      await after.close();
    }
  });

  it('keeps what a stuck fault held, and the fault', async () => {
    const before = await startTestEmulator({ dataDirectory });
    const guest = await newGuest(before);
    const fault = await guest.arm({ action: 'CloneDBInstance', fault: 'stuck', status: 'cloning' });
    const id = await clone(guest);
    await untilStatus(guest, id, 'cloning');
    await before.close();
    const after = await startTestEmulator({ dataDirectory });
    try {
      const again = guestWith(after.url, guest);
      assert.equal(await statusOf(again.client, id), 'cloning');
      await again.control('DELETE', `/faults/${fault}`);
      await untilStatus(again, id, 'running');
    } finally {
      await after.close();
    }
  });
});
