import assert from 'node:assert/strict';
import { activities } from '../../activities/tencent-postgres-clone/activities.ts';
import type { AuditEntry } from '../../emulator/audit.ts';
import type { Emulator } from '../../emulator/index.ts';
import type { CloneOrder } from '../../workflows/tencent-postgres-clone.ts';
import {
  type Guest,
  newestBackup,
  newGuest,
  orders,
  startTestEmulator,
  statusOf,
  tagClient,
  until,
  untilStatus,
} from '../emulator/tencent-client.ts';
import { attempt, attempts, failureOf, orderOf, planOf } from './attempt.ts';
import { useAccount } from './one-account.ts';
import { findClientSessions } from '../../activities/by-run.ts';
import { refusal, startScriptedTencent } from './scripted-tencent.ts';
import type { ScriptedTencent } from './scripted-tencent.ts';

/** Looks are repeated at once here; the emulated cloud needs some tens of them. */
const atMost = 3000;

describe('Undoing a clone', () => {
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

  const audit = () => guest.control<AuditEntry[]>('GET', '/audit');
  const changes = async () =>
    (await audit()).filter(({ kind }) => kind === 'change' || kind === 'delete');

  /** A clone of this run, as `plan` would make it; running unless `status` says otherwise. */
  async function made(parameters: object = {}, status = 'running'): Promise<string> {
    const BackupSetId = await newestBackup(guest.client);
    const plan = planOf(order, { BackupSetId, ...parameters });
    const { DBInstanceId } = await guest.client.CloneDBInstance(plan.parameters as never);
    assert.ok(DBInstanceId);
    await untilStatus(guest, DBInstanceId, status);
    const tagged = async () => {
      const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({ DBInstanceId });
      return DBInstance?.TagList?.length ?? 0;
    };
    await until(tagged, (count) => count > 0);
    return DBInstanceId;
  }
  const undo = async (instanceId: string, until?: 'gone' | 'inBin') =>
    attempts(
      activities.deleteClone,
      { order, instanceId, ...(until ? { until } : {}) },
      { atMost, between: await atMostOneChange() },
    );
  /** Counts the changing calls of each attempt. */
  async function atMostOneChange() {
    let before = (await changes()).length;
    return async () => {
      const now = (await changes()).length;
      assert.ok(now - before <= 1, `${now - before} changing calls in one attempt`);
      before = now;
    };
  }

  it('is isolate, then destroy, of that one id, one changing call per attempt', async () => {
    const id = await made();
    const { result, seen } = await undo(id);
    assert.deepEqual(result, []);
    assert.equal(await statusOf(guest.client, id), 'gone');
    const made2 = await changes();
    assert.deepEqual(
      made2.filter(({ outcome }) => outcome === 'ok').map(({ action }) => action),
      ['IsolateDBInstances', 'DestroyDBInstance'],
    );
    assert.deepEqual([...new Set(made2.map(({ resourceId }) => resourceId))], [id]);
    assert.match(seen[0] ?? '', /isolate accepted; waiting/);
  });

  it('needs two sightings of absence beside a witness', async () => {
    const id = await made();
    const { seen } = await undo(id);
    assert.equal(seen.at(-1), `${id} is gone, one more look`);
    const ended = await undo(id);
    assert.deepEqual(ended.result, []);
    assert.deepEqual(ended.seen, [`${id} is gone, one more look`]);
  });

  it('takes an empty list for no proof of absence', async () => {
    const id = await made();
    await undo(id);
    const first = await attempt(activities.deleteClone, { order, instanceId: id });
    await guest.arm({ action: 'DescribeDBInstances', fault: 'emptyList' });
    const empty = await attempt(
      activities.deleteClone,
      { order, instanceId: id },
      { memory: first.memory },
    );
    assert.equal(empty.failure?.type, 'CloudUnavailable');
  });

  it('takes an error for no proof of absence', async () => {
    const id = await made();
    await guest.arm({ action: 'DescribeDBInstanceAttribute', fault: 'http500' });
    const { failure } = await attempt(activities.deleteClone, { order, instanceId: id });
    assert.equal(failure?.type, 'CloudUnavailable');
    assert.deepEqual(await changes(), []);
  });

  it('stops in the recycle bin if told to, and can go on from there', async () => {
    const id = await made();
    assert.deepEqual((await undo(id, 'inBin')).result, []);
    assert.equal(await statusOf(guest.client, id), 'isolated');
    assert.deepEqual((await undo(id, 'inBin')).result, []);
    assert.deepEqual((await undo(id)).result, []);
    assert.equal(await statusOf(guest.client, id), 'gone');
  });

  it('waits until a clone that is still being made can be isolated', async () => {
    await guest.arm({ action: 'CloneDBInstance', fault: 'stuck', status: 'cloning' });
    const id = await made({}, 'cloning');
    let memory: object | undefined;
    const texts: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      const ended = await attempt(activities.deleteClone, { order, instanceId: id }, { memory });
      texts.push(failureOf(ended).message);
      memory = ended.memory;
    }
    assert.match(texts[0] ?? '', /is cloning: IsolateDBInstances refused 1× \(Tencent: Operation/);
    assert.match(texts[1] ?? '', /is cloning and cannot be isolated yet \(refused 1×\)/);
    assert.equal((await changes()).length, 2, 'asked again after five looks');
    await guest.control('DELETE', '/faults');
    assert.deepEqual((await undo(id)).result, []);
  });

  it('switches deletion protection off if this run switched it on', async () => {
    order = orderOf({ target: { DeletionProtection: true } });
    const id = await made({ DeletionProtection: true });
    assert.deepEqual((await undo(id)).result, []);
    const done = (await changes()).filter(({ outcome }) => outcome === 'ok');
    assert.deepEqual(
      done.map(({ action }) => action),
      ['ModifyDBInstanceDeletionProtection', 'IsolateDBInstances', 'DestroyDBInstance'],
    );
  });

  it('survives a lost answer of each changing call', async () => {
    const id = await made();
    await guest.arm({ action: 'IsolateDBInstances', fault: 'dropAfter' });
    await guest.arm({ action: 'DestroyDBInstance', fault: 'dropAfter' });
    assert.deepEqual((await undo(id)).result, []);
    assert.equal(await statusOf(guest.client, id), 'gone');
  });

  it('tries again after a refusal that may pass, and says how often it was refused', async () => {
    const id = await made();
    const code = 'FailedOperation.OperateFrequencyLimitedError';
    await guest.arm({ action: 'IsolateDBInstances', fault: 'refuseDelete', code, times: 3 });
    const { result, seen } = await undo(id);
    assert.deepEqual(result, []);
    assert.match(
      seen[2] ?? '',
      /IsolateDBInstances refused 3× \(Tencent: FailedOperation\.Operate/,
    );
  });

  it('ends at once when the key may not delete', async () => {
    const id = await made();
    const code = 'AuthFailure.UnauthorizedOperation';
    await guest.arm({ action: 'IsolateDBInstances', fault: 'refuseDelete', code });
    const failure = failureOf(await attempt(activities.deleteClone, { order, instanceId: id }));
    assert.deepEqual([failure.type, failure.nonRetryable], ['AccessDenied', true]);
  });

  /** Left after two looks, untouched, with the way to remove it by hand. */
  async function assertLeft(id: string, why: RegExp): Promise<void> {
    const before = (await changes()).length;
    const { result, seen } = await undo(id);
    assert.equal(seen.length, 1, 'seen once is not enough');
    assert.match(seen[0] ?? '', /is left: .*; looking once more/);
    const [left, ...more] = result ?? [];
    assert.deepEqual(more, []);
    assert.equal(left?.id, id);
    assert.match(left.why, why);
    assert.match(left.since ?? '', /^\d{4}-\d\d-\d\dT/);
    assert.match(left.remedy.join('\n'), /IsolateDBInstances .*\n.*DestroyDBInstance/);
    assert.equal((await changes()).length, before, 'it was touched');
  }

  it('leaves one that somebody renamed', async () => {
    const id = await made();
    await guest.client.ModifyDBInstanceName({ DBInstanceId: id, InstanceName: 'orders-new' });
    await assertLeft(id, /its name was changed to "orders-new": somebody uses it/);
  });

  it('leaves one that somebody keeps', async () => {
    const id = await made();
    const Resource = `qcs::postgres:ap-guangzhou:uin/:DBInstanceId/${id}`;
    const ReplaceTags = [{ TagKey: 'lifeboat-kept', TagValue: 'me' }];
    await tagClient(emulator.url, guest).ModifyResourceTags({ Resource, ReplaceTags });
    await assertLeft(id, /^kept by me$/);
  });

  it('leaves one whose tag names another run', async () => {
    const id = await made({ TagList: [{ TagKey: 'lifeboat-restore', TagValue: 'other-run' }] });
    await assertLeft(id, /its tag names another run, other-run/);
  });

  it('leaves one that somebody else protected', async () => {
    const id = await made();
    const on = { DBInstanceId: id, DeletionProtection: true };
    await guest.client.ModifyDBInstanceDeletionProtection(on);
    await assertLeft(id, /deletion protection is on, and this run did not switch it on/);
  });

  it('leaves a prepaid one: a purchase cannot be undone', async () => {
    const BackupSetId = await newestBackup(guest.client);
    const { parameters } = planOf(order, { BackupSetId, InstanceChargeType: 'PREPAID' });
    await guest.client.CloneDBInstance(parameters as never);
    const mine = async () =>
      (await guest.client.DescribeDBInstances({})).DBInstanceSet?.find(
        ({ DBInstanceName, TagList }) =>
          DBInstanceName === order.mark.name && (TagList?.length ?? 0) > 0,
      )?.DBInstanceId;
    const id = (await until(mine, (seen) => seen !== undefined)).at(-1)!;
    await assertLeft(id, /it is prepaid: Tencent cannot undo a purchase by API/);
  });

  for (const what of ['id', 'tag'] as const)
    it(`leaves one that lifeboat.yaml protects by ${what}`, async () => {
      const id = await made();
      configured.end();
      const protect = [what === 'id' ? id : 'lifeboat-owner'];
      configured = useAccount({ ...guest, fields: { protect } });
      await assertLeft(id, new RegExp(`^lifeboat.yaml protects ${protect[0]}$`));
    });

  it('never touches the source, whatever it is called', async () => {
    const renamed = { DBInstanceId: orders, InstanceName: order.mark.name };
    await guest.client.ModifyDBInstanceName(renamed);
    await assertLeft(orders, /^it is the source$/);
  });

  it('leaves what was protected in between: each attempt proves it again', async () => {
    const id = await made();
    await guest.arm({ action: 'IsolateDBInstances', fault: 'refuseDelete', times: 1 });
    const { result } = await attempts(
      activities.deleteClone,
      { order, instanceId: id },
      {
        atMost,
        between: async (_failure, count) => {
          if (count === 1)
            await guest.client.ModifyDBInstanceName({ DBInstanceId: id, InstanceName: 'mine-now' });
        },
      },
    );
    assert.match(result?.[0]?.why ?? '', /its name was changed/);
    assert.equal(await statusOf(guest.client, id), 'running');
  });

  it('may be asked beforehand, and says what speaks against it', async () => {
    const id = await made();
    const may = async () =>
      (await attempt(activities.checkCloneRemovable, { order, instanceId: id })).result;
    const before = await may();
    assert.deepEqual(
      before?.checks.map(({ ok }) => ok),
      ['yes'],
    );
    assert.ok(before?.endpoint);
    const on = { DBInstanceId: id, DeletionProtection: true };
    await guest.client.ModifyDBInstanceDeletionProtection(on);
    const [check] = (await may())?.checks ?? [];
    assert.equal(check?.ok, 'no');
    assert.match(check.seen, /deletion protection is on/);
    assert.equal((await changes()).filter(({ kind }) => kind === 'delete').length, 0);
  });
});

describe('Client sessions before an undo', () => {
  const ask = { account: 'test', host: '127.0.0.1', port: 1 };
  const seen = async (fields: object) => {
    const configured = useAccount({ url: 'http://127.0.0.1:1', fields });
    try {
      return (await attempt(findClientSessions, ask)).result;
    } finally {
      configured.end();
    }
  };

  it('are unknown, not none, where the account has no login', async () =>
    assert.deepEqual(await seen({}), { seen: 'unknown: account test has no login' }));

  it('are none where nothing listens', async () => {
    process.env['TEST_LOGIN'] = 'x';
    try {
      const login = { user: 'probe', password: 'env:TEST_LOGIN' };
      assert.equal((await seen({ login }))?.open, 0);
    } finally {
      delete process.env['TEST_LOGIN'];
    }
  });
});

describe('Keeping a clone', () => {
  let cloud: ScriptedTencent;
  let configured: { end(): void };
  let order: CloneOrder;
  let instance: Record<string, unknown>;
  before(async () => {
    cloud = await startScriptedTencent();
    configured = useAccount({ url: cloud.url });
    order = orderOf();
  });
  beforeEach(() => {
    instance = {
      ...{ DBInstanceId: 'postgres-a', DBInstanceName: order.mark.name },
      ...{ DBInstanceStatus: 'running', DeletionProtection: false },
      TagList: Object.entries(order.mark.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    };
    cloud.calls.length = 0;
    cloud.answer('DescribeDBInstanceAttribute', () => ({ DBInstance: instance }));
    cloud.answer('ModifyResourceTags', () => {
      instance['TagList'] = [{ TagKey: 'lifeboat-kept', TagValue: 'me' }];
      return {};
    });
    cloud.answer('ModifyDBInstanceDeletionProtection', () => {
      instance['DeletionProtection'] = true;
      return {};
    });
  });
  after(async () => {
    configured.end();
    await cloud.close();
  });

  const keeper = { by: 'me', at: '2026-11-21T00:00:00.000Z' };
  const keep = (protect?: true) =>
    attempt(activities.keepClone, {
      ...{ order, instanceId: 'postgres-a' },
      keeper: { ...keeper, ...(protect ? { protect } : {}) },
    });
  const sent = () => cloud.calls.filter(({ action }) => action.startsWith('Modify'));

  it('replaces our tags by lifeboat-kept', async () => {
    assert.equal((await keep()).failure, undefined);
    const [tags, ...more] = sent();
    assert.deepEqual(more, []);
    assert.deepEqual(tags?.parameters, {
      Resource: 'qcs::postgres:ap-guangzhou:uin/:DBInstanceId/postgres-a',
      ReplaceTags: [{ TagKey: 'lifeboat-kept', TagValue: 'me' }],
      DeleteTags: [{ TagKey: 'lifeboat-restore' }, { TagKey: 'lifeboat-owner' }],
    });
  });

  it('is done already the second time', async () => {
    await keep();
    assert.equal((await keep()).failure, undefined);
    assert.equal(sent().length, 1);
  });

  it('and protecting it is at most one changing call per attempt', async () => {
    const ask = { order, instanceId: 'postgres-a', keeper: { ...keeper, protect: true } };
    let before = 0;
    await attempts(activities.keepClone, ask, {
      atMost: 5,
      between: () => {
        assert.ok(sent().length - before <= 1, 'two changing calls in one attempt');
        before = sent().length;
      },
    });
    assert.ok(sent().length - before <= 1, 'two changing calls in one attempt');
    assert.deepEqual([instance['DeletionProtection'], sent().length], [true, 2]);
  });

  for (const status of ['isolating', 'isolated', 'recycled'])
    it(`is too late when it is ${status}`, async () => {
      instance['DBInstanceStatus'] = status;
      const failure = failureOf(await keep());
      assert.equal(failure.type, 'PreconditionFailed');
      assert.match(failure.message, /too late to keep/);
      assert.deepEqual(sent(), []);
    });

  it('protects it as soon as its status allows that', async () => {
    await keep();
    cloud.script('ModifyDBInstanceDeletionProtection', [
      refusal('OperationDenied.InstanceStatusLimitError'),
    ]);
    const failure = failureOf(await keep(true));
    assert.equal(failure.type, 'NotReady');
    assert.match(failure.message, /is kept; protection waits while it is running/);
  });
});
