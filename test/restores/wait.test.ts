import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { slowTimeScale } from '../support/harness.ts';
import { scenes, type Scene } from '../support/scenes.ts';

/** Looks that are 5 s apart: time to do something between the first sight of `running` and the second. */
const rareLooks = { timing: { look: '10m' } };

describe('Waiting for the clone', () => {
  const scene = scenes();

  it(
    'a clone that is stuck is waited for, and handed over when it goes on',
    scene(async ({ account, restore, stays }) => {
      const stuck = await account.armCreate({ fault: 'stuck' });
      const run = await restore();
      await run.says(/postgres-\w+ is cloning, [1-9]\d* s$/);
      await delay(4000);
      assert.equal((await run.handle.describe()).status.name, 'RUNNING');
      await account.disarm(stuck);
      const { instanceId } = await run.result();
      stays(instanceId);
      assert.equal((await account.theInstance()).id, instanceId);
    }),
  );

  it(
    'a wait with a deadline fails, says what was last seen, and leaves nothing',
    scene(async ({ account, restore }) => {
      const stuck = await account.armCreate({ fault: 'stuck' });
      const run = await restore({ deadlines: { wait: '1s', undo: '24h' } });
      await run.reaches('waitForClone');
      await run.reaches('deleteClone');
      await account.disarm(stuck);
      const { type, message } = await run.failure();
      assert.equal(type, 'RestoreFailed');
      assert.match(message, /did not run before the wait’s deadline\. Last seen: .* is cloning/);
      assert.notEqual((await account.theInstance()).deletedAt, null);
      assert.equal(await run.exitCode(), 1);
    }),
  );

  it(
    'a deadline that passes during a look says what the look before it saw',
    scene(async ({ account, restore }) => {
      const stuck = await account.armCreate({ fault: 'stuck' });
      const run = await restore({ deadlines: { wait: '1s' } });
      await run.says(/is cloning/);
      const action = 'DescribeDBInstanceAttribute';
      const slow = await account.arm({ action, fault: 'slow', ms: 1700, times: 1000 });
      await run.reaches('deleteClone');
      await account.disarm(slow);
      await account.disarm(stuck);
      assert.match((await run.failure()).message, /deadline\. Last seen: postgres-\w+ is cloning/);
    }),
  );

  it(
    'a clone that shows running and leaves it again is not taken for ready',
    scene(
      async ({ account, restore, stays }) => {
        await account.armCreate({ fault: 'flap', status: 'job running' });
        const glimpse = await account.armCreate({ fault: 'stuck', status: 'running' });
        const run = await restore();
        await run.says(/is running, seen once/);
        await account.disarm(glimpse);
        await run.says(/is job running/);
        const { instanceId, phases } = await run.result();
        stays(instanceId);
        assert.equal((await account.instance(instanceId)).status, 'running');
        assert.equal(phases.at(-1)?.phase, 'done');
      },
      { scale: slowTimeScale },
    ),
  );

  it(
    'a status that nobody knows means busy: neither ready nor failed',
    scene(async ({ account, restore, stays }) => {
      const stuck = await account.armCreate({ fault: 'stuck', status: 'quantum leaping' });
      const run = await restore();
      await run.says(/is quantum leaping/);
      await account.disarm(stuck);
      stays((await run.result()).instanceId);
    }),
  );

  it(
    'a clone that fails in the cloud is RestoreFailed, and nothing is left',
    scene(async ({ account, restore }) => {
      await account.armCreate({ fault: 'buildFails' });
      const run = await restore();
      const { type, message } = await run.failure();
      const made = await account.theInstance();
      assert.equal(type, 'RestoreFailed');
      assert.match(message, new RegExp(`${made.id} is (isolating|isolated) without our asking`));
      assert.notEqual(made.deletedAt, null);
    }),
  );

  it(
    'a clone that vanishes is RestoreFailed after the settling time',
    scene(async ({ account, restore }) => {
      await account.armCreate({ fault: 'vanish' });
      const { type, message } = await (await restore()).failure();
      assert.equal(type, 'RestoreFailed');
      assert.match(message, /postgres-\w+ vanished: provably absent for (9|1\d) s/);
    }),
  );

  it(
    'an empty list never counts as absence: the clone is not given up while lists show nothing',
    scene(async ({ account, restore }) => {
      await account.armCreate({ fault: 'vanish' });
      const run = await restore();
      await run.reaches('waitForClone');
      const empty = await account.arm({
        ...{ action: 'DescribeDBInstances', fault: 'emptyList', times: 1000 },
      });
      await run.says(/The list of instances is empty although postgres-6xk2v1qa exists/);
      await delay(12_000);
      assert.equal((await run.handle.describe()).status.name, 'RUNNING');
      await account.disarm(empty);
      assert.equal((await run.failure()).type, 'RestoreFailed');
    }),
  );

  it(
    'reads that are throttled, refused for now, or unanswered only delay',
    scene(async ({ account, restore, stays }) => {
      const action = 'DescribeDBInstanceAttribute';
      const run = await restore();
      await run.reaches('waitForClone');
      await account.arm({ action, fault: 'throttle' });
      await account.arm({ action, fault: 'html502' });
      await account.arm({ action, fault: 'refuse', code: 'InternalError.NobodyKnows' });
      await account.arm({ action, fault: 'garbage' });
      stays((await run.result()).instanceId);
      assert.equal((await account.made()).length, 1);
    }),
  );

  it(
    'a clone that somebody else isolates is RestoreFailed, and nothing is left',
    scene(async ({ account, restore }) => {
      const run = await restore();
      await run.says(/seen once/);
      const { id } = await account.theInstance();
      await account.call('IsolateDBInstances', { DBInstanceIdSet: [id] });
      const { type, message } = await run.failure();
      assert.equal(type, 'RestoreFailed');
      assert.match(message, /without our asking/);
    }, rareLooks),
  );
});

/** Cancels between the first sight of `running` and the hand-over, after `change` was done by somebody else. */
async function leavesItBehind(
  { account, restore, stays }: Scene,
  change: (id: string) => Promise<unknown>,
  why: RegExp,
) {
  const run = await restore();
  await run.says(/seen once/);
  const { id } = await account.theInstance();
  stays(id);
  await change(id);
  await run.handle.cancel();
  const { type, message, left } = await run.failure();
  assert.equal(type, 'LeftBehind');
  assert.match(message, new RegExp(`^LEFT BEHIND {2}${id} running since 20`));
  assert.match(message, why);
  assert.equal(message.split('\n').length, 1);
  assert.deepEqual(
    left.map(({ id: leftId, status }) => ({ leftId, status })),
    [{ leftId: id, status: 'running' }],
  );
  for (const action of [
    'ModifyDBInstanceDeletionProtection',
    'IsolateDBInstances',
    'DestroyDBInstance',
  ]) {
    assert.ok(left[0]?.remedy.some((line) => line.startsWith(`tccli postgres ${action} `)));
    assert.ok(message.includes(`tccli postgres ${action} --region ap-guangzhou`));
  }
  assert.deepEqual(await account.deletes(), []);
  assert.equal(await run.exitCode(), 3);
}

describe('An undo that must not go on', () => {
  const scene = scenes();

  it(
    'deletion protection of somebody else is left alone: the run names the instance and the commands',
    scene(async (stage) => {
      const protect = (id: string) =>
        stage.account.call('ModifyDBInstanceDeletionProtection', {
          DBInstanceId: id,
          DeletionProtection: true,
        });
      await leavesItBehind(
        stage,
        protect,
        /deletion protection is on, and this run did not switch it on/,
      );
    }, rareLooks),
  );

  it(
    'an instance that somebody renamed is theirs: it is named, not deleted',
    scene(async (stage) => {
      const rename = (id: string) =>
        stage.account.call('ModifyDBInstanceName', { DBInstanceId: id, InstanceName: 'now-mine' });
      await leavesItBehind(stage, rename, /its name was changed to "now-mine": somebody uses it/);
    }, rareLooks),
  );

  it(
    'an instance that lifeboat.yaml protects is named, not deleted',
    scene(async (stage) => {
      const protect = (id: string) => Promise.resolve(stage.configured({ protect: [id] }));
      await leavesItBehind(stage, protect, /lifeboat\.yaml protects postgres-/);
    }, rareLooks),
  );

  it(
    'deletion protection that this run asked for is switched off again by its undo',
    scene(async ({ account, restore }) => {
      const run = await restore({ target: { DeletionProtection: true } });
      await run.reaches('waitForClone');
      await run.handle.cancel();
      await run.cancelled();
      assert.notEqual((await account.theInstance()).deletedAt, null);
    }),
  );
});
