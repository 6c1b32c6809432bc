import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { LeftOver } from '../../workflows/restore.ts';
import { until } from '../emulator/tencent-client.ts';
import { startTrialWorker, type TrialWorker } from './trial-worker.ts';
import type { tryCompensation, UndoActivities } from './trials.ts';

const broken = ApplicationFailure.nonRetryable('the disk is full', 'RestoreFailed', { id: 'x' });
const left = (id: string): LeftOver => ({
  ...{ id, status: 'running', since: '2026-11-21T03:00:00Z' },
  ...{ why: 'protected', remedy: [`remove ${id}`, `destroy ${id}`] },
});

describe('Compensation', function () {
  this.timeout(60_000);
  let worker: TrialWorker;
  let undone: [label: string, because: { cancelled: boolean }][];
  let body: () => Promise<string>;
  let undo: (label: string) => Promise<LeftOver[]>;
  let entered: boolean;
  let wentOn: boolean;
  before(async () => {
    worker = await startTrialWorker({
      body: () => {
        entered = true;
        return body();
      },
      next: () => {
        wentOn = true;
        return Promise.resolve();
      },
      undo: (label, because) => {
        undone.push([label, because]);
        return undo(label);
      },
    } satisfies UndoActivities);
  });
  after(() => worker.close());
  beforeEach(() => {
    undone = [];
    entered = false;
    wentOn = false;
    body = () => Promise.resolve('done');
    undo = () => Promise.resolve([]);
  });

  const start = (labels: string[]) =>
    worker.client.workflow.start<typeof tryCompensation>('tryCompensation', {
      ...{ taskQueue: worker.taskQueue, workflowId: `undo-${randomUUID()}`, args: [labels] },
    });
  type Handle = Awaited<ReturnType<typeof start>>;
  /** How a run ended: the state that Temporal shows, and the failure that people read. */
  async function endOf(handle: Handle) {
    const cause = await handle.result().then(
      () => assert.fail('it succeeded'),
      (error: unknown) => (error as WorkflowFailedError).cause,
    );
    return { state: (await handle.describe()).status.name, cause };
  }
  /** Cancels while the body is under way, and lets it end only when Temporal knows of the cancel. */
  async function cancelDuring(labels: string[], end: () => Promise<string>) {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    body = () => held.then(end);
    const handle = await start(labels);
    await until(() => Promise.resolve(entered), Boolean);
    await handle.cancel();
    const cancelled = async () => {
      const { raw } = await handle.describe();
      return Number(raw.pendingActivities?.[0]?.state) === 3; // CANCEL_REQUESTED
    };
    await until(cancelled, Boolean);
    letGo();
    return handle;
  }

  it('undoes nothing after a success', async () => {
    assert.equal(await (await start(['a', 'b'])).result(), 'done');
    assert.deepEqual(undone, []);
  });

  it('undoes last first, and lets the original failure go on unchanged', async () => {
    body = () => Promise.reject(broken);
    const { state, cause } = await endOf(await start(['a', 'b', 'c']));
    assert.deepEqual(
      undone,
      ['c', 'b', 'a'].map((label) => [label, { cancelled: false }]),
    );
    assert.equal(state, 'FAILED');
    assert.ok(cause instanceof ApplicationFailure);
    assert.deepEqual(
      [cause.message, cause.type, cause.nonRetryable, cause.details],
      ['the disk is full', 'RestoreFailed', true, [{ id: 'x' }]],
    );
  });

  it('undoes on cancel, shielded from it, and closes Cancelled', async () => {
    const handle = await cancelDuring(['a', 'b'], () => Promise.resolve('made it'));
    const { state, cause } = await endOf(handle);
    assert.equal(state, 'CANCELLED');
    assert.ok(cause instanceof CancelledFailure);
    assert.equal(wentOn, false);
    assert.deepEqual(
      undone,
      ['b', 'a'].map((label) => [label, { cancelled: true }]),
    );
  });

  it('closes Cancelled even if an attempt failed meanwhile', async () => {
    const handle = await cancelDuring(['a', 'b'], () => Promise.reject(broken));
    const { state, cause } = await endOf(handle);
    assert.equal(state, 'CANCELLED');
    assert.ok(cause instanceof CancelledFailure);
    assert.deepEqual(
      undone,
      ['b', 'a'].map((label) => [label, { cancelled: true }]),
    );
  });

  it('goes on undoing when it is cancelled again', async () => {
    body = () => Promise.reject(broken);
    let letGo: () => void = () => undefined;
    const held = new Promise<LeftOver[]>((resolve) => (letGo = () => resolve([])));
    undo = (label) => (label === 'b' ? held : Promise.resolve([]));
    const handle = await start(['a', 'b']);
    await until(
      () => Promise.resolve(undone.length),
      (count) => count === 1,
    );
    await handle.cancel();
    const requested = async () => {
      const { events } = await handle.fetchHistory();
      return (
        events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes) ?? false
      );
    };
    await until(requested, Boolean);
    letGo();
    await endOf(handle);
    assert.deepEqual(
      undone.map(([label]) => label),
      ['b', 'a'],
    );
  });

  it('names what was left, with the way to remove it, and why the restore ended', async () => {
    body = () => Promise.reject(broken);
    undo = (label) => Promise.resolve(label === 'a' ? [left('postgres-a')] : []);
    const { state, cause } = await endOf(await start(['a', 'b']));
    assert.equal(state, 'FAILED');
    assert.ok(cause instanceof ApplicationFailure);
    assert.equal(cause.type, 'LeftBehind');
    assert.equal(
      cause.message,
      'LEFT BEHIND  postgres-a running since 2026-11-21T03:00:00Z: protected. By hand: remove postgres-a ; destroy postgres-a (the restore: the disk is full)',
    );
    assert.deepEqual(cause.details, [{ left: [left('postgres-a')], because: 'the disk is full' }]);
    assert.equal(undone.length, 2, 'one that is left does not stop the others');
  });

  it('fails as LeftBehind even when it was cancelled: a cancelled run carries no text', async () => {
    undo = () => Promise.resolve([left('postgres-a')]);
    const handle = await cancelDuring(['a'], () => Promise.reject(broken));
    const { state, cause } = await endOf(handle);
    assert.equal(state, 'FAILED');
    assert.equal((cause as ApplicationFailure).type, 'LeftBehind');
    assert.match((cause as Error).message, /\(the restore: cancelled\)$/);
  });

  it('takes an undo that fails for something left, and runs the others', async () => {
    body = () => Promise.reject(broken);
    undo = (label) =>
      label === 'b'
        ? Promise.reject(ApplicationFailure.nonRetryable('no right to delete', 'AccessDenied'))
        : Promise.resolve([]);
    const { cause } = await endOf(await start(['a', 'b']));
    assert.equal((cause as ApplicationFailure).type, 'LeftBehind');
    assert.match((cause as Error).message, /b unknown: undo failed: no right to delete/);
    assert.deepEqual(
      undone.map(([label]) => label),
      ['b', 'a'],
    );
  });
});
