import assert from 'node:assert/strict';
import type { Emulator } from '../../emulator/index.ts';
import type { AuditEntry } from '../../emulator/audit.ts';
import type { InventoryRow } from '../../emulator/inventory.ts';
import {
  clone,
  codeOf,
  goodClone,
  type Guest,
  newGuest,
  orders,
  postgresClient,
  startTestEmulator,
  statusOf,
  until,
  untilStatus,
} from './tencent-client.ts';
import { sendTc3 } from './tencent-signer.ts';

interface Armed {
  id: string;
  fault: string;
  hits: number;
}

describe('Faults', () => {
  let emulator: Emulator;
  let guest: Guest;
  before(async () => {
    emulator = await startTestEmulator();
  });
  beforeEach(async () => {
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  const list = () => guest.client.DescribeDBInstances({});
  const raw = () => sendTc3(emulator.url, guest, { action: 'DescribeDBInstances' });
  const onClone = (fault: object) => guest.arm({ action: 'CloneDBInstance', ...fault });
  const onList = (fault: object) => guest.arm({ action: 'DescribeDBInstances', ...fault });
  const audit = () => guest.control<AuditEntry[]>('GET', '/audit');
  const clones = async () =>
    (await guest.control<InventoryRow[]>('GET', '/inventory')).filter(
      ({ origin }) => origin === 'call',
    );
  const hits = async () =>
    (await guest.control<Armed[]>('GET', '/faults')).map((fault) => fault.hits);
  const lastCreate = async () => (await audit()).filter(({ kind }) => kind === 'create').at(-1);
  const tryClone = async () => codeOf(guest.client.CloneDBInstance(await goodClone(guest.client)));

  it('refuse answers the code and message that it was given, once', async () => {
    await onList({ fault: 'refuse', code: 'InternalError.DBError', message: 'no' });
    assert.equal(await codeOf(list()), 'InternalError.DBError');
    assert.equal(await codeOf(list()), 'ok');
    assert.deepEqual(await hits(), [1]);
  });

  it('throttle answers RequestLimitExceeded', async () => {
    await onList({ fault: 'throttle' });
    assert.equal(await codeOf(list()), 'RequestLimitExceeded');
  });

  it('after lets calls through first, times repeats', async () => {
    await onList({ fault: 'throttle', after: 1, times: 2 });
    const codes = [];
    for (let call = 0; call < 4; call += 1) codes.push(await codeOf(list()));
    assert.deepEqual(codes, ['ok', 'RequestLimitExceeded', 'RequestLimitExceeded', 'ok']);
  });

  it('match picks calls by their parameters, inside lists and over a form too', async () => {
    const match = { Filters: { Values: orders } };
    await onList({ fault: 'throttle', match, times: 2 });
    assert.equal(await codeOf(list()), 'ok');
    const Filters = [{ Name: 'db-instance-id', Values: [orders] }];
    const call = guest.client.DescribeDBInstances({ Filters });
    assert.equal(await codeOf(call), 'RequestLimitExceeded');
    await onList({ fault: 'throttle', match: { Limit: 3 } });
    const form = postgresClient(emulator.url, guest, { signMethod: 'HmacSHA1', reqMethod: 'GET' });
    assert.equal(await codeOf(form.DescribeDBInstances({ Limit: 3 })), 'RequestLimitExceeded');
  });

  it('* meets any action, but only of its own account', async () => {
    await guest.arm({ action: '*', fault: 'throttle' });
    const other = await newGuest(emulator);
    assert.equal(await codeOf(other.client.DescribeZones({})), 'ok');
    assert.equal(await codeOf(guest.client.DescribeZones({})), 'RequestLimitExceeded');
  });

  it('one call meets one answer fault; the next stays armed for the next call', async () => {
    await onList({ fault: 'refuse', code: 'A' });
    await onList({ fault: 'refuse', code: 'B' });
    assert.equal(await codeOf(list()), 'A');
    assert.equal(await codeOf(list()), 'B');
    assert.equal(await codeOf(list()), 'ok');
  });

  it('http500 and html502 are not this product’s answers, and do nothing unless acted', async () => {
    await onList({ fault: 'http500' });
    assert.equal((await raw()).status, 500);
    await onList({ fault: 'html502' });
    const bad = await raw();
    assert.equal(bad.status, 502);
    assert.match(bad.body, /<html>/);
    await onClone({ fault: 'http500' });
    assert.equal(await tryClone(), 'transport');
    assert.equal((await clones()).length, 0);
    await onClone({ fault: 'html502', acted: true });
    assert.equal(await tryClone(), 'transport');
    assert.equal((await clones()).length, 1);
  });

  it('garbage is an answer that cannot be read, to a call that acted', async () => {
    await onClone({ fault: 'garbage' });
    assert.equal(await tryClone(), 'transport');
    const [made] = await clones();
    const entry = await lastCreate();
    assert.equal(entry?.outcome, 'unanswered');
    assert.equal(entry?.resourceId, made?.id);
    await onClone({ fault: 'garbage', acted: false });
    assert.equal(await tryClone(), 'transport');
    assert.equal((await clones()).length, 1);
    assert.equal((await lastCreate())?.resourceId, null);
  });

  it('dropBefore cuts the connection and nothing is done', async () => {
    await onClone({ fault: 'dropBefore' });
    assert.equal(await tryClone(), 'transport');
    assert.equal((await clones()).length, 0);
    assert.equal((await lastCreate())?.outcome, 'unanswered');
  });

  it('dropAfter does the work and loses the answer; the audit names what was made', async () => {
    await onClone({ fault: 'dropAfter' });
    assert.equal(await tryClone(), 'transport');
    const [made] = await clones();
    const entry = await lastCreate();
    assert.equal(entry?.outcome, 'unanswered');
    assert.equal(entry?.resourceId, made?.id);
    assert.equal(made?.createdSeq, entry?.seq);
  });

  it('hang holds the connection until the client leaves', async () => {
    const patient = postgresClient(emulator.url, guest, { seconds: 0.1 });
    const request = await goodClone(guest.client);
    await onClone({ fault: 'hang' });
    assert.equal(await codeOf(patient.CloneDBInstance(request)), 'transport');
    assert.equal((await clones()).length, 0);
    await onClone({ fault: 'hang', acted: true });
    assert.equal(await codeOf(patient.CloneDBInstance(request)), 'transport');
    assert.equal((await clones()).length, 1);
    assert.equal((await lastCreate())?.resourceId, (await clones())[0]?.id);
  });

  it('slow answers late; a client that gave up was not answered', async () => {
    await onList({ fault: 'slow', ms: 60 });
    const begun = Date.now();
    assert.equal(await codeOf(list()), 'ok');
    assert.ok(Date.now() - begun >= 58);
    await onClone({ fault: 'slow', ms: 150 });
    const hasty = postgresClient(emulator.url, guest, { seconds: 0.05 });
    const request = await goodClone(guest.client);
    assert.equal(await codeOf(hasty.CloneDBInstance(request)), 'transport');
    assert.equal((await lastCreate())?.outcome, 'unanswered');
    assert.ok((await lastCreate())?.resourceId);
  });

  it('emptyList succeeds and shows nothing, on lists only', async () => {
    await guest.arm({ action: '*', fault: 'emptyList' });
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: orders });
    assert.equal(DBInstance?.DBInstanceName, 'orders');
    await guest.control('DELETE', '/faults');
    await onList({ fault: 'emptyList' });
    const answer = await list();
    assert.equal(answer.TotalCount, 0);
    assert.deepEqual(answer.DBInstanceSet, []);
    assert.equal((await list()).TotalCount, 2);
  });

  it('listLag hides a new instance from the list, tagLag shows it without its tags', async () => {
    await onClone({ fault: 'listLag', seconds: 3600 });
    await onClone({ fault: 'tagLag', seconds: 3600 });
    const TagList = [{ TagKey: 'lifeboat-restore', TagValue: 'r1' }];
    const id = await clone(guest, { TagList });
    await untilStatus(guest, id, 'running');
    assert.equal((await list()).TotalCount, 2);
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId: id });
    assert.deepEqual(DBInstance?.TagList, []);
    const [row] = await clones();
    assert.deepEqual(row?.tags, { 'lifeboat-restore': 'r1' });
  });

  it('sticks to the next instance that is really made, not to a call that was dropped', async () => {
    await onClone({ fault: 'dropBefore' });
    await onClone({ fault: 'vanish' });
    await tryClone();
    assert.deepEqual(await hits(), [1, 0]);
    const id = await clone(guest);
    assert.deepEqual(await hits(), [1, 1]);
    const sights = await until(
      () => statusOf(guest.client, id),
      (sight) => sight === 'cloning',
    );
    assert.ok(sights.includes('cloning'));
    await untilStatus(guest, id, 'gone');
    const [row] = await clones();
    assert.ok(row?.deletedAt);
    assert.equal(row?.deletedSeq, null);
  });

  it('stuck holds a status until it is disarmed, then the rest of the way takes its time', async () => {
    const fault = await onClone({ fault: 'stuck', status: 'initing' });
    const id = await clone(guest);
    await untilStatus(guest, id, 'initing');
    const other = await clone(guest);
    await untilStatus(guest, other, 'running');
    assert.equal(await statusOf(guest.client, id), 'initing');
    await guest.control('DELETE', `/faults/${fault}`);
    const rest = await untilStatus(guest, id, 'running');
    assert.deepEqual(rest.slice(-2), ['cloning', 'running']);
  });

  it('stuck can hold a status that is not on the way, and one on the way out', async () => {
    const odd = await onClone({ fault: 'stuck', status: 'waitSwitch' });
    const id = await clone(guest);
    await untilStatus(guest, id, 'waitSwitch');
    await guest.control('DELETE', `/faults/${odd}`);
    await untilStatus(guest, id, 'running');
    const leaving = await onClone({ fault: 'stuck', status: 'isolating' });
    const second = await clone(guest);
    await untilStatus(guest, second, 'running');
    for (const one of [id, second])
      await guest.client.IsolateDBInstances({ DBInstanceIdSet: [one] });
    await untilStatus(guest, id, 'isolated');
    assert.equal(await statusOf(guest.client, second), 'isolating');
    await guest.control('DELETE', `/faults/${leaving}`);
    await untilStatus(guest, second, 'isolated');
  });

  it('flap shows running, leaves it and comes back', async () => {
    const slower = await startTestEmulator({ timeScale: 300 });
    try {
      const other = await newGuest(slower);
      const status = 'deployment changing';
      await other.arm({ action: 'CloneDBInstance', fault: 'flap', status });
      const id = await clone(other);
      assert.ok((await untilStatus(other, id, status)).includes('running'));
      await untilStatus(other, id, 'running');
    } finally {
      await slower.close();
    }
  });

  it('buildFails: the clone leaves by itself and its task fails', async () => {
    await onClone({ fault: 'buildFails' });
    const id = await clone(guest);
    const sights = await untilStatus(guest, id, 'isolated');
    assert.ok(!sights.includes('running'));
    const { TaskSet } = await guest.client.DescribeTasks({ DBInstanceId: id });
    assert.equal(TaskSet?.[0]?.Status, 'Fail');
    assert.match(TaskSet?.[0]?.TaskDetail?.Message ?? '', /buildFails/);
  });

  it('twin is made when the create arrives, even if that is dropped, and the audit does not know it', async () => {
    await onClone({ fault: 'twin' });
    await onClone({ fault: 'dropBefore' });
    assert.equal(await tryClone(), 'transport');
    const inventory = await guest.control<InventoryRow[]>('GET', '/inventory');
    const twin = inventory.find(({ origin }) => origin === 'twin');
    assert.equal(twin?.name, 'orders-0241-lb1');
    assert.deepEqual(twin?.tags, {});
    assert.equal(twin?.createdSeq, (await lastCreate())?.seq);
    assert.ok(!(await audit()).some(({ resourceId }) => resourceId === twin?.id));
    assert.ok((await list()).DBInstanceSet?.some(({ DBInstanceId }) => DBInstanceId === twin?.id));
  });

  it('twin can copy the tags, comes with a refused call too, and never takes a fault of ours', async () => {
    await onClone({ fault: 'twin', copyTags: true });
    await onClone({ fault: 'buildFails' });
    const TagList = [{ TagKey: 'a', TagValue: 'b' }];
    const request = { ...(await goodClone(guest.client)), TagList, Storage: 7 };
    assert.notEqual(await codeOf(guest.client.CloneDBInstance(request)), 'ok');
    const inventory = await guest.control<InventoryRow[]>('GET', '/inventory');
    assert.deepEqual(inventory.find(({ origin }) => origin === 'twin')?.tags, { a: 'b' });
    assert.deepEqual(await hits(), [1, 0]);
  });

  it('one create meets a twin, sticking faults and one answer fault together', async () => {
    for (const fault of ['twin', 'buildFails', 'dropAfter'])
      await onClone({ fault, ...(fault === 'listLag' && { seconds: 1 }) });
    assert.equal(await tryClone(), 'transport');
    assert.deepEqual(await hits(), [1, 1, 1]);
  });

  it('refuseDelete refuses isolating or destroying, with a code of choice', async () => {
    const id = await clone(guest);
    await untilStatus(guest, id, 'running');
    const isolate = () => codeOf(guest.client.IsolateDBInstances({ DBInstanceIdSet: [id] }));
    await guest.arm({ action: 'IsolateDBInstances', fault: 'refuseDelete' });
    assert.equal(await isolate(), 'OperationDenied.InstanceStatusLimitError');
    assert.equal(await isolate(), 'ok');
    await untilStatus(guest, id, 'isolated');
    const code = 'OperationDenied.CamDeniedError';
    await guest.arm({ action: 'DestroyDBInstance', fault: 'refuseDelete', code });
    assert.equal(await codeOf(guest.client.DestroyDBInstance({ DBInstanceId: id })), code);
  });

  const unknown: [claim: string, change: object, known: string][] = [
    ['fault', { fault: 'meteor' }, 'dropAfter'],
    ['cloud', { cloud: 'azure' }, 'tencent'],
    ['cloud that is not served yet', { cloud: 'alibaba' }, 'tencent'],
    ['action', { action: 'CreateTempDBInstance' }, 'CloneDBInstance'],
    ['damage', { action: 'CloneDBInstance', fault: 'corruptBackup', how: 'rust' }, 'walGap'],
  ];
  for (const [what, change, known] of unknown)
    it(`an unknown ${what} is a 400 that lists the known ones`, async () => {
      const fault = { cloud: 'tencent', action: '*', fault: 'throttle', ...change };
      const response = await fetch(`${emulator.url}/_emulator/faults`, {
        method: 'POST',
        body: JSON.stringify(fault),
      });
      assert.equal(response.status, 400);
      const answer = (await response.json()) as { error: string; known: string[] };
      assert.ok(answer.known.includes(known), JSON.stringify(answer));
    });

  const misplaced = [
    { action: 'DescribeDBInstanceAttribute', fault: 'emptyList' },
    { action: 'DescribeDBInstances', fault: 'stuck' },
    { action: 'CloneDBInstance', fault: 'refuseDelete' },
    { action: 'CloneDBInstance', fault: 'throttle', surprise: 1 },
    { action: 'CloneDBInstance', fault: 'refuse' },
    { action: 'CloneDBInstance', fault: 'slow', ms: -1 },
    { action: 'CloneDBInstance', fault: 'throttle', times: 0 },
  ];
  for (const fault of misplaced)
    it(`${JSON.stringify(fault)} is refused when it is armed`, async () => {
      const response = await fetch(`${emulator.url}/_emulator/faults`, {
        method: 'POST',
        body: JSON.stringify({ cloud: 'tencent', ...fault }),
      });
      assert.equal(response.status, 400);
    });
});
