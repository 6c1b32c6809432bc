import assert from 'node:assert/strict';
import { type EmulatedAccount } from '../support/emulated-account.ts';
import { timeScale } from '../support/harness.ts';
import { scenes, type Scene } from '../support/scenes.ts';

const emulatedSeconds = (real: number) => real * timeScale;

/** The run returned the only instance that calls ever made, and it runs. */
async function succeedsWithOne({ account, restore, stays }: Scene): Promise<EmulatedAccount> {
  const run = await restore();
  const result = await run.result();
  const made = await account.theInstance();
  stays(made.id);
  assert.equal(result.instanceId, made.id);
  assert.equal(made.status, 'running');
  assert.equal(await run.exitCode(), 0);
  return account;
}

const createCount = async (account: EmulatedAccount) => (await account.creates()).length;

describe('Creating once', () => {
  const scene = scenes();

  it(
    'a good request makes one running instance with our name and tags, by use and never prepaid',
    scene(async (stage) => {
      const run = await stage.restore();
      const result = await run.result();
      const made = await stage.account.theInstance();
      stage.stays(made.id);
      assert.equal(result.instanceId, made.id);
      assert.equal(result.name, made.name);
      assert.match(made.name, /^orders-test-lb[0-9a-f]{12}$/);
      assert.equal(made.tags['lifeboat-restore'], result.restoreId);
      assert.equal(made.tags['lifeboat-owner'], run.id);
      assert.ok(result.endpoint.host !== '' && result.endpoint.port > 0);
      assert.equal(result.cloud['DBInstanceId'], made.id);
      assert.ok(result.requestIds['CloneDBInstance']);
      assert.ok(result.checks.every(({ ok }) => ok === 'yes' || ok === 'warn'));
      assert.deepEqual(
        result.phases.map(({ phase }) => phase),
        ['check', 'create', 'wait', 'reach', 'done'],
      );
      assert.equal(await createCount(stage.account), 1);
    }),
  );

  it(
    'an answer that is lost after the work was done does not make a second instance',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'dropAfter' });
      assert.equal(await createCount(await succeedsWithOne(stage)), 1);
    }),
  );

  it(
    'a connection that breaks before the work is done costs one more create, and makes one instance',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'dropBefore' });
      assert.equal(await createCount(await succeedsWithOne(stage)), 2);
    }),
  );

  for (const acted of [true, false]) {
    const which = acted ? 'that acted' : 'that did nothing';
    for (const fault of ['hang', 'html502', 'http500', 'garbage']) {
      it(
        `a create ${which} and answers with ${fault} makes one instance`,
        scene(async (stage) => {
          await stage.account.armCreate({ fault, acted });
          assert.equal(await createCount(await succeedsWithOne(stage)), acted ? 1 : 2);
        }),
      );
    }
  }

  it(
    'a create that is throttled three times is sent a fourth time, and makes one instance',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'throttle', times: 3 });
      assert.equal(await createCount(await succeedsWithOne(stage)), 4);
    }),
  );

  it(
    'a source that turns busy between check and create is checked again and waited for',
    scene(async (stage) => {
      const code = 'OperationDenied.InstanceStatusLimitError';
      await stage.account.armCreate({ fault: 'refuse', code, times: 2 });
      assert.equal(await createCount(await succeedsWithOne(stage)), 3);
    }),
  );

  it(
    'an empty purse fails in one sentence with the remedy, and makes nothing',
    scene(async ({ account, restore }) => {
      const code = 'OperationDenied.InsufficientBalanceError';
      await account.armCreate({ fault: 'refuse', code, message: 'Your balance is insufficient.' });
      const run = await restore();
      const { type, message } = await run.failure();
      assert.equal(type, 'QuotaExceeded');
      assert.match(message, /^NOT CREATED {2}Tencent: OperationDenied\.InsufficientBalanceError /);
      assert.match(message, /Nothing was made\. Top up the account, run the same line\.$/);
      assert.equal(await run.exitCode(), 1);
      assert.equal(await createCount(account), 1);
      assert.deepEqual(await account.made(), []);
      assert.deepEqual(await account.deletes(), []);
    }),
  );

  it(
    'a key without the right to create fails as AccessDenied and makes nothing',
    scene(async ({ account, restore }) => {
      await account.armCreate({ fault: 'refuse', code: 'UnauthorizedOperation' });
      const { type, message } = await (await restore()).failure();
      assert.equal(type, 'AccessDenied');
      assert.match(message, /^NOT CREATED {2}.*Nothing was made\./);
      assert.deepEqual(await account.made(), []);
    }),
  );

  for (const fault of ['dropBefore', 'dropAfter']) {
    it(
      `a twin of somebody else, made at the moment of a create with ${fault}, is never touched`,
      scene(async (stage) => {
        await stage.account.armCreate({ fault: 'twin' });
        await stage.account.armCreate({ fault });
        await succeedsWithOne(stage);
        const ours = await stage.account.theInstance();
        const twins = (await stage.account.inventory()).filter(({ origin }) => origin === 'twin');
        assert.deepEqual(
          twins.map(({ name, status }) => ({ name, status })),
          [{ name: ours.name, status: 'running' }],
        );
      }),
    );
  }

  it(
    'an instance that lists hide for 5 s, and its tags for 7 s, is found and not made again',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'listLag', seconds: emulatedSeconds(5) });
      await stage.account.armCreate({ fault: 'tagLag', seconds: emulatedSeconds(7) });
      await stage.account.armCreate({ fault: 'dropAfter' });
      assert.equal(await createCount(await succeedsWithOne(stage)), 1);
    }),
  );

  it(
    'lists that are empty for longer than the settling time prove nothing: nothing is made again',
    scene(async (stage) => {
      const { account } = stage;
      await account.armCreate({ fault: 'dropAfter' });
      const run = await stage.restore();
      await run.reaches('findClones');
      const empty = await account.arm({
        ...{ action: 'DescribeDBInstances', fault: 'emptyList', times: 1000 },
      });
      await new Promise((resolve) => setTimeout(resolve, 13_000));
      assert.equal(await createCount(account), 1);
      assert.ok((await account.hits(empty)) >= 2, 'it went on looking');
      await account.disarm(empty);
      stage.stays((await run.result()).instanceId);
      assert.equal((await account.theInstance()).status, 'running');
      assert.equal(await createCount(account), 1);
    }),
  );

  it(
    'an instance that came to light after a second create is removed before the result',
    scene(async ({ account, restore, stays }) => {
      await account.armCreate({ fault: 'listLag', seconds: emulatedSeconds(12.5) });
      await account.armCreate({ fault: 'dropAfter' });
      const result = await (await restore()).result();
      const [first, second] = await account.made();
      stays(result.instanceId);
      assert.equal(result.instanceId, second?.id);
      assert.notEqual(first?.deletedAt, null);
      assert.deepEqual(result.leftBehind, []);
      assert.equal(await createCount(account), 2);
    }),
  );
});
