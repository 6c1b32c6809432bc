import assert from 'node:assert/strict';
import { ApplicationFailureCategory } from '@temporalio/common';
import { activities } from '../../activities/tencent-postgres-clone/activities.ts';
import type { CloneOrder } from '../../workflows/tencent-postgres-clone.ts';
import { attempt, attempts, failureOf, orderOf, planOf } from './attempt.ts';
import { useAccount } from './one-account.ts';
import { cut, refusal, startScriptedTencent } from './scripted-tencent.ts';
import type { ScriptedTencent } from './scripted-tencent.ts';

const instanceId = 'postgres-k2m8w0rd';
const source = { DBInstanceId: 'postgres-6xk2v1qa', DBInstanceStatus: 'running' };
const open = { NetType: 'private', Status: 'opened', Ip: '10.0.8.31', Port: 5432 };

const showing = (DBInstanceStatus: string, more: object = {}) => ({
  DBInstance: {
    ...{ DBInstanceId: instanceId, DBInstanceName: 'x', DBInstanceStatus },
    DBInstanceNetInfo: [open, { NetType: 'public', Status: 'initing', Ip: '', Port: 0 }],
    ...more,
  },
});
const unknownId = refusal('ResourceNotFound.InstanceNotFoundError', 'no such instance');
const listing = (...ids: object[]) => ({ TotalCount: ids.length, DBInstanceSet: ids });

describe('Waiting for a clone', () => {
  let cloud: ScriptedTencent;
  let configured: { end(): void };
  let order: CloneOrder;
  before(async () => {
    cloud = await startScriptedTencent();
    configured = useAccount({ url: cloud.url });
    order = orderOf();
  });
  beforeEach(() => {
    cloud.answer('DescribeDBInstances', listing(source));
    cloud.answer('DescribeTasks', { TaskSet: [] });
    cloud.calls.length = 0;
  });
  after(async () => {
    configured.end();
    await cloud.close();
  });

  const attribute = (...answers: object[]) => cloud.script('DescribeDBInstanceAttribute', answers);
  const ask = () => ({ order, plan: planOf(order), instanceId });
  const look = (options: Parameters<typeof attempt>[2] = {}) =>
    attempt(activities.waitForClone, ask(), options);
  const looks = (atMost: number) => attempts(activities.waitForClone, ask(), { atMost });
  const actions = () => cloud.calls.map(({ action }) => action);

  it('is one look per attempt', async () => {
    attribute(showing('cloning'));
    await look();
    assert.deepEqual(actions(), ['DescribeDBInstanceAttribute']);
  });

  it('says what is seen and for how long, small and BENIGN', async () => {
    attribute(showing('cloning'));
    const failure = failureOf(await look({ elapsedMs: 250_000 }));
    assert.equal(failure.type, 'NotReady');
    assert.equal(failure.message, `${instanceId} is cloning, 4 min`);
    assert.equal(failure.category, ApplicationFailureCategory.BENIGN);
    assert.equal(failure.nonRetryable, false);
    assert.deepEqual(failure.details, [{ resource: instanceId }]);
    assert.ok(JSON.stringify([failure.message, failure.details, failure.stack]).length < 400);
  });

  it('looks again after a jittered interval, never sooner than in 1 s', async () => {
    attribute(showing('cloning'));
    const delays: number[] = [];
    for (let count = 0; count < 12; count += 1)
      delays.push(Number(failureOf(await look()).nextRetryDelay));
    for (const delay of delays) assert.ok(delay >= 8000 && delay <= 12_000, `${delay} ms`);
    assert.ok(new Set(delays).size > 1, 'not jittered');
    const hasty = orderOf({}, { lookMs: 5 });
    const { failure } = await attempt(activities.waitForClone, { ...ask(), order: hasty });
    assert.equal(failure?.nextRetryDelay, 1000);
  });

  it('takes two consecutive sightings of running with an open endpoint', async () => {
    attribute(showing('running'));
    const { result, seen } = await looks(3);
    assert.deepEqual(seen, [`${instanceId} is running, seen once; one more look, 0 s`]);
    assert.deepEqual(result?.endpoint, { host: '10.0.8.31', port: 5432 });
  });

  it('starts counting again when running was left in between', async () => {
    attribute(
      ...[showing('running'), showing('job running'), showing('running')],
      ...[unknownId, unknownId, showing('running'), showing('running')],
    );
    const { result, seen } = await looks(8);
    assert.ok(result);
    assert.equal(seen.length, 5);
  });

  it('is not ready while its private endpoint is not open', async () => {
    const closed = { DBInstanceNetInfo: [{ ...open, Status: 'opening' }] };
    attribute(showing('running', closed));
    const { failure, memory } = await look();
    assert.match(failure?.message ?? '', /running, its endpoint is not open yet/);
    assert.equal((memory as { ready?: number } | undefined)?.ready ?? 0, 0);
    attribute(showing('running', { DBInstanceNetInfo: null }));
    assert.match(failureOf(await look()).message, /not open yet/);
  });

  for (const status of ['applying', 'initing', 'cloning', 'deployment changing', 'polishing', ''])
    it(`waits at the status "${status}", known or not`, async () => {
      attribute(showing(status));
      const { failure } = await look({ memory: { ready: 1, leaving: 0 } });
      assert.equal(failure?.type, 'NotReady');
    });

  for (const status of ['limited run', 'readonly'])
    it(`says that somebody has to look after an instance that is ${status}`, async () => {
      attribute(showing(status));
      assert.match(failureOf(await look()).message, /somebody has to look after it/);
    });

  for (const status of ['isolating', 'isolated', 'recycled', 'offline'])
    it(`fails when it is seen ${status} twice, and not once`, async () => {
      attribute(showing(status));
      const task = { TaskType: 'CloneInstance', Status: 'Fail', TaskDetail: { Message: 'no WAL' } };
      cloud.answer('DescribeTasks', { TaskSet: [task] });
      const { failure, seen } = await looks(3);
      assert.equal(seen.length, 1);
      assert.equal(failure?.type, 'RestoreFailed');
      assert.equal(
        failure.message,
        `${instanceId} is ${status} without our asking: the clone failed in the cloud. Tencent's task CloneInstance: no WAL`,
      );
    });

  it('goes on when it was seen on its way out only once', async () => {
    attribute(showing('isolating'), showing('cloning'), showing('isolating'), showing('cloning'));
    for (let memory: object | undefined, count = 0; count < 4; count += 1) {
      const ended = await look({ memory });
      assert.equal(ended.failure?.type, 'NotReady');
      memory = ended.memory;
    }
  });

  it('fails when it is provably absent for the settling time', async () => {
    attribute(unknownId);
    const first = await look();
    assert.match(failureOf(first).message, /is not visible, 0 s/);
    const later = await look({ memory: first.memory, elapsedMs: 59_000 });
    assert.equal(later.failure?.type, 'NotReady');
    const last = failureOf(await look({ memory: later.memory, elapsedMs: 60_000 }));
    assert.equal(last.type, 'RestoreFailed');
    assert.match(last.message, /vanished: provably absent for 1 min/);
  });

  it('takes an empty list beside a living source for no proof of absence', async () => {
    cloud.answer('DescribeDBInstances', listing());
    cloud.answer('DescribeDBInstanceAttribute', ({ parameters }: { parameters: object }) =>
      (parameters as { DBInstanceId: string }).DBInstanceId === instanceId
        ? unknownId
        : { DBInstance: source },
    );
    const ended = await look({ elapsedMs: 10_000_000, memory: { ready: 0, leaving: 0 } });
    assert.equal(ended.failure?.type, 'CloudUnavailable');
    assert.match(
      ended.failure.message,
      /The list of instances is empty although .* proves nothing/,
    );
    assert.equal((ended.memory as { absentSince?: number }).absentSince, undefined);
  });

  it('takes a list that is not complete for no proof either', async () => {
    attribute(unknownId);
    cloud.answer('DescribeDBInstances', { TotalCount: 2, DBInstanceSet: [source] });
    const failure = failureOf(await look());
    assert.equal(failure.type, 'CloudUnavailable');
    assert.match(failure.message, /says 2 and lists 1/);
  });

  it('counts as there when the list shows it and only its page does not', async () => {
    attribute(unknownId);
    cloud.answer('DescribeDBInstances', listing(source, showing('cloning').DBInstance));
    assert.match(failureOf(await look()).message, /is listed, not readable by id yet/);
  });

  for (const [what, answer] of Object.entries({
    'a cut connection': cut,
    'an error of the cloud': refusal('InternalError.DBError'),
  }))
    it(`takes ${what} for no proof of anything`, async () => {
      attribute(answer);
      const { failure, memory } = await look({ memory: { ready: 1, leaving: 0 } });
      assert.equal(failure?.type, 'CloudUnavailable');
      assert.deepEqual(memory, { ready: 1, leaving: 0 });
    });

  it('hands over what differs from the source', async () => {
    attribute(showing('running', { DBKernelVersion: 'v16.2_r1.7', ReadOnlyInstanceNum: 0 }));
    const { result } = await looks(2);
    assert.deepEqual(result?.differsFromSource.slice(0, 3), [
      'kernel v16.2_r1.7 (source v16.2_r1.5)',
      'no read replicas',
      'deletion protection off',
    ]);
  });
});

describe('Waiting for a prepaid order', () => {
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

  it('goes on until the order names its instance', async () => {
    const order = orderOf();
    const named = { Deals: [{ DBInstanceIdSet: [instanceId] }] };
    const unnamed = [{ Deals: [] }, { Deals: null }, { Deals: [{ DBInstanceIdSet: null }] }];
    cloud.script('DescribeOrders', [...unnamed, named]);
    const ask = { order, dealName: '2026112103142' };
    const ended = await attempts(activities.waitForCloneOrder, ask, { atMost: 5 });
    assert.equal(ended.result, instanceId);
    assert.deepEqual(ended.seen, Array(3).fill('order 2026112103142 names no instance yet'));
  });
});
