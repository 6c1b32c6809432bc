import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestEmulator } from './tencent-client.ts';

describe('The data directory of an emulator', () => {
  let dataDirectory: string;
  beforeEach(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'lifeboat-test-'));
  });
  afterEach(() => rmSync(dataDirectory, { recursive: true, force: true }));

  it('belongs to one emulator at a time, and is free again when that ends', async () => {
    const one = await startTestEmulator({ dataDirectory });
    await assert.rejects(
      startTestEmulator({ dataDirectory }),
      new RegExp(`in use by the emulator with process id ${process.pid}`),
    );
    await one.close();
    const two = await startTestEmulator({ dataDirectory });
    await two.close();
    assert.deepEqual(
      readdirSync(dataDirectory).filter((name) => name.includes('owner')),
      [],
    );
  });

  it('is taken over from an emulator that was killed', async () => {
    const dead = { pid: 2 ** 22 + 1, started: '1' };
    writeFileSync(join(dataDirectory, 'emulator-owner.json'), JSON.stringify(dead));
    await (await startTestEmulator({ dataDirectory })).close();
    writeFileSync(join(dataDirectory, 'emulator-owner.json'), '');
    await (await startTestEmulator({ dataDirectory })).close();
  });

  it('stays free when the emulator could not start', async () => {
    const other = await startTestEmulator();
    const taken = startTestEmulator({ dataDirectory, port: other.port });
    await assert.rejects(taken, { code: 'EADDRINUSE' });
    await other.close();
    await (await startTestEmulator({ dataDirectory })).close();
  });

  it('is made with its parents, and is refused in one line where it cannot be', async () => {
    const inside = join(dataDirectory, 'a', 'b');
    await (await startTestEmulator({ dataDirectory: inside })).close();
    assert.ok(existsSync(join(inside, 'state.json')));
    const file = join(dataDirectory, 'file');
    writeFileSync(file, '');
    for (const directory of [file, join(file, 'below'), '/proc/nope/below'])
      await assert.rejects(
        startTestEmulator({ dataDirectory: directory }),
        /^[^\n]*data directory[^\n]*$/s,
      );
  });
});
