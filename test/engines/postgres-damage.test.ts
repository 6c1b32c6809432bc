import assert from 'node:assert/strict';
import type { EngineInstance, RestorePoint } from '../../emulator/engines/engine.ts';
import { type Content, contentOf } from './databases.ts';
import { type Restoring, sharedSource } from './seeded-source.ts';

describe('a restore from damaged material comes up without a word', () => {
  let restoring: Restoring;
  let source: EngineInstance;
  let point: RestorePoint;
  let expected: Content;

  before(async () => {
    ({ restoring, source } = await sharedSource());
    const at = new Date(restoring.clock.now().getTime() - 10 * 60_000);
    point = { kind: 'time', at };
    expected = await contentOf(source, 'created_at <= $1', [at]);
  });

  it('and without the rows after a gap in the log', async () => {
    const clone = await restoring.restore('source', point, { damage: 'walGap' });
    const { rows, last, fingerprint } = await contentOf(clone);
    assert.ok(rows < expected.rows && rows > 20_000);
    const beginning = await contentOf(source, 'id <= $1', [last]);
    assert.equal(fingerprint, beginning.fingerprint);
  });

  it('and without the rows in the lost part of a cut file', async () => {
    const clone = await restoring.restore('source', point, { damage: 'cutFile' });
    const { rows, last } = await contentOf(clone);
    assert.equal(last, expected.last);
    assert.ok(rows < expected.rows - 5000);
  });

  it('and fails when the flipped bytes are read', async () => {
    const clone = await restoring.restore('source', point, { damage: 'flipBytes' });
    await assert.rejects(contentOf(clone), /invalid page in block/);
  });

  it('and with the rows of another timeline instead of the own ones', async () => {
    const clone = await restoring.restore('source', point, { damage: 'wrongTimeline' });
    const content = await contentOf(clone);
    assert.ok(content.rows < expected.rows);
    const foreign = await contentOf(clone, `note = 'written on another timeline'`);
    assert.ok(foreign.rows > 0);
  });

  it('also from a backup, with fewer rows after a gap', async () => {
    const { id, finishedAt } = source.backups().at(-1)!;
    const backup: RestorePoint = { kind: 'backup', backupId: id };
    const clone = await restoring.restore('source', backup, { damage: 'walGap' });
    const whole = await contentOf(source, 'created_at <= $1', [finishedAt]);
    assert.ok((await contentOf(clone)).rows < whole.rows);
  });
});
