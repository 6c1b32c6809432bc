import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { EmulatedAccount } from '../support/emulated-account.ts';
import { atTheEnd, harness, timeScale } from '../support/harness.ts';
import { openNamespace, withoutRateLimit } from '../support/namespaces.ts';
import type { Run } from '../support/runs.ts';
import { scenes, type Scene } from '../support/scenes.ts';
import { startOwnTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';
import { startWorkerProcess, startWorkers } from '../support/workers.ts';

/** Something is done once all `count` tests have come this far; then they go on. */
function rendezvous(count: number, deed: () => Promise<unknown>): () => Promise<void> {
  let arrived = 0;
  let go: (done: Promise<unknown>) => void;
  const done = new Promise<unknown>((resolve) => (go = resolve));
  return async () => {
    arrived += 1;
    if (arrived === count) go(deed());
    await done;
  };
}

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
}

const createArrived = (account: EmulatedAccount) =>
  until('a create arrived', async () => (await account.creates()).length > 0);

async function restoredOne({ account, stays }: Scene, run: Run): Promise<void> {
  const result = await run.result();
  const made = await account.theInstance();
  stays(made.id);
  assert.equal(result.instanceId, made.id);
  assert.equal(made.status, 'running');
}

/** How the first create of a run ended, in its history's own words. */
async function createStep(run: Run): Promise<string> {
  const { steps } = await run.view();
  return steps.find(({ activity }) => activity === 'createClone')?.failure ?? 'succeeded';
}

describe('A worker process that is killed', () => {
  const scene = scenes();
  const doomed = once(async () => {
    const { temporal, connection, config } = await harness();
    const namespace = `killed-${randomUUID().slice(0, 8)}`;
    const where = { address: temporal.address, namespace };
    const client = await openNamespace(connection, namespace);
    const child = await startWorkerProcess({ ...where, config: config.file, timeScale });
    const replace = async () => {
      await child.kill();
      const workers = await startWorkers(where);
      atTheEnd(() => workers.stop());
    };
    return { client, replace };
  });
  const kill = rendezvous(4, async () => (await doomed()).replace());
  // The creates hang for 2 s only: they start when the others are where they should be.
  const othersAreReady = rendezvous(4, () => Promise.resolve());

  for (const acted of [true, false])
    it(
      `during a create that ${acted ? 'acted' : 'did nothing'} makes one instance: another worker finishes`,
      scene(
        async (stage) => {
          const { client } = await doomed();
          await stage.account.armCreate({ fault: 'hang', acted });
          await othersAreReady();
          const run = await stage.restore({}, client);
          await createArrived(stage.account);
          await kill();
          await restoredOne(stage, run);
          assert.match(await createStep(run), /StartToClose timeout/);
          assert.equal((await stage.account.creates()).length, acted ? 1 : 2);
        },
        { first: true },
      ),
    );

  it(
    'during the wait is replaced without anybody noticing',
    scene(
      async (stage) => {
        const { client } = await doomed();
        const stuck = await stage.account.armCreate({ fault: 'stuck' });
        const run = await stage.restore({}, client);
        await run.says(/is cloning/);
        await othersAreReady();
        await kill();
        await stage.account.disarm(stuck);
        await restoredOne(stage, run);
        assert.equal((await stage.account.creates()).length, 1);
      },
      { first: true },
    ),
  );

  it(
    'during the undo is replaced, and nothing is left',
    scene(
      async (stage) => {
        const { client } = await doomed();
        const stuck = await stage.account.armCreate({ fault: 'stuck' });
        const run = await stage.restore({}, client);
        await run.reaches('waitForClone');
        await run.handle.cancel();
        await run.says(/cannot be isolated yet|IsolateDBInstances refused/);
        await othersAreReady();
        await kill();
        await stage.account.disarm(stuck);
        await run.cancelled();
        assert.notEqual((await stage.account.theInstance()).deletedAt, null);
      },
      { first: true },
    ),
  );
});

describe('A Temporal server that is killed and started again', () => {
  const scene = scenes();
  const mortal = once(async () => {
    const temporal = await startOwnTemporal();
    atTheEnd(() => temporal.stop());
    const { address, namespace } = temporal;
    const connection = await Connection.connect({ address });
    atTheEnd(() => connection.close());
    const workers = await startWorkers({ address, namespace });
    atTheEnd(() => workers.stop());
    await withoutRateLimit(connection, namespace);
    return { temporal, client: new Client({ connection, namespace }) };
  });
  const restart = rendezvous(2, async () => {
    const { temporal } = await mortal();
    await temporal.kill();
    await delay(3000);
    await temporal.restart();
  });
  const otherIsReady = rendezvous(2, () => Promise.resolve());

  /** The client's own calls fail while the server is away. */
  const closes = (run: Run) =>
    until(
      `${run.id} closes`,
      () =>
        run.handle.describe().then(
          ({ status }) => status.name !== 'RUNNING',
          () => false,
        ),
      80_000,
    );

  it(
    'during a create loses its answer, and still one instance is made',
    scene(
      async (stage) => {
        const { client } = await mortal();
        await stage.account.armCreate({ fault: 'slow', ms: 1500 });
        await otherIsReady();
        const run = await stage.restore({}, client);
        await createArrived(stage.account);
        await restart();
        await closes(run);
        await restoredOne(stage, run);
        assert.equal((await stage.account.creates()).length, 1);
      },
      { first: true },
    ),
  );

  it(
    'during the wait only delays the run',
    scene(
      async (stage) => {
        const { client } = await mortal();
        const stuck = await stage.account.armCreate({ fault: 'stuck' });
        const run = await stage.restore({}, client);
        await run.says(/is cloning/);
        await otherIsReady();
        await restart();
        await stage.account.disarm(stuck);
        await closes(run);
        await restoredOne(stage, run);
        assert.equal((await stage.account.creates()).length, 1);
      },
      { first: true },
    ),
  );
});
