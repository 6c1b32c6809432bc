import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Worker, type ReplayResult } from '@temporalio/worker';
import { atTheEnd, harness } from '../support/harness.ts';
import { openNamespace } from '../support/namespaces.ts';
import type { Run } from '../support/runs.ts';
import { scenes, type Scene } from '../support/scenes.ts';
import { temporalCli } from '../support/temporal-cli.ts';
import { until } from '../support/until.ts';
import { startWorkers } from '../support/workers.ts';

/** A restore that is stuck, and released after so many looks; answers how many events it needed. */
async function eventsAfter(
  scene: Scene,
  name: string,
  looks: number,
): Promise<() => Promise<number>> {
  const { account, restore, stays } = scene;
  const stuck = await account.armCreate({ fault: 'stuck' });
  const run = await restore({ name });
  await run.reaches('waitForClone');
  const made = (await account.made()).find((row) => row.name.startsWith(name));
  const id = made?.id ?? '';
  stays(id);
  const looked = async () =>
    (await account.audit()).filter(
      ({ action, resourceId }) => action === 'DescribeDBInstanceAttribute' && resourceId === id,
    ).length;
  return async () => {
    await until(`${looks} looks at ${id}`, async () => (await looked()) >= looks, 160_000);
    await account.disarm(stuck);
    assert.equal((await run.result()).instanceId, id);
    return run.eventCount();
  };
}

describe('The history of a restore', () => {
  const scene = scenes();

  it(
    'is as long after 100 looks as after 5',
    scene(
      async (stage) => {
        const few = await eventsAfter(stage, 'few', 5);
        const many = await eventsAfter(stage, 'many', 100);
        const [short, long] = await Promise.all([few(), many()]);
        assert.equal(long, short);
      },
      { first: true },
    ),
  );

  it(
    'is found by what it restores, how far it is, and how it ended',
    scene(async ({ account, restore }) => {
      const run = await restore();
      await run.says(/is cloning/);
      const restoreId = (await account.theInstance()).tags['lifeboat-restore'];
      assert.deepEqual(await run.searchAttributes(), {
        ...(await run.searchAttributes()),
        LifeboatType: ['tencentPostgresClone'],
        LifeboatSource: ['postgres-6xk2v1qa'],
        LifeboatRestoreId: [restoreId],
        LifeboatPhase: ['wait'],
      });
      await run.handle.cancel();
      await run.cancelled();
      const ended = await run.searchAttributes();
      assert.deepEqual(ended['LifeboatPhase'], ['undo']);
      assert.deepEqual(ended['LifeboatOutcome'], ['cancelled']);
    }),
  );

  it(
    'in a namespace that knows none of our search attributes ends as well',
    scene(async (stage) => {
      const { temporal, connection } = await harness();
      const namespace = `bare-${randomUUID().slice(0, 8)}`;
      const client = await openNamespace(connection, namespace, { indexed: false });
      const workers = await startWorkers({ address: temporal.address, namespace });
      atTheEnd(() => workers.stop());
      const result = await (await stage.restore({}, client)).result();
      stage.stays(result.instanceId);
      const others = result.checks.find(({ name }) => name === 'other restores');
      assert.deepEqual(others && { seen: others.seen, ok: others.ok }, {
        ...{ seen: 'not readable', ok: 'warn' },
      });
    }),
  );

  for (const [point, updated] of [
    ['FirstWorkflowTask', false],
    ['LastWorkflowTask', false],
    ['LastWorkflowTask', true],
  ] as const)
    it(
      `reset to its ${point} during the wait${updated ? ', after an update,' : ''} makes no second instance`,
      scene(async (stage) => {
        const { account, restore, stays } = stage;
        const stuck = await account.armCreate({ fault: 'stuck' });
        const run = await restore();
        await run.says(/is cloning/);
        if (updated) await run.update('setOnFailure', { onFailure: 'undo', by: 'ann' });
        const answer = await temporalCli(
          stage,
          ...['workflow', 'reset', '-w', run.id, '--type', point, '--reason', 'an operator did it'],
        );
        assert.equal(answer.code, 0, answer.stderr);
        await run.says(/is cloning/);
        await account.disarm(stuck);
        const { instanceId, restoreId } = await run.result();
        for (const replay of await replayed([run])) assert.equal(replay.error, undefined);
        const made = await account.theInstance();
        stays(made.id);
        assert.equal(instanceId, made.id);
        assert.equal(made.tags['lifeboat-restore'], restoreId);
        assert.equal((await account.creates()).length, 1);
      }),
    );

  it(
    'reset while it undoes still leaves nothing',
    scene(async (stage) => {
      const { account, restore } = stage;
      const stuck = await account.armCreate({ fault: 'stuck' });
      const run = await restore();
      await run.reaches('waitForClone');
      await run.handle.cancel();
      await run.says(/cannot be isolated yet|IsolateDBInstances refused/);
      const words = ['--type', 'FirstWorkflowTask', '--reason', 'an operator did it'];
      const answer = await temporalCli(stage, 'workflow', 'reset', '-w', run.id, ...words);
      assert.equal(answer.code, 0, answer.stderr);
      await run.reaches('waitForClone');
      await account.disarm(stuck);
      await run.handle.cancel().catch(() => undefined);
      await run.cancelled();
      assert.notEqual((await account.theInstance()).deletedAt, null);
      assert.equal((await account.creates()).length, 1);
    }),
  );

  it(
    'of runs that succeeded, failed, were cancelled and kept replays on today’s code',
    scene(async (stage) => {
      const { account, restore, stays } = stage;
      const succeeded = await restore({ name: 'good' });
      stays((await succeeded.result()).instanceId);
      await account.armCreate({ fault: 'dropAfter' });
      const kept = await restore({ name: 'kept' });
      await kept.reaches('waitForClone');
      await kept.update('keep', { by: 'ann' });
      stays((await kept.result()).instanceId);
      await account.armCreate({ fault: 'buildFails' });
      const failed = await restore({ name: 'failed' });
      await failed.reaches('waitForClone');
      const cancelled = await restore({ name: 'cancelled' });
      await cancelled.reaches('waitForClone');
      await cancelled.handle.cancel();
      await Promise.all([failed.failure(), cancelled.cancelled()]);
      for (const replay of await replayed([succeeded, kept, failed, cancelled]))
        assert.equal(replay.error, undefined, `${replay.workflowId}: ${replay.error?.message}`);
    }),
  );
});

const workflowsPath = fileURLToPath(new URL('../../workflows/index.js', import.meta.url));

async function replayed(runs: Run<unknown>[]): Promise<ReplayResult[]> {
  const histories = await Promise.all(
    runs.map(async ({ id, handle }) => ({ workflowId: id, history: await handle.fetchHistory() })),
  );
  const results: ReplayResult[] = [];
  for await (const result of Worker.runReplayHistories({ workflowsPath }, histories))
    results.push(result);
  assert.equal(results.length, runs.length);
  return results;
}
