import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunView } from '../../client/run-view.ts';
import { startOwnTemporal, type TestTemporal } from '../support/temporal.ts';
import { lifeboat } from './cli.ts';

describe('Without any worker', function () {
  this.timeout(60_000);
  let temporal: TestTemporal;
  let directory: string;
  before(async () => {
    temporal = await startOwnTemporal();
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-no-worker-'));
  });
  after(async () => {
    await temporal.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const cli = (...args: string[]) =>
    lifeboat(args, { env: { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' } });

  it('what needs the cloud is refused at once and says what to start', async () => {
    const { code, stderr } = await cli('plan', 'postgres-6xk2v1qa', '--ago', '30m');
    assert.equal(code, 2);
    assert.match(stderr, /^No worker polls lifeboat, so nobody .* Start one: lifeboat worker$/m);
  });

  it('a restore can be started, is shown with what it waits for, and is not started twice', async () => {
    const path = join(directory, 'request.yaml');
    writeFileSync(path, 'source: postgres-6xk2v1qa\nfrom: { backup: latest }\n');
    const started = await cli('restore', '-f', path, '--yes', '--detach');
    assert.equal(started.code, 0, started.stderr);
    assert.match(started.stdout, /^No worker polls lifeboat now: it starts when one comes/m);
    const run = 'restore/tencent/postgres-6xk2v1qa/backup-latest-1';

    const [text, json] = await Promise.all([cli('status', run), cli('status', run, '--json')]);
    assert.equal(text.code, 0);
    assert.match(
      text.stdout,
      /nobody polls lifeboat\. Nothing is lost\. Start one: lifeboat worker$/m,
    );
    assert.match(text.stdout, /^If you do nothing: it waits;/m);
    const view = JSON.parse(json.stdout) as RunView;
    assert.deepEqual(
      [view.state, view.stalled?.name, view.stalled?.pollers],
      ['Running', 'lifeboat', 0],
    );

    const again = await cli('restore', '-f', path, '--yes', '--detach');
    assert.match(again.stderr, /still running/);
    assert.equal(again.code, 2);
  });
});
