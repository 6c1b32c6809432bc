import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localStackFile, readLocalStack } from '../../client/dev/local-stack.ts';

describe('temporal-dev.yaml', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-yaml-'));
  const shipped = readFileSync(localStackFile, 'utf8');
  after(() => rmSync(directory, { recursive: true }));

  const messageOf = (text: string): string => {
    const file = join(directory, 'temporal-dev.yaml');
    writeFileSync(file, text);
    try {
      readLocalStack(file);
    } catch (error) {
      return (error as Error).message.replace(file, 'FILE');
    }
    throw new Error('was accepted');
  };

  it('as shipped describes the ports, attributes and timers that docs and tests rely on', () => {
    const { temporal, emulator } = readLocalStack();
    assert.deepEqual([temporal.port, temporal.uiPort, emulator.port], [7233, 8233, 7430]);
    assert.equal(temporal.dynamicConfig['history.timerProcessorMaxTimeShift'], '50ms');
    assert.deepEqual(Object.keys(temporal.searchAttributes), [
      'LifeboatType',
      'LifeboatPhase',
      'LifeboatSource',
      'LifeboatRestoreId',
      'LifeboatOutcome',
    ]);
  });

  it('names the path of a wrong value in one line', () => {
    assert.equal(
      messageOf(shipped.replace('port: 7430', 'port: seven')),
      'FILE: emulator.port: Invalid input: expected number, received string',
    );
  });

  it('refuses a key that nobody reads', () => {
    assert.equal(
      messageOf(shipped.replace('timeScale:', 'timescale:')),
      'FILE: emulator.timeScale: Invalid input: expected number, received undefined; emulator: Unrecognized key: "timescale"',
    );
  });

  it('refuses a hash that is cut off', () => {
    assert.match(
      messageOf(shipped.replace('b71e5a', '')),
      /^FILE: temporal\.pythonPackage\.wheels\.linux-x64\.wheel: expected 64 lower-case hex digits$/,
    );
  });

  it('says where broken YAML is broken, in one line', () => {
    assert.match(messageOf('temporal: [1, 2\nemulator: {}'), /^FILE: .+ at line \d+, column \d+$/);
  });

  it('says that a missing file is missing', () => {
    assert.throws(() => readLocalStack(join(directory, 'none.yaml')), /cannot be read: ENOENT/);
  });
});
