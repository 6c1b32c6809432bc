import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { EmulatedAccount } from '../support/emulated-account.ts';
import type { Run } from '../support/runs.ts';
import { scenes } from '../support/scenes.ts';
import { until } from '../support/until.ts';

const createArrived = (account: EmulatedAccount) =>
  until('a create arrived', async () => (await account.creates()).length > 0);

async function cancelsCleanly(run: Run): Promise<void> {
  await run.handle.cancel();
  await run.cancelled();
  assert.equal(await run.exitCode(), 5);
}

/** Gone, and gone by our own destroy. */
async function theOneIsDestroyed(account: EmulatedAccount): Promise<void> {
  const made = await account.theInstance();
  assert.notEqual(made.deletedAt, null);
  assert.notEqual(made.deletedSeq, null);
}

describe('Cancelling', () => {
  const scene = scenes();

  it(
    'while it checks makes nothing',
    scene(async ({ account, restore }) => {
      const code = 'OperationDenied.InstanceStatusLimitOpError';
      await account.arm({
        ...{ action: 'DescribeAvailableRecoveryTime', fault: 'refuse', code, times: 1000 },
      });
      const run = await restore();
      await run.says(/recovery window/);
      await cancelsCleanly(run);
      assert.deepEqual(await account.creates(), []);
    }),
  );

  it(
    'while a create hangs that acted removes what it made',
    scene(async ({ account, restore }) => {
      await account.armCreate({ fault: 'hang', acted: true });
      const run = await restore();
      await createArrived(account);
      await cancelsCleanly(run);
      await theOneIsDestroyed(account);
    }),
  );

  it(
    'while a create hangs that did nothing ends clean, and nothing is made later',
    scene(async ({ account, restore }) => {
      await account.armCreate({ fault: 'hang', acted: false });
      const run = await restore();
      await createArrived(account);
      await cancelsCleanly(run);
      assert.equal((await account.creates()).length, 1);
      assert.deepEqual(await account.made(), []);
    }),
  );

  it(
    'while a create waits for its answer takes the answer, and removes what it made',
    scene(async ({ account, restore }) => {
      await account.armCreate({ fault: 'slow', ms: 1500 });
      const run = await restore();
      await createArrived(account);
      await cancelsCleanly(run);
      await theOneIsDestroyed(account);
    }),
  );

  it(
    'while it settles a lost answer removes what lists hid until then',
    scene(async ({ account, restore }) => {
      await account.armCreate({ fault: 'listLag', seconds: 8 * 120 });
      await account.armCreate({ fault: 'dropAfter' });
      const run = await restore();
      await run.reaches('findClones');
      await cancelsCleanly(run);
      await theOneIsDestroyed(account);
    }),
  );

  it(
    'while the cloud clones waits until it can be isolated, and leaves nothing',
    scene(async ({ account, restore }) => {
      const run = await restore();
      await run.says(/is cloning/);
      await cancelsCleanly(run);
      await theOneIsDestroyed(account);
    }),
  );

  it(
    'after it runs and before it is handed over leaves nothing',
    scene(
      async ({ account, restore }) => {
        const run = await restore();
        await run.says(/seen once/);
        await cancelsCleanly(run);
        await theOneIsDestroyed(account);
      },
      { timing: { look: '10m' } },
    ),
  );

  it(
    'survives a cloud that refuses to isolate three times and to destroy twice',
    scene(async ({ account, restore }) => {
      await account.arm({ action: 'IsolateDBInstances', fault: 'refuseDelete', times: 3 });
      await account.arm({ action: 'DestroyDBInstance', fault: 'refuseDelete', times: 2 });
      const run = await restore();
      await run.reaches('waitForClone');
      await cancelsCleanly(run);
      await theOneIsDestroyed(account);
    }),
  );

  it(
    'survives deletes whose answers are lost',
    scene(async ({ account, restore }) => {
      await account.arm({ action: 'IsolateDBInstances', fault: 'dropAfter', times: 2 });
      await account.arm({ action: 'DestroyDBInstance', fault: 'dropAfter' });
      const run = await restore();
      await run.reaches('waitForClone');
      await cancelsCleanly(run);
      await theOneIsDestroyed(account);
    }),
  );

  it(
    'survives a cloud that cannot be reached for a while',
    scene(async ({ account, restore }) => {
      const run = await restore();
      await run.reaches('waitForClone');
      const outage = await account.arm({ action: '*', fault: 'dropBefore', times: 1000 });
      await run.handle.cancel();
      await run.says(/Cannot read postgres-\w+: no answer/);
      await delay(4000);
      await account.disarm(outage);
      await run.cancelled();
      await theOneIsDestroyed(account);
    }),
  );

  it(
    'is not fooled by lists that show nothing: gone means proved gone',
    scene(async ({ account, restore }) => {
      const run = await restore();
      await run.reaches('waitForClone');
      await run.handle.cancel();
      await run.reaches('deleteClone');
      const empty = await account.arm({
        ...{ action: 'DescribeDBInstances', fault: 'emptyList', times: 1000 },
      });
      await run.says(/The list of instances is empty/);
      assert.equal((await run.handle.describe()).status.name, 'RUNNING');
      await account.disarm(empty);
      await run.cancelled();
      await theOneIsDestroyed(account);
    }),
  );

  it(
    'twice is once: a second cancel does not stop the undo',
    scene(async ({ account, restore }) => {
      const run = await restore();
      await run.reaches('waitForClone');
      await run.handle.cancel();
      await run.reaches('deleteClone');
      await cancelsCleanly(run);
      await theOneIsDestroyed(account);
    }),
  );
});
