import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint, EngineHost, EngineInstance } from '../../emulator/engines/engine.ts';
import type { Emulator } from '../../emulator/index.ts';
import type { InventoryRow } from '../../emulator/inventory.ts';
import {
  beijing,
  clone,
  codeOf,
  type Guest,
  guestWith,
  newestBackup,
  newGuest,
  orders,
  plainClone,
  startTestEmulator,
  statusOf,
  until,
  untilStatus,
} from './tencent-client.ts';

type Order = Parameters<EngineHost['restore']>[0];

interface FakeHost extends EngineHost {
  readonly orders: Order[];
  readonly told: string[];
  /** Ends a restore that was begun, for better or worse. */
  finish(outcome: 'restored' | 'refused'): void;
  /** Whether restores wait for `finish`. */
  patient: boolean;
}

const backupId = '3f0c6c1e-6d3a-4c39-9d0c-0a5b6f1d2e3f';
const backupAt = new Date(Math.floor(Date.now() / 1000) * 1000 - 3600_000);

/** A host whose databases are sockets that accept connections and nothing more. */
function fakeHost(): FakeHost {
  const servers: Server[] = [];
  const told: string[] = [];
  const orders: Order[] = [];
  let isClosed = false;
  let settle: ((outcome: 'restored' | 'refused') => void) | undefined;

  const open = async (instanceId: string, endpoint: Endpoint): Promise<EngineInstance> => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(endpoint.port, endpoint.address, resolve));
    if (isClosed) server.close();
    servers.push(server);
    const note = (what: string) => async () => {
      told.push(`${what} ${instanceId}`);
      server.close();
      return Promise.resolve();
    };
    return {
      ...{ instanceId, endpoint, description: host.description },
      ...{ stop: note('stop'), destroy: note('destroy') },
      start: () => Promise.resolve(void told.push(`start ${instanceId}`)),
      takeBackup: ({ id }) => {
        told.push(`backup ${instanceId}`);
        return Promise.resolve({ id, startedAt: backupAt, finishedAt: backupAt, sizeBytes: 1 });
      },
      backups: () => [
        { id: backupId, startedAt: backupAt, finishedAt: backupAt, sizeBytes: 5_000_000 },
      ],
      recoverableRange: () => ({ begin: backupAt, end: new Date(backupAt.getTime() + 1_800_000) }),
    };
  };
  const host: FakeHost = {
    ...{ orders, told, patient: false },
    description: { actual: 'PostgreSQL 18.4', version: '18.4' },
    from: 'a fake',
    finish: (outcome) => settle?.(outcome),
    createSource: ({ instanceId, endpoint }) => open(instanceId, endpoint),
    restore: async (order) => {
      orders.push(order);
      const outcome = host.patient
        ? await new Promise((resolve) => (settle = resolve))
        : 'restored';
      if (outcome === 'refused') throw new Error('requested recovery stop point is too early');
      return open(order.instanceId, order.endpoint);
    },
    reopen: ({ instanceId, endpoint }) => {
      told.push(`reopen ${instanceId}`);
      return open(instanceId, endpoint);
    },
    close: () => {
      isClosed = true;
      for (const server of servers) server.close();
      told.push('close');
      return Promise.resolve();
    },
  };
  return host;
}

describe('Engines behind the emulator', () => {
  let emulator: Emulator;
  let host: FakeHost;
  let guest: Guest;
  beforeEach(async () => {
    host = fakeHost();
    emulator = await startTestEmulator({ engineHost: host });
    guest = guestWith(emulator.url, { accessKeyId: 'lifeboat', secretKey: 'lifeboat-secret' });
  });
  afterEach(() => emulator.close());

  const rowOf = async (id: string) =>
    (await guest.control<InventoryRow[]>('GET', '/inventory')).find((row) => row.id === id);

  it('shows the backups and the window of the real database, under its own backup ids', async () => {
    assert.equal(await newestBackup(guest.client), backupId);
    const window = await guest.client.DescribeAvailableRecoveryTime({ DBInstanceId: orders });
    assert.equal(window.RecoveryBeginTime, beijing(backupAt.getTime()));
    assert.equal(window.RecoveryEndTime, beijing(backupAt.getTime() + 1_800_000));
    const engine = (await rowOf(orders))?.engine;
    assert.deepEqual(engine, {
      emulated: 'PostgreSQL 16.2',
      actual: 'PostgreSQL 18.4',
      version: '18.4',
    });
    assert.equal((await rowOf('postgres-h8w3n5tz'))?.engine, null);
  });

  it('shows a backup older than 7 days only when asked, and a logical one: the database can not go back so far', async () => {
    const list = async (request: object) => {
      const Filters = [{ Name: 'db-instance-id', Values: [orders] }];
      const answer = await guest.client.DescribeBaseBackups({ Filters, ...request });
      return (answer.BaseBackupSet ?? []).filter(({ BackupMode }) => BackupMode === 'manual');
    };
    assert.deepEqual(await list({}), []);
    const MinFinishTime = beijing(Date.now() - 30 * 86_400_000);
    const [old] = await list({ MinFinishTime });
    assert.deepEqual([old?.BackupMethod, old?.State], ['logical', 'finished']);
    const refused = guest.client.CloneDBInstance({ ...plainClone, BackupSetId: old?.Id });
    assert.equal(await codeOf(refused), 'InvalidParameterValue.InvalidParameterValueError');
  });

  it('is running only once the database answers at the address that the API reports', async () => {
    host.patient = true;
    const at = new Date(backupAt.getTime() + 60_000);
    const { DBInstanceId: id = '' } = await guest.client.CloneDBInstance({
      ...plainClone,
      RecoveryTargetTime: beijing(at.getTime()),
    });
    await untilStatus(guest, id, 'cloning');
    const quick = await clone(guest, {
      DBInstanceId: 'postgres-h8w3n5tz',
      ...(await archiveClone()),
    });
    await untilStatus(guest, quick, 'running');
    assert.equal(await statusOf(guest.client, id), 'cloning');
    host.finish('restored');
    await untilStatus(guest, id, 'running');
    const [order] = host.orders;
    assert.deepEqual(order?.point, { kind: 'time', at });
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: id });
    assert.equal(DBInstance?.DBInstanceNetInfo?.[0]?.Ip, order?.endpoint.address);
    assert.equal(DBInstance?.DBInstanceNetInfo?.[0]?.Port, order?.endpoint.port);
  });

  const archiveClone = async () => ({
    ...{ SpecCode: 'pg.it.small2', Storage: 20 },
    BackupSetId: await newestBackup(guest.client, 'postgres-h8w3n5tz'),
  });

  it('fails the clone as the cloud does when the engine refuses, with its words in the task', async () => {
    host.patient = true;
    const id = await clone(guest);
    await untilStatus(guest, id, 'cloning');
    host.finish('refused');
    await untilStatus(guest, id, 'isolated');
    const { TaskSet } = await guest.client.DescribeTasks({ DBInstanceId: id });
    assert.equal(TaskSet?.[0]?.Status, 'Fail');
    assert.match(TaskSet?.[0]?.TaskDetail?.Message ?? '', /recovery stop point/);
  });

  it('stops the database when the instance is isolated and deletes it when that is gone', async () => {
    const id = await clone(guest);
    await untilStatus(guest, id, 'running');
    await guest.client.IsolateDBInstances({ DBInstanceIdSet: [id] });
    await untilStatus(guest, id, 'isolated');
    await guest.client.DestroyDBInstance({ DBInstanceId: id });
    await untilStatus(guest, id, 'gone');
    assert.deepEqual(host.told, [`stop ${id}`, `destroy ${id}`]);
  });

  it('hands corruptBackup on to the restore that reads that backup, and only to that', async () => {
    const damage = { action: 'CloneDBInstance', fault: 'corruptBackup', how: 'flipBytes' };
    await guest.arm({ ...damage, backupId: 'another' });
    await clone(guest);
    await guest.arm({ ...damage, backupId });
    await clone(guest);
    assert.deepEqual(
      host.orders.map((order) => order.damage),
      [undefined, 'flipBytes'],
    );
  });

  it('takes a backup of the real database when business time has moved on by a day', async () => {
    await guest.control('POST', '/clock', { advanceSeconds: 2 * 86_400 });
    await until(
      () => Promise.resolve(host.told),
      (told) => told.includes(`backup ${orders}`),
    );
  });

  it('reset makes the source anew and removes the databases of the clones', async () => {
    const id = await clone(guest);
    await untilStatus(guest, id, 'running');
    await guest.control('POST', '/reset');
    assert.ok(host.told.includes(`destroy ${id}`) && host.told.includes(`destroy ${orders}`));
    assert.equal(await newestBackup(guest.client), backupId);
  });

  it('gives further accounts a database only if they ask, under names of their own', async () => {
    const plain = await newGuest(emulator);
    assert.notEqual(await newestBackup(plain.client), backupId);
    const rich = await newGuest(emulator, { engines: true });
    assert.equal(await newestBackup(rich.client), backupId);
    await clone(rich);
    assert.match(host.orders[0]?.sourceId ?? '', new RegExp(`^${orders}-a\\d+$`));
  });

  it('ends its engines when it is closed, once', async () => {
    await Promise.all([emulator.close(), emulator.close()]);
    assert.deepEqual(host.told, ['close']);
    assert.equal(await codeOf(guest.client.DescribeZones({})), 'transport');
  });

  it('opens its databases again after a restart, and begins an unfinished restore anew', async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'lifeboat-test-'));
    try {
      host.patient = true;
      const one = await startTestEmulator({ engineHost: host, dataDirectory });
      const id = await clone(guestWith(one.url, guest));
      await one.close();
      const next = fakeHost();
      const reopen = next.reopen.bind(next);
      next.reopen = async (target) => (target.instanceId === id ? undefined : reopen(target));
      const two = await startTestEmulator({ engineHost: next, dataDirectory });
      try {
        await untilStatus(guestWith(two.url, guest), id, 'running');
        assert.deepEqual(next.told, [`reopen ${orders}`]);
        assert.deepEqual(
          next.orders.map(({ instanceId }) => instanceId),
          [id],
        );
      } finally {
        await two.close();
      }
    } finally {
      rmSync(dataDirectory, { recursive: true, force: true });
    }
  });
});
