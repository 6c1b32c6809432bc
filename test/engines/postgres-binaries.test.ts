import assert from 'node:assert/strict';
import { chmod, cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { findBinaries } from '../../emulator/engines/postgres-binaries.ts';
import { chooseEngineUser } from '../../emulator/engines/postgres-user.ts';
import { makeDirectory } from './databases.ts';

describe('the search for PostgreSQL', () => {
  let directory: string;
  const saved = process.env['PG_BIN'];

  beforeEach(async () => {
    directory = await makeDirectory();
  });
  afterEach(async () => {
    delete process.env['PG_BIN'];
    if (saved !== undefined) process.env['PG_BIN'] = saved;
    await rm(directory, { recursive: true, force: true });
  });
  const search = () => findBinaries({ user: chooseEngineUser(), copyTo: directory });

  it('finds one that was run, with its version', async () => {
    const { version, from } = await search();
    assert.match(`${version} ${from}`, /^\d+(\.\d+)? (npm|PATH|Debian|PG_BIN)$/);
  });

  it('never passes over a setting that does not work', async () => {
    process.env['PG_BIN'] = path.join(directory, 'not-there');
    await assert.rejects(search(), (error: Error) => {
      assert.match(error.message, /PG_BIN: \S+not-there: ENOENT/);
      assert.match(error.message, /Fix: unset PG_BIN/);
      assert.match(error.message, /--engines none/);
      return true;
    });
  });

  it('says why a program that is there does not run', async () => {
    const bin = path.join(directory, 'bin');
    await mkdir(bin);
    await chmod(directory, 0o711); // its user must be able to try
    await cp('/bin/false', path.join(bin, 'initdb'));
    await cp('/bin/false', path.join(bin, 'postgres'));
    process.env['PG_BIN'] = bin;
    await assert.rejects(search(), /PG_BIN: \S+: Command failed: \S+initdb --version/);
  });
});
