import assert from 'node:assert/strict';
import { scenes } from '../support/scenes.ts';

const prepaid = { target: { InstanceChargeType: 'PREPAID' }, acceptNoUndo: true };

describe('A prepaid restore, which nobody can undo', () => {
  const scene = scenes();

  it(
    'is refused unless the request accepts that',
    scene(async ({ account, restore }) => {
      const run = await restore({ ...prepaid, acceptNoUndo: false });
      const { type, message } = await run.failure();
      assert.equal(type, 'InvalidRequest');
      assert.match(message, /acceptNoUndo: must be true for InstanceChargeType PREPAID/);
      assert.deepEqual(await account.audit(), []);
    }),
  );

  it(
    'finds its instance through the order, and reports it',
    scene(async ({ account, restore, stays }) => {
      const run = await restore(prepaid);
      const result = await run.result();
      const made = await account.theInstance();
      stays(made.id);
      assert.equal(result.instanceId, made.id);
      assert.ok(result.cloud['DealName']);
      assert.ok(result.warnings.some((warning) => /PREPAID: cannot be undone/.test(warning)));
      assert.ok((await account.audit()).some(({ action }) => action === 'DescribeOrders'));
      assert.equal((await account.creates()).length, 1);
    }),
  );

  it(
    'whose answer was lost is found by name and tag, and not bought twice',
    scene(async ({ account, restore, stays }) => {
      await account.armCreate({ fault: 'dropAfter' });
      const { instanceId } = await (await restore(prepaid)).result();
      stays(instanceId);
      assert.equal((await account.theInstance()).id, instanceId);
    }),
  );

  for (const [when, holdsOrder] of [
    ['while the cloud clones', false],
    ['while its order names no instance yet', true],
  ] as const)
    it(
      `cancelled ${when} is left behind by name, and nothing is deleted`,
      scene(async ({ account, restore, stays }) => {
        await account.armCreate({ fault: 'stuck' });
        if (holdsOrder)
          await account.arm({ action: 'DescribeOrders', fault: 'emptyList', times: 1000 });
        const run = await restore(prepaid);
        await run.reaches(holdsOrder ? 'waitForCloneOrder' : 'waitForClone');
        await run.handle.cancel();
        const { type, message, left } = await run.failure();
        const { id } = await account.theInstance();
        stays(id);
        assert.equal(type, 'LeftBehind');
        assert.match(
          message,
          new RegExp(`${id} \\w+ since .*: it is prepaid: Tencent cannot undo`),
        );
        assert.deepEqual(
          left.map(({ id: leftId }) => leftId),
          [id],
        );
        assert.deepEqual(await account.deletes(), []);
      }),
    );
});
