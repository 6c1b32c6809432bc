import assert from 'node:assert/strict';
import { execFileSync, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import type { Endpoint, EngineHost } from '../../emulator/engines/engine.ts';
import { stopLeftovers, temporaryRoot } from '../../emulator/engines/leftovers.ts';
import { createPostgresHost } from '../../emulator/engines/postgres.ts';
import { createBusinessClock } from './business-clock.ts';
import { ask, type Content, contentOf, makeDirectory, someEndpoint, waitFor } from './databases.ts';

interface ChildLine {
  from: string;
  endpoint: Endpoint;
  labelled: Content;
  restored: Content;
}

async function startChild(directory: string, options: SpawnOptions = {}) {
  const script = fileURLToPath(new URL('child-host.js', import.meta.url));
  const child = spawn(process.execPath, [script, directory], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => undefined);
  const line = await Promise.race([once(lines, 'line'), ended]);
  if (!line) throw new Error('The child ended before it was ready');
  return { seen: JSON.parse(line[0] as string) as ChildLine, child, ended };
}

const createHost = (directory: string) =>
  createPostgresHost({ directory, clock: createBusinessClock() });
const answers = ({ endpoint }: { endpoint: Endpoint }): Promise<boolean> =>
  ask({ endpoint }, 'select 1').then(
    () => true,
    () => false,
  );

describe('a PostgreSQL host', () => {
  let directory: string;
  const hosts: EngineHost[] = [];

  beforeEach(async () => {
    directory = await makeDirectory();
  });
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.close()));
    await rm(directory, { recursive: true, force: true });
  });

  it('that was killed is cleaned up by the next one, which finds all rows again', async () => {
    await chmod(directory, 0o711);
    const kept = path.join(directory, 'kept'); // where no other test's host looks for leftovers
    const { seen, child, ended } = await startChild(kept);
    await assert.rejects(createHost(kept), /is in use by the emulator with process id/);
    child.kill('SIGKILL');
    await ended;
    assert.ok(await answers(seen), 'the server outlives its host');

    const host = await createHost(kept);
    hosts.push(host);
    assert.ok(!(await answers(seen)), 'the leftover is stopped');
    const source = (await host.reopen({ instanceId: 'source', endpoint: someEndpoint() }))!;
    const clone = (await host.reopen({ instanceId: 'clone', endpoint: someEndpoint() }))!;
    assert.equal((await contentOf(source, `note = 'kept by the source'`)).rows, 1);
    assert.equal((await contentOf(clone, `note = 'kept by the clone'`)).rows, 1);
    assert.equal(
      await host.reopen({ instanceId: 'never-made', endpoint: someEndpoint() }),
      undefined,
    );

    const { begin } = source.recoverableRange();
    const at = new Date(begin.getTime() + 30 * 60_000);
    const again = await host.restore({
      instanceId: 'again',
      endpoint: someEndpoint(),
      sourceId: 'source',
      point: { kind: 'time', at },
    });
    assert.deepEqual(await contentOf(again), await contentOf(source, 'created_at <= $1', [at]));
    const before = (await contentOf(source)).rows;
    await waitFor('the writer going on', async () => (await contentOf(source)).rows > before);
  });

  it('that was killed leaves nothing behind once leftovers are stopped', async () => {
    const { seen, child, ended } = await startChild(directory);
    child.kill('SIGKILL');
    await ended;
    await stopLeftovers(temporaryRoot());
    assert.ok(!(await answers(seen)));
    await assert.rejects(readdir(directory), /ENOENT/);
  });

  it('runs as an ordinary user too', async function () {
    if (process.getuid?.() !== 0) this.skip(); // then every other test has shown it
    const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
    const nobody = { uid: id('-u'), gid: id('-g'), cwd: '/', env: { PATH: process.env['PATH'] } };
    const script = fileURLToPath(new URL('child-host.js', import.meta.url));
    try {
      execFileSync('test', ['-r', script], nobody);
    } catch {
      this.skip(); // a checkout that nobody else may read
    }
    await chown(directory, nobody.uid, nobody.gid);
    const { seen, child, ended } = await startChild(directory, nobody);
    assert.deepEqual(seen.restored, seen.labelled);
    child.kill('SIGTERM');
    await ended;
    assert.ok(!(await answers(seen)), 'SIGTERM ends its servers');
  });

  it('names the folder that its user cannot walk through', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const closed = path.join(directory, 'closed');
    await mkdir(path.join(closed, 'open'), { recursive: true });
    await chmod(directory, 0o755);
    await chmod(closed, 0o700);
    await assert.rejects(
      createHost(path.join(closed, 'open')),
      new RegExp(`^Error: ${closed} does not let the user \\w+ through`),
    );
  });

  it('opens a folder below new folders of its own', async () => {
    await chmod(directory, 0o711);
    const host = await createHost(path.join(directory, 'a/b/c'));
    hosts.push(host);
    assert.match(host.from, /^PostgreSQL \d+(\.\d+)? from \w+$/);
  });
});
