import assert from 'node:assert/strict';
import type { EngineInstance } from '../../emulator/engines/engine.ts';
import {
  committedUntil,
  contentOf,
  secondAfter,
  someEndpoint,
  waitFor,
  writeAcross,
} from './databases.ts';
import { type Restoring, startRestoring } from './seeded-source.ts';

describe('with the clock advanced by two hours, a restore', () => {
  let restoring: Restoring;
  let source: EngineInstance;
  let jump: { second: Date; before: Date; wall: Date };
  const now = () => restoring.clock.now();
  const restore = (at: Date) => restoring.restore('source', { kind: 'time', at });

  before(async () => {
    restoring = await startRestoring();
    source = await restoring.host.createSource({ instanceId: 'source', endpoint: someEndpoint() });
    const second = secondAfter(now());
    await writeAcross(source, now, second);
    jump = { second, before: now(), wall: new Date() };
    restoring.clock.advance(2 * 3600);
    await writeAcross(source, now, secondAfter(now()));
  });
  after(() => restoring?.end());

  it('to before the jump brings what was committed by then', async () => {
    const clone = await restore(jump.second);
    assert.deepEqual(await contentOf(clone), await committedUntil(source, jump.second));
  });

  it('into the skipped time brings everything from before the jump and nothing from after it', async () => {
    const clone = await restore(new Date(jump.before.getTime() + 3600_000));
    assert.deepEqual(await contentOf(clone), await committedUntil(source, jump.wall));
  });

  it('to after the jump brings what was committed by then', async () => {
    const at = secondAfter(now());
    await waitFor('the next second', () => now() > at);
    const clone = await restore(at);
    assert.deepEqual(
      await contentOf(clone),
      await committedUntil(source, new Date(at.getTime() - 2 * 3600_000)),
    );
  });

  it('into the seeded past still brings exactly the batches up to then', async () => {
    const at = new Date(now().getTime() - 4 * 3600_000);
    const clone = await restore(at);
    assert.deepEqual(await contentOf(clone), await contentOf(source, 'created_at <= $1', [at]));
  });

  it('reaches into the advanced time at once: the end of the range follows', async () => {
    await waitFor('an end after the jump', () => {
      return source.recoverableRange().end.getTime() > jump.before.getTime() + 7200_000;
    });
  });
});
