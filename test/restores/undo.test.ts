import assert from 'node:assert/strict';
import { scenes, type Scene } from '../support/scenes.ts';

async function handedOver({ restore }: Scene) {
  const run = await restore();
  const { instanceId } = await run.result();
  return { run: run.id, instanceId };
}

/** The undo fails with that sentence, and the cloud was not asked to delete anything. */
async function refuses(stage: Scene, input: object, says: RegExp): Promise<void> {
  const before = (await stage.account.deletes()).length;
  const { type, message } = await (await stage.undo(input)).failure();
  assert.equal(type, 'PreconditionFailed');
  assert.match(message, says);
  assert.equal((await stage.account.deletes()).length, before);
}

const noSessions = { acceptUnknownSessions: true };

describe('Undoing a restore that was handed over', () => {
  const scene = scenes();

  it(
    'stops in the recycle bin, is repeatable, and destroys when told to',
    scene(async (stage) => {
      const made = await handedOver(stage);
      const { id } = await stage.account.theInstance();
      for (let times = 0; times < 2; times += 1) {
        const undone = await (await stage.undo({ ...made, ...noSessions })).result();
        assert.equal(undone.now, 'in the recycle bin');
        assert.equal((await stage.account.instance(id)).status, 'isolated');
      }
      for (let times = 0; times < 2; times += 1) {
        const undone = await (await stage.undo({ ...made, destroy: true })).result();
        assert.equal(undone.now, 'gone');
        assert.notEqual((await stage.account.instance(id)).deletedAt, null);
      }
      const destroys = (await stage.account.deletes()).map(({ action }) => action);
      assert.deepEqual(destroys, ['IsolateDBInstances', 'DestroyDBInstance']);
    }),
  );

  it(
    'refuses what nobody can prove unused: sessions that cannot be counted',
    scene(async (stage) => {
      const made = await handedOver(stage);
      stage.stays(made.instanceId);
      await refuses(
        stage,
        made,
        /^NOT REMOVED {2}client sessions: unknown: account .* has no login/,
      );
    }),
  );

  it(
    'refuses an instance that the run did not make',
    scene(async (stage) => {
      const made = await handedOver(stage);
      stage.stays(made.instanceId);
      const wrong = { ...made, ...noSessions, instanceId: 'postgres-6xk2v1qa' };
      await refuses(stage, wrong, /did not make postgres-6xk2v1qa; its history names postgres-/);
    }),
  );

  it(
    'refuses a restore that is still open',
    scene(async (stage) => {
      const run = await stage.restore();
      await run.reaches('waitForClone');
      const { id } = await stage.account.theInstance();
      await refuses(stage, { run: run.id, instanceId: id, ...noSessions }, /is still open/);
      await run.handle.cancel();
      await run.cancelled();
    }),
  );

  it(
    'refuses a run that Temporal does not know',
    scene(async ({ undo }) => {
      const { type, message } = await (
        await undo({ run: 'restore/nowhere', instanceId: 'postgres-6xk2v1qa' })
      ).failure();
      assert.equal(type, 'NotFound');
      assert.match(message, /No run restore\/nowhere in Temporal/);
    }),
  );

  it(
    'refuses while deletion protection is on, and a bad input in one line',
    scene(async (stage) => {
      const made = await handedOver(stage);
      stage.stays(made.instanceId);
      await stage.account.call('ModifyDBInstanceDeletionProtection', {
        DBInstanceId: made.instanceId,
        DeletionProtection: true,
      });
      await refuses(stage, { ...made, ...noSessions }, /deletion protection is on/);
      const bad = await (await stage.undo({ run: made.run, instance: made.instanceId })).failure();
      assert.equal(bad.type, 'InvalidRequest');
      assert.match(bad.message, /instanceId: required/);
    }),
  );

  it(
    'goes on where a run had to leave something behind, once its owner agrees',
    scene(
      async (stage) => {
        const { account } = stage;
        const run = await stage.restore();
        await run.says(/seen once/);
        const { id } = await account.theInstance();
        const setProtection = (on: boolean) =>
          account.call('ModifyDBInstanceDeletionProtection', {
            DBInstanceId: id,
            DeletionProtection: on,
          });
        await setProtection(true);
        await run.handle.cancel();
        assert.equal((await run.failure()).type, 'LeftBehind');
        const ask = { run: run.id, instanceId: id, ...noSessions, destroy: true };
        await refuses(stage, ask, /deletion protection is on/);
        await setProtection(false);
        assert.equal((await (await stage.undo(ask)).result()).now, 'gone');
        assert.notEqual((await account.theInstance()).deletedAt, null);
      },
      { timing: { look: '10m' } },
    ),
  );

  it(
    'of a run that ended clean finds nothing to do',
    scene(async (stage) => {
      await stage.account.armCreate({ fault: 'buildFails' });
      const run = await stage.restore();
      assert.equal((await run.failure()).type, 'RestoreFailed');
      const { id } = await stage.account.theInstance();
      const deletes = (await stage.account.deletes()).length;
      const undone = await (await stage.undo({ run: run.id, instanceId: id })).result();
      assert.match(undone.checks[0]?.seen ?? '', /is gone/);
      assert.equal((await stage.account.deletes()).length, deletes);
    }),
  );
});
