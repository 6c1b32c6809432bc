import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { Accepted } from '../../workflows/restore.ts';
import { startTrialWorker, type TrialWorker } from './trial-worker.ts';
import type { CreateActivities, CreateTrial, tryCreateOnce } from './trials.ts';

type Step<Name extends keyof CreateActivities> =
  Awaited<ReturnType<CreateActivities[Name]>> | Error;

const accepted = (instanceId?: string): Accepted => ({
  ...{ how: 'accepted', alive: true, cloud: {} },
  ...(instanceId ? { instanceId } : {}),
});
const found = (instanceId: string, alive = true): Accepted => ({
  ...{ how: 'found', alive, cloud: {}, instanceId },
});
const failure = (type: string) => ApplicationFailure.nonRetryable(`said ${type}`, type);
const lost = failure('OutcomeUnknown');

describe('Creating once', function () {
  this.timeout(60_000);
  let worker: TrialWorker;
  /** The calls in order, and what each next one answers. */
  let calls: string[];
  let creates: Step<'create'>[];
  let finds: Step<'find'>[];

  const answer = <T>(name: string, queue: (T | Error)[]): Promise<T> => {
    calls.push(name);
    assert.ok(queue.length > 0, `one ${name} too many: ${calls.join(' ')}`);
    const next = queue.shift()!;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  };
  before(async () => {
    worker = await startTrialWorker({
      create: () => answer('create', creates),
      find: () => answer('find', finds),
      recheck: () => answer('recheck', [undefined as unknown as void]),
    } satisfies CreateActivities);
  });
  after(() => worker.close());
  beforeEach(() => {
    calls = [];
    creates = [];
    finds = [];
  });

  const start = (options: Parameters<typeof tryCreateOnce>[0] = {}) =>
    worker.client.workflow.start<typeof tryCreateOnce>('tryCreateOnce', {
      ...{ taskQueue: worker.taskQueue, workflowId: `create-${randomUUID()}`, args: [options] },
    });
  const run = async (options?: Parameters<typeof tryCreateOnce>[0]): Promise<CreateTrial> =>
    (await start(options)).result();

  /** What `temporal workflow reset` does; answers the new run's id. */
  async function resetToItsStart(workflowId: string, runId: string): Promise<string> {
    const { workflowService, options } = worker.client;
    const ask = {
      ...{ namespace: options.namespace, workflowExecution: { workflowId, runId } },
      ...{ workflowTaskFinishEventId: 4, requestId: randomUUID(), reason: 'a test' },
    };
    const answer: unknown = await workflowService.resetWorkflowExecution(ask as object);
    return (answer as { runId: string }).runId;
  }

  it('is one call when it is accepted', async () => {
    creates = [accepted('postgres-a')];
    const { accepted: made, ...rest } = await run();
    assert.equal(made?.instanceId, 'postgres-a');
    assert.deepEqual(rest.made, { doubts: 0, instanceId: 'postgres-a' });
    assert.deepEqual(calls, ['create']);
  });

  it('stays in doubt while only an order is known', async () => {
    creates = [accepted()];
    assert.deepEqual((await run()).made, { doubts: 1 });
    assert.deepEqual(calls, ['create']);
  });

  for (const type of [
    ...['InvalidRequest', 'MissingCredentials', 'AccessDenied', 'PreconditionFailed'],
    ...['QuotaExceeded', 'NotFound', 'RestoreFailed'],
  ])
    it(`fails at once when it is refused for good: ${type}`, async () => {
      creates = [failure(type)];
      const { failure: why, made } = await run();
      assert.deepEqual(why, { type, message: `said ${type}` });
      assert.deepEqual(made, { doubts: 0 });
      assert.deepEqual(calls, ['create']);
    });

  for (const type of ['NotReady', 'CloudUnavailable'])
    it(`goes back to the check when it is refused for now: ${type}`, async () => {
      creates = [failure(type), failure(type), accepted('postgres-a')];
      assert.deepEqual((await run()).made, { doubts: 0, instanceId: 'postgres-a' });
      assert.deepEqual(calls, ['create', 'recheck', 'create', 'recheck', 'create']);
    });

  it('gives up with the refusal itself when it was refused for now too long', async () => {
    creates = [failure('NotReady')];
    const { failure: why, made } = await run({ deadlineMs: -1 });
    assert.deepEqual(why, { type: 'NotReady', message: 'said NotReady' });
    assert.deepEqual([made, calls], [{ doubts: 0 }, ['create']]);
  });

  it('goes back to the check when no worker ever started it: nothing was sent', async () => {
    creates = [accepted('postgres-a')];
    const { made } = await run({ createOn: `nobody-${randomUUID()}` });
    assert.deepEqual(made, { doubts: 0, instanceId: 'postgres-a' });
    assert.deepEqual(calls, ['recheck', 'create']);
  });

  for (const [what, unknown] of Object.entries({
    'a lost answer': lost,
    'a failure of no known type': failure('Surprise'),
    'a plain error of the worker': ApplicationFailure.nonRetryable('boom'),
  }))
    it(`looks after ${what}, and goes on with what it finds`, async () => {
      creates = [unknown];
      finds = [[found('postgres-a')]];
      const { accepted: made, made: known } = await run();
      assert.equal(made?.instanceId, 'postgres-a');
      assert.deepEqual(known, { doubts: 0, instanceId: 'postgres-a' });
      assert.deepEqual(calls, ['create', 'find']);
    });

  it('creates once more, after a check, only when nothing was found', async () => {
    creates = [lost, accepted('postgres-b')];
    finds = [[]];
    const { made } = await run();
    // The first create stays in doubt: it may still come.
    assert.deepEqual(made, { doubts: 1, instanceId: 'postgres-b' });
    assert.deepEqual(calls, ['create', 'find', 'recheck', 'create']);
  });

  it('creates never a third time', async () => {
    creates = [lost, lost];
    finds = [[], []];
    const { failure: why, made } = await run();
    assert.equal(why?.type, 'RestoreFailed');
    assert.match(why.message, /sent twice, each answer was lost, and nothing was found/);
    assert.deepEqual(made, { doubts: 2 });
    assert.deepEqual(calls, ['create', 'find', 'recheck', 'create', 'find']);
  });

  it('keeps the oldest of several that are its own, and stays in doubt about the rest', async () => {
    creates = [lost];
    finds = [[found('postgres-a'), found('postgres-b')]];
    assert.deepEqual((await run()).made, { doubts: 1, instanceId: 'postgres-a' });
    assert.deepEqual(calls, ['create', 'find']);
  });

  it('never goes on with one that is on its way out, and remembers it', async () => {
    creates = [lost, accepted('postgres-b')];
    finds = [[found('postgres-a', false)]];
    const { accepted: made, made: known } = await run();
    assert.equal(made?.instanceId, 'postgres-b');
    assert.ok(known.doubts >= 1);
    assert.deepEqual(calls, ['create', 'find', 'recheck', 'create']);
  });

  it('a look that fails is no licence to create again', async () => {
    creates = [lost];
    finds = [failure('AccessDenied')];
    const { failure: why, made } = await run();
    assert.equal(why?.type, 'AccessDenied');
    assert.deepEqual(made, { doubts: 1 });
    assert.deepEqual(calls, ['create', 'find']);
  });

  it('looks before anything else in a run that was reset', async () => {
    creates = [accepted('postgres-a')];
    const handle = await start();
    await handle.result();
    calls = [];
    finds = [[found('postgres-a')]];
    const again = worker.client.workflow.getHandle<typeof tryCreateOnce>(
      handle.workflowId,
      await resetToItsStart(handle.workflowId, handle.firstExecutionRunId),
    );
    const { accepted: made, made: known } = await again.result();
    assert.deepEqual([made?.how, made?.instanceId], ['found', 'postgres-a']);
    assert.deepEqual(known, { doubts: 0, instanceId: 'postgres-a' });
    assert.deepEqual(calls, ['find']);
  });
});
