import assert from 'node:assert/strict';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { EmulatedAccount } from '../support/emulated-account.ts';
import type { Run } from '../support/runs.ts';
import { scenes, type Scene } from '../support/scenes.ts';
import { until } from '../support/until.ts';

const keeper = { by: 'ann', reason: 'INC-4821: it is the new production' };
const busyWindow = {
  ...{ action: 'DescribeAvailableRecoveryTime', fault: 'refuse', times: 1000 },
  code: 'OperationDenied.InstanceStatusLimitOpError',
};

/** The instance of that account is there, not ours any more by its tags, and nothing was deleted. */
async function isKept({ account, stays }: Scene): Promise<string> {
  const { id, tags } = await account.theInstance();
  stays(id);
  assert.deepEqual(tags, { 'lifeboat-kept': 'ann' });
  return id;
}

/** Every way to delete it through us is refused, and the cloud is not even asked. */
async function refusesForEver(stage: Scene, run: Run, instanceId: string): Promise<void> {
  const deletes = (await stage.account.deletes()).length;
  const undo = await stage.undo({ run: run.id, instanceId, acceptUnknownSessions: true });
  const { type, message } = await undo.failure();
  assert.equal(type, 'PreconditionFailed');
  assert.match(message, /^NOT REMOVED {2}instance: .* kept by ann/);
  assert.equal((await stage.account.deletes()).length, deletes);
  assert.equal((await stage.account.instance(instanceId)).status, 'running');
}

const refusal = async (update: Promise<unknown>): Promise<string> => {
  const error = await update.then(
    () => assert.fail('the update was accepted'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
  return error.cause?.message ?? '';
};

const untilRunning = async (account: EmulatedAccount) =>
  account.untilStatus((await account.theInstance()).id, 'running');

describe('Keeping what a restore makes', () => {
  const scene = scenes();

  it(
    'asked for while it checks holds for the instance that comes',
    scene(async (stage) => {
      const window = await stage.account.arm(busyWindow);
      const run = await stage.restore();
      await run.says(/recovery window/);
      assert.match(await run.update('keep', keeper), /whatever this run makes is kept for ann/);
      await stage.account.disarm(window);
      const result = await run.result();
      assert.equal(result.kept?.by, 'ann');
      await refusesForEver(stage, run, await isKept(stage));
    }),
  );

  it(
    'asked for while the create hangs holds for the instance that is found',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'hang', acted: true });
      const run = await stage.restore();
      await until('a create arrived', async () => (await stage.account.creates()).length > 0);
      await run.update('keep', keeper);
      assert.equal((await run.result()).kept?.by, 'ann');
      await refusesForEver(stage, run, await isKept(stage));
    }),
  );

  it(
    'asked for while it waits is written into the tags at once, and the run goes on',
    scene(async (stage) => {
      const run = await stage.restore();
      await run.says(/is (applying|initing|cloning)/);
      assert.match(await run.update('keep', keeper), /^postgres-\w+ is kept for ann;/);
      const id = await isKept(stage);
      const result = await run.result();
      assert.equal(result.instanceId, id);
      assert.equal(result.kept?.reason, keeper.reason);
      assert.equal((await run.searchAttributes())['LifeboatOutcome']?.toString(), 'kept');
      await refusesForEver(stage, run, id);
    }),
  );

  it(
    'asked for before the cloud shows the tags takes them away as soon as it does',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'tagLag', seconds: 4 * 120 });
      const run = await stage.restore();
      await run.reaches('waitForClone');
      await run.update('keep', keeper);
      await isKept(stage);
      await run.result();
    }),
  );

  it(
    'with protection switches the cloud’s deletion protection on',
    scene(async (stage) => {
      const run = await stage.restore();
      await run.reaches('waitForClone');
      await run.update('keep', { ...keeper, protect: true });
      const { instanceId } = await run.result();
      await isKept(stage);
      const { DBInstance } = await stage.account.call<{
        DBInstance: { DeletionProtection: boolean };
      }>('DescribeDBInstanceAttribute', { DBInstanceId: instanceId });
      assert.equal(DBInstance.DeletionProtection, true);
    }),
  );

  it(
    'then cancelling deletes nothing',
    scene(async (stage) => {
      const run = await stage.restore();
      await run.reaches('waitForClone');
      await run.update('keep', keeper);
      await run.handle.cancel();
      await run.cancelled();
      const id = await isKept(stage);
      await untilRunning(stage.account);
      assert.deepEqual(await stage.account.deletes(), []);
      await refusesForEver(stage, run, id);
    }),
  );

  it(
    'asked for before the instance has an id, then cancelled: the instance is tagged as kept',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'slow', ms: 1500 });
      const run = await stage.restore();
      await until('a create arrived', async () => (await stage.account.creates()).length > 0);
      await run.update('keep', keeper);
      await run.handle.cancel();
      await run.cancelled();
      const id = await isKept(stage);
      await untilRunning(stage.account);
      await refusesForEver(stage, run, id);
    }),
  );

  it(
    'asked for while the create hangs, then cancelled: what it made is found and tagged as kept',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'hang', acted: true });
      const run = await stage.restore();
      await until('a create arrived', async () => (await stage.account.creates()).length > 0);
      await run.update('keep', keeper);
      await run.handle.cancel();
      await run.cancelled();
      const id = await isKept(stage);
      await untilRunning(stage.account);
      await refusesForEver(stage, run, id);
    }),
  );

  it(
    'asked for during the undo, before it isolates, stops the undo',
    scene(async (stage) => {
      const stuck = await stage.account.armCreate({ fault: 'stuck' });
      const run = await stage.restore();
      await run.reaches('waitForClone');
      await run.handle.cancel();
      await run.says(/cannot be isolated yet|IsolateDBInstances refused/);
      assert.match(await run.update('keep', keeper), /is kept for ann/);
      await run.cancelled();
      await stage.account.disarm(stuck);
      const id = await isKept(stage);
      await untilRunning(stage.account);
      await refusesForEver(stage, run, id);
    }),
  );

  it(
    'asked for while the undo is just reading: nothing is deleted after the answer "kept"',
    scene(async (stage) => {
      const { account } = stage;
      const stuck = await account.armCreate({ fault: 'stuck' });
      const run = await stage.restore();
      await run.reaches('waitForClone');
      await run.handle.cancel();
      await run.says(/cannot be isolated yet|IsolateDBInstances refused/);
      await account.disarm(stuck);
      await untilRunning(account);
      // From here each look of the undo takes 1.5 s, and what it saw is old when it acts.
      const slow = await account.arm({
        ...{ action: 'DescribeDBInstanceAttribute', fault: 'slow', ms: 1500 },
      });
      await until('the undo looks', async () => (await account.hits(slow)) > 0);
      const answer = await run.update('keep', keeper).catch((error: Error) => error);
      await run.cancelled();
      if (typeof answer === 'string') {
        await isKept(stage);
        await untilRunning(account);
      } else {
        assert.match((answer as Error & { cause: Error }).cause.message, /^Not kept: .*too late/);
        assert.notEqual((await account.theInstance()).deletedAt, null);
      }
    }),
  );

  it(
    'asked for too late, when it is in the bin already, is refused, and the undo goes on',
    scene(async ({ account, restore }) => {
      await account.arm({ action: 'DestroyDBInstance', fault: 'refuseDelete', times: 6 });
      const run = await restore();
      await run.reaches('waitForClone');
      await run.handle.cancel();
      await run.says(/is isolated: DestroyDBInstance refused/);
      assert.match(
        await refusal(run.update('keep', keeper)),
        /^Not kept: .* is isolated already: too late to keep/,
      );
      await run.cancelled();
      assert.notEqual((await account.theInstance()).deletedAt, null);
    }),
  );

  it(
    'onFailure changed to keep: a failure leaves the instance, tagged, and says so',
    scene(async (stage) => {
      const stuck = await stage.account.armCreate({ fault: 'stuck' });
      const run = await stage.restore({ deadlines: { wait: '1s' } });
      await run.reaches('waitForClone');
      await run.update('setOnFailure', { onFailure: 'keep', by: 'ann' });
      const { type, message, left } = await run.failure();
      await stage.account.disarm(stuck);
      const { id, tags } = await stage.account.theInstance();
      stage.stays(id);
      assert.equal(type, 'LeftBehind');
      assert.match(message, /kept: the restore failed and its onFailure is keep/);
      assert.deepEqual(
        left.map(({ id: leftId }) => leftId),
        [id],
      );
      assert.deepEqual(Object.keys(tags), ['lifeboat-kept']);
      assert.equal(await run.exitCode(), 3);
      assert.deepEqual(await stage.account.deletes(), []);
    }),
  );

  it(
    'onFailure: keep does not make a cancel keep anything',
    scene(async ({ account, restore }) => {
      const run = await restore({ onFailure: 'keep' });
      await run.reaches('waitForClone');
      await run.handle.cancel();
      await run.cancelled();
      assert.notEqual((await account.theInstance()).deletedAt, null);
    }),
  );

  it(
    'without a name is refused by the validators, and the history does not grow',
    scene(async ({ account, restore }) => {
      const window = await account.arm(busyWindow);
      const run = await restore();
      await run.says(/recovery window/);
      const events = await run.eventCount();
      assert.match(await refusal(run.update('keep', { reason: 'mine' })), /^keep: by is required/);
      assert.match(await refusal(run.update('keep', { by: ' ' })), /^keep: by is required/);
      assert.match(
        await refusal(run.update('setOnFailure', { onFailure: 'shrug', by: 'ann' })),
        /onFailure is undo or keep/,
      );
      assert.match(
        await refusal(run.update('setOnFailure', { onFailure: 'keep' })),
        /setOnFailure: by is required/,
      );
      assert.equal(await run.eventCount(), events);
      await run.handle.cancel();
      await account.disarm(window);
      await run.cancelled();
    }),
  );

  it(
    'a finished restore is kept by the keep workflow, twice if you like',
    scene(async (stage) => {
      const run = await stage.restore();
      const { instanceId } = await run.result();
      for (const protect of [false, true]) {
        const kept = await stage.keep({ run: run.id, ...keeper, protect });
        assert.deepEqual(await kept.result(), { instanceIds: [instanceId] });
      }
      await refusesForEver(stage, run, await isKept(stage));
    }),
  );

  it(
    'the keep workflow refuses a run that is still open, and one that made nothing',
    scene(async ({ account, restore, keep }) => {
      const code = 'OperationDenied.InsufficientBalanceError';
      await account.armCreate({ fault: 'refuse', code });
      const poor = await restore();
      assert.equal((await poor.failure()).type, 'QuotaExceeded');
      const nothing = await (await keep({ run: poor.id, ...keeper })).failure();
      assert.match(nothing.message, /made no instance: there is nothing to keep/);
      const open = await restore();
      await open.reaches('waitForClone');
      const early = await (await keep({ run: open.id, ...keeper })).failure();
      assert.match(early.message, /is still open/);
      await open.handle.cancel();
      await open.cancelled();
    }),
  );
});
