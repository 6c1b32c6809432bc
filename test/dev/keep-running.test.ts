import assert from 'node:assert/strict';
import { keepRunning, type Restartable } from '../../client/dev/keep-running.ts';

interface Fake extends Restartable {
  die(how: string): void;
}

function fake(): Fake {
  let die: (how: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (die = resolve));
  const stop = () => Promise.resolve(die('SIGTERM'));
  return { ended, die, stop, kill: () => die('SIGKILL') };
}

describe('a part of the local stack', () => {
  const pausesMs = [0, 0, 0, 0, 0];

  it('is started again when it dies, and not when it is stopped', async () => {
    const started: Fake[] = [];
    let back: () => void = () => undefined;
    const restarted = new Promise<void>((resolve) => (back = resolve));
    const kept = await keepRunning({
      name: 'The worker',
      start: () => {
        const part = fake();
        started.push(part);
        return Promise.resolve(part);
      },
      report: (line) => line === 'The worker is back.' && back(),
      onGivenUp: () => assert.fail(),
      pausesMs,
    });
    started[0]?.die('exit code 1');
    await restarted;
    assert.equal(kept.current(), started[1]);
    await kept.stop();
    assert.equal(started.length, 2);
  });

  it('is given up after five new starts within a minute, with the last reason', async () => {
    let starts = 0;
    const reason = await new Promise<string>((resolve, reject) => {
      keepRunning({
        name: 'The emulator',
        start: () => {
          starts += 1;
          const part = fake();
          setImmediate(() => part.die(`exit code ${starts}`));
          return Promise.resolve(part);
        },
        report: () => undefined,
        onGivenUp: resolve,
        pausesMs,
      }).catch(reject);
    });
    assert.deepEqual([starts, reason], [6, 'exit code 6']);
  });

  it('that does not start the first time is not tried again', async () => {
    const start = () => Promise.reject(new Error('no database user'));
    const [report, onGivenUp] = [() => assert.fail(), () => assert.fail()];
    await assert.rejects(keepRunning({ name: 'x', start, report, onGivenUp }), /no database user/);
  });
});
