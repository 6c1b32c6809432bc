import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { activities } from '../../activities/tencent-postgres-clone/activities.ts';
import type { AuditEntry } from '../../emulator/audit.ts';
import type { Emulator } from '../../emulator/index.ts';
import type { CloneOrder } from '../../workflows/tencent-postgres-clone.ts';
import {
  type Guest,
  newestBackup,
  newGuest,
  startTestEmulator,
  tagClient,
  untilStatus,
} from '../emulator/tencent-client.ts';
import { attempt, attempts, failureOf, orderOf, planOf } from './attempt.ts';
import { useAccount } from './one-account.ts';
import { refusal, startScriptedTencent } from './scripted-tencent.ts';

describe('Creating a clone', () => {
  let emulator: Emulator;
  let guest: Guest;
  let configured: { end(): void };
  let order: CloneOrder;
  let backup: string;
  before(async () => {
    emulator = await startTestEmulator();
  });
  beforeEach(async () => {
    guest = await newGuest(emulator);
    configured = useAccount({ ...guest });
    order = orderOf({}, { requestMs: 1500 });
    backup = await newestBackup(guest.client);
  });
  afterEach(() => configured.end());
  after(() => emulator.close());

  const ask = (parameters: object = {}) => ({
    order,
    plan: planOf(order, { BackupSetId: backup, ...parameters }),
  });
  const create = (parameters?: object) => attempt(activities.createClone, ask(parameters));
  const arm = (fault: object) => guest.arm({ action: 'CloneDBInstance', ...fault });
  const audit = () => guest.control<AuditEntry[]>('GET', '/audit');
  const creates = async () => (await audit()).filter(({ kind }) => kind === 'create');
  const changes = async () => (await audit()).filter(({ kind }) => kind !== 'read');

  it('looks first, then sends one call with our name and tags', async () => {
    const { result } = await create();
    assert.match(result?.instanceId ?? '', /^postgres-/);
    assert.deepEqual([result?.how, result?.alive], ['accepted', true]);
    const [sent, ...more] = await changes();
    assert.deepEqual(more, []);
    assert.equal(sent?.name, order.mark.name);
    assert.equal(sent?.requestId, result?.requestId);
    assert.equal(sent?.tags?.['lifeboat-restore'], order.mark.restoreId);
    const before = (await audit()).filter(({ seq }) => seq < (sent?.seq ?? 0));
    assert.equal(before.at(-1)?.action, 'DescribeDBInstances');
  });

  it('keeps every response field of the document', async () => {
    const { result } = await create();
    assert.deepEqual(
      Object.keys(result?.cloud ?? {}).sort(),
      ['BillId', 'DBInstanceId', 'DealName', 'RequestId'].sort(),
    );
  });

  it('is adopted and not repeated when what it made is there already', async () => {
    await arm({ fault: 'listLag', seconds: 0 });
    await arm({ fault: 'tagLag', seconds: 0 });
    const first = await create();
    const second = await create();
    assert.deepEqual(second.result?.how, 'found');
    assert.equal(second.result?.instanceId, first.result?.instanceId);
    assert.equal((await creates()).length, 1);
  });

  it('does not adopt a twin that carries our name and not our tag', async () => {
    await arm({ fault: 'twin' });
    await arm({ fault: 'refuse', code: 'RequestLimitExceeded' });
    await create();
    const { result } = await create();
    assert.equal(result?.how, 'accepted');
  });

  for (const [fault, acted] of [
    ['dropAfter', true],
    ['dropBefore', false],
    ['http500', false],
    ['html502', false],
    ['garbage', true],
    ['hang', false],
  ] as const)
    it(`is one call and OutcomeUnknown after ${fault}`, async () => {
      await arm({ fault });
      const failure = failureOf(await create());
      assert.deepEqual([failure.type, failure.nonRetryable], ['OutcomeUnknown', true]);
      assert.match(failure.message, /It may exist; .*not sent again\.$/);
      const [sent, ...more] = await creates();
      assert.deepEqual(more, []);
      assert.equal(Boolean(sent?.resourceId), acted);
    });

  for (const [code, type] of [
    ['OperationDenied.InsufficientBalanceError', 'QuotaExceeded'],
    ['OperationDenied.CamDeniedError', 'AccessDenied'],
    ['RequestLimitExceeded', 'NotReady'],
    ['OperationDenied.InstanceStatusLimitError', 'NotReady'],
    ['InternalError.InternalHttpServerError', 'OutcomeUnknown'],
  ] as const)
    it(`is ${type} after ${code}, one call`, async () => {
      await arm({ fault: 'refuse', code });
      assert.equal(failureOf(await create()).type, type);
      assert.equal((await creates()).length, 1);
    });

  it('is not sent when too little of the attempt is left for the answer', async () => {
    const late = await attempt(activities.createClone, ask(), { startToCloseMs: 1400 });
    const failure = failureOf(late);
    assert.equal(failure.type, 'NotReady');
    assert.match(failure.message, /^Not sent/);
    assert.deepEqual(await changes(), []);
  });

  it('is not sent when its own look took too long', async () => {
    await guest.arm({ action: 'DescribeDBInstances', fault: 'slow', ms: 300 });
    const late = await attempt(activities.createClone, ask(), { startToCloseMs: 1700 });
    assert.match(failureOf(late).message, /^Not sent/);
    assert.deepEqual(await changes(), []);
  });

  it('is not sent when its own look failed', async () => {
    await guest.arm({ action: 'DescribeDBInstances', fault: 'http500' });
    assert.equal(failureOf(await create()).type, 'CloudUnavailable');
    assert.deepEqual(await changes(), []);
  });

  it('takes the answer that comes after a cancel', async () => {
    const environment = new MockActivityEnvironment({ startToCloseTimeoutMs: 60_000 });
    environment.cancel();
    const accepted = await environment.run(activities.createClone, ask());
    assert.match((accepted as { instanceId: string }).instanceId, /^postgres-/);
  });

  it('is not repeated when what this very run made was kept by somebody', async () => {
    const scripted = await startScriptedTencent();
    const elsewhere = useAccount({ url: scripted.url });
    try {
      const kept = {
        ...{ DBInstanceId: 'postgres-kept', DBInstanceName: order.mark.name },
        ...{ DBInstanceStatus: 'running', CreateTime: '2026-11-21 03:00:00' },
        TagList: [{ TagKey: 'lifeboat-kept', TagValue: 'me' }],
      };
      scripted.answer('DescribeDBInstances', { TotalCount: 1, DBInstanceSet: [kept] });
      const failure = failureOf(await create());
      assert.equal(failure.type, 'PreconditionFailed');
      assert.match(failure.message, /postgres-kept was made by this very run and is kept/);
      assert.deepEqual(
        scripted.calls.map(({ action }) => action),
        ['DescribeDBInstances'],
      );
    } finally {
      elsewhere.end();
      await scripted.close();
    }
  });

  it('that was prepaid names an order, which then names the instance', async () => {
    const { result } = await create({ InstanceChargeType: 'PREPAID' });
    assert.equal(result?.instanceId, undefined);
    const dealName = String(result?.cloud['DealName']);
    const { result: named } = await attempts(
      activities.waitForCloneOrder,
      { order, dealName },
      { atMost: 1000 },
    );
    assert.match(named ?? '', /^postgres-/);
  });
});

describe('Looking for clones', () => {
  let emulator: Emulator;
  let guest: Guest;
  let configured: { end(): void };
  let order: CloneOrder;
  before(async () => {
    emulator = await startTestEmulator();
  });
  beforeEach(async () => {
    guest = await newGuest(emulator);
    configured = useAccount({ ...guest });
    order = orderOf();
  });
  afterEach(() => configured.end());
  after(() => emulator.close());

  const made = async () => {
    for (const fault of ['listLag', 'tagLag'])
      await guest.arm({ action: 'CloneDBInstance', fault, seconds: 0 });
    const BackupSetId = await newestBackup(guest.client);
    const plan = planOf(order, { BackupSetId });
    const answer = await guest.client.CloneDBInstance(plan.parameters as never);
    return answer.DBInstanceId ?? '';
  };
  const find = (insist: boolean) => attempt(activities.findClones, { order, insist });

  it('finds what carries our name and tag, oldest first', async () => {
    const [first, second] = [await made(), await made()];
    const { result } = await find(true);
    assert.deepEqual(
      new Set(result?.map(({ instanceId }) => instanceId)),
      new Set([first, second]),
    );
    assert.ok(result?.every(({ how, alive }) => how === 'found' && alive));
  });

  it('does not take what lost our tag for ours', async () => {
    const id = await made();
    await untilStatus(guest, id, 'running');
    const Resource = `qcs::postgres:ap-guangzhou:uin/:DBInstanceId/${id}`;
    await tagClient(emulator.url, guest).ModifyResourceTags({
      Resource,
      DeleteTags: [{ TagKey: 'lifeboat-restore' }],
    });
    assert.deepEqual((await find(false)).result, []);
    assert.match(
      failureOf(await find(true)).message,
      new RegExp(`${id} has that name without our`),
    );
  });

  it('insists by NotReady, and else takes nothing for an answer', async () => {
    const failure = failureOf(await find(true));
    assert.equal(failure.type, 'NotReady');
    assert.match(failure.message, /^\S+-lb\w+ is not (there|among) .*2 instances/);
    assert.deepEqual((await find(false)).result, []);
  });

  it('takes an empty list for no answer, whether it insists or not', async () => {
    await guest.arm({ action: 'DescribeDBInstances', fault: 'emptyList', times: 2 });
    for (const insist of [true, false])
      assert.equal(failureOf(await find(insist)).type, 'CloudUnavailable');
  });

  it('shows one on its way out as not alive, so that it is never adopted', async () => {
    const scripted = await startScriptedTencent();
    const elsewhere = useAccount({ url: scripted.url });
    try {
      const TagList = Object.entries(order.mark.tags).map(([TagKey, TagValue]) => ({
        ...{ TagKey, TagValue },
      }));
      const one = (DBInstanceId: string, DBInstanceStatus: string, CreateTime: string) => ({
        ...{ DBInstanceId, DBInstanceStatus, CreateTime, TagList },
        DBInstanceName: order.mark.name,
      });
      const DBInstanceSet = [
        one('postgres-c', 'cloning', '2026-11-21 03:00:02'),
        one('postgres-b', 'isolated', '2026-11-21 03:00:01'),
        one('postgres-a', 'recycled', '2026-11-21 03:00:00'),
        { ...one('postgres-d', 'running', '2026-11-21 02:00:00'), DBInstanceName: 'orders' },
      ];
      scripted.answer('DescribeDBInstances', { TotalCount: 4, DBInstanceSet });
      const { result } = await find(true);
      assert.deepEqual(
        result?.map(({ instanceId, alive }) => [instanceId, alive]),
        [
          ['postgres-b', false],
          ['postgres-c', true],
        ],
      );
      scripted.answer('DescribeDBInstances', refusal('InternalError.DBError'));
      assert.equal(failureOf(await find(false)).type, 'CloudUnavailable');
    } finally {
      elsewhere.end();
      await scripted.close();
    }
  });
});
