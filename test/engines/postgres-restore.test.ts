import assert from 'node:assert/strict';
import { readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { EngineBackup, EngineInstance } from '../../emulator/engines/engine.ts';
import {
  admin,
  ask,
  committedUntil,
  contentOf,
  insertOrder,
  secondAfter,
  waitFor,
  writeAcross,
} from './databases.ts';
import { type Restoring, sharedSource } from './seeded-source.ts';

describe('a PostgreSQL restore', () => {
  let restoring: Restoring;
  let source: EngineInstance;
  const restore: Restoring['restore'] = (...options) => restoring.restore(...options);
  const now = () => restoring.clock.now();
  const minutesAgo = (minutes: number) => new Date(now().getTime() - minutes * 60_000);

  before(async () => {
    ({ restoring, source } = await sharedSource());
  });

  it('to a second brings exactly the rows committed up to that second', async () => {
    const at = secondAfter(now(), 2);
    await writeAcross(source, now, at);
    const clone = await restore('source', { kind: 'time', at });
    assert.deepEqual(await contentOf(clone), await committedUntil(source, at));
    assert.notDeepEqual(await contentOf(clone), await contentOf(source));
    await clone.destroy();
  });

  it('to the second before a deletion still has what was deleted', async () => {
    await ask(source, 'create table doomed as select generate_series(1, 100) as id');
    const before = secondAfter(now());
    await waitFor('the next second', () => now() > before);
    await ask(source, 'delete from doomed');
    const clone = await restore('source', { kind: 'time', at: before });
    const count = 'select count(*)::int as rows from doomed';
    assert.deepEqual(await ask(clone, count), { rows: 100 });
    const after = await restore('source', { kind: 'time', at: secondAfter(now()) }).catch(
      async (error: Error) => {
        assert.match(error.message, /is in the future/);
        await waitFor('the next second', () => now() > secondAfter(before, 2));
        return restore('source', { kind: 'time', at: secondAfter(before, 2) });
      },
    );
    assert.deepEqual(await ask(after, count), { rows: 0 });
    await Promise.all([clone.destroy(), after.destroy()]);
  });

  it('into the seeded past brings exactly the batches up to then', async () => {
    const check = async (minutes: number) => {
      const at = minutesAgo(minutes);
      const clone = await restore('source', { kind: 'time', at });
      const expected = await contentOf(source, 'created_at <= $1', [at]);
      assert.deepEqual(await contentOf(clone), expected);
      assert.ok(expected.rows > 20_000);
      await clone.destroy();
    };
    await Promise.all([205, 120, 61, 2].map(check));
  });

  it('from each seeded backup brings what was labelled before its end', async () => {
    assert.equal(source.backups().length, 2);
    const check = async ({ id, finishedAt }: EngineBackup) => {
      const clone = await restore('source', { kind: 'backup', backupId: id });
      const expected = await contentOf(source, 'created_at <= $1', [finishedAt]);
      assert.deepEqual(await contentOf(clone), expected);
      await clone.destroy();
    };
    await Promise.all(source.backups().map(check));
  });

  it('from a backup taken now brings exactly the rows committed up to its end', async () => {
    const taking = source.takeBackup({ id: '3e0c8f3a-6a51-4d6f-9a53-0f7d2a4c1b11' });
    await writeAcross(source, now, secondAfter(now(), 2));
    const { id, finishedAt, sizeBytes } = await taking;
    const clone = await restore('source', { kind: 'backup', backupId: id });
    assert.deepEqual(await contentOf(clone), await committedUntil(source, finishedAt));
    assert.ok(sizeBytes > 10_000_000);
    await clone.destroy();
  });

  it('brings the accounts and passwords of the source', async () => {
    await ask(source, `create role auditor login password 'audit-7'`, [], admin);
    const at = secondAfter(now());
    await waitFor('the next second', () => now() > at);
    const clone = await restore('source', { kind: 'time', at });
    const auditor = { user: 'auditor', password: 'audit-7', database: 'orders' };
    const whoAmI = 'select current_user as who';
    assert.deepEqual(await ask(clone, whoAmI, [], auditor), { who: 'auditor' });
    assert.deepEqual(await ask(clone, whoAmI, [], admin), { who: 'dbadmin' });
    await assert.rejects(ask(clone, whoAmI, [], { ...auditor, password: 'wrong' }), /password/);
    await clone.destroy();
  });

  describe('of a restored instance', () => {
    let clone: EngineInstance;

    before(async () => {
      clone = await restore('source', { kind: 'time', at: minutesAgo(30) });
      await waitFor('the first backup of the clone', () => clone.backups().length === 1);
    });
    after(() => clone?.destroy());

    it('brings what was written there, and leaves both others alone', async () => {
      await insertOrder(clone, 'in time');
      const at = secondAfter(now());
      await waitFor('the next second', () => now() > at);
      await insertOrder(clone, 'too late');
      const second = await restore(clone.instanceId, { kind: 'time', at });
      assert.deepEqual(await contentOf(second), await contentOf(clone, `note <> 'too late'`));
      assert.equal((await contentOf(source, `note = 'in time'`)).rows, 0);
      await second.destroy();
    });

    it('reaches a second after its last commit; once it is stopped, no further', async () => {
      const at = secondAfter(now());
      await waitFor('a second without any commit', () => now() > at);
      const idle = await restore(clone.instanceId, { kind: 'time', at });
      assert.deepEqual(await contentOf(idle), await contentOf(clone));

      await clone.stop();
      const { end } = clone.recoverableRange();
      await waitFor('a second without a server', () => now() > secondAfter(end));
      await assert.rejects(
        restore(clone.instanceId, { kind: 'time', at: secondAfter(end) }),
        new RegExp(`does not run and its log is archived up to ${end.toISOString()}`),
      );
      const stopped = await restore(clone.instanceId, { kind: 'time', at: end });
      assert.deepEqual(await contentOf(stopped), await contentOf(idle));
      await Promise.all([idle.destroy(), stopped.destroy()]);
    });
  });

  it('before the oldest backup, beyond now, or from an unknown backup is refused in words', async () => {
    const { begin } = source.recoverableRange();
    const early = new Date(begin.getTime() - 1000);
    await assert.rejects(restore('source', { kind: 'time', at: early }), /its oldest backup was/);
    await assert.rejects(
      restore('source', { kind: 'time', at: minutesAgo(-1) }),
      /is in the future/,
    );
    await assert.rejects(
      restore('source', { kind: 'backup', backupId: 'x' }),
      /no finished backup/,
    );
    await assert.rejects(restore('nobody', { kind: 'time', at: begin }), /no data of nobody/);
  });

  it('names a log file that is missing, and brings nothing', async () => {
    const archive = path.join(restoring.directory, 'instances/source/archive');
    const name = (await readdir(archive))
      .filter((file) => file.length === 24)
      .sort()
      .at(-3)!;
    await rename(path.join(archive, name), path.join(archive, `${name}.away`));
    try {
      await assert.rejects(
        restore('source', { kind: 'time', at: minutesAgo(30) }, { instanceId: 'nothing' }),
        new RegExp(`WAL ${name} is missing`),
      );
      const left = await readdir(path.join(restoring.directory, 'instances'));
      assert.ok(!left.includes('nothing'));
    } finally {
      await rename(path.join(archive, `${name}.away`), path.join(archive, name));
    }
  });

  it('names a damaged file of the backup, and brings nothing', async () => {
    const { id } = source.backups()[0]!;
    const file = path.join(
      restoring.directory,
      'instances/source/backups',
      id,
      'data/global/pg_filenode.map',
    );
    await rename(file, `${file}.away`);
    try {
      await assert.rejects(
        restore('source', { kind: 'backup', backupId: id }),
        new RegExp(`backup ${id} is damaged: global/pg_filenode.map is missing`),
      );
    } finally {
      await rename(`${file}.away`, file);
    }
  });

  it('says in the words of the engine why it does not come up', async () => {
    await assert.rejects(
      restoring.host.restore({
        instanceId: 'same-address',
        endpoint: source.endpoint,
        sourceId: 'source',
        point: { kind: 'backup', backupId: source.backups()[0]!.id },
      }),
      /FATAL: could not create any TCP\/IP sockets/,
    );
  });

  it('shows a recoverable range that begins at the oldest backup and whose end moves', async () => {
    const { begin, end } = source.recoverableRange();
    assert.deepEqual(begin, source.backups()[0]!.finishedAt);
    assert.ok(begin.getTime() < now().getTime() - 3 * 3600_000);
    await waitFor('a later end', () => source.recoverableRange().end > end);
  });
});
