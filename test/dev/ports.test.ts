import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort, refuseBusyPorts } from '../../client/dev/ports.ts';
import { readLocalStack } from '../../client/dev/local-stack.ts';

describe('the ports of the local stack', () => {
  const stackOn = async (ports: { temporal?: number; ui?: number; emulator?: number }) => {
    const { temporal, emulator, ...rest } = readLocalStack();
    const [port, uiPort] = [ports.temporal ?? (await freePort()), ports.ui ?? (await freePort())];
    const emulatorPort = ports.emulator ?? (await freePort());
    return {
      ...rest,
      temporal: { ...temporal, port, uiPort },
      emulator: { ...emulator, port: emulatorPort },
    };
  };

  it('are refused when taken, naming the port, its holder and the flag', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '0.0.0.0');
    await once(server, 'listening');
    try {
      await assert.rejects(refuseBusyPorts(await stackOn({ ui: port })), (error: Error) => {
        const [line, ...more] = error.message.split('\n');
        assert.deepEqual(more, []);
        assert.match(line ?? '', new RegExp(`^Port ${port} \\(Temporal's UI\\) is taken`));
        if (process.platform === 'linux')
          assert.match(line ?? '', RegExp(` by process ${process.pid} `));
        assert.match(line ?? '', /Stop that, or choose: --ui-port <port>$/);
        return true;
      });
    } finally {
      server.close();
    }
  });

  it('must differ from each other', async () => {
    const port = await freePort();
    await assert.rejects(refuseBusyPorts(await stackOn({ temporal: port, emulator: port })), {
      message: `--temporal-port and --emulator-port are both ${port}: they must differ.`,
    });
  });

  it('pass when nobody holds them', async () => {
    await refuseBusyPorts(await stackOn({}));
  });
});
