import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultDataDirectory, makeDataDirectory } from '../../client/dev/data-directory.ts';

describe('the data directory of the local stack', () => {
  let currentDirectory: string; // mkdtemp makes it 0700: closed to other users
  beforeEach(() => (currentDirectory = mkdtempSync(join(tmpdir(), 'lifeboat-data-'))));
  afterEach(() => rmSync(currentDirectory, { recursive: true }));

  it('is .lifeboat beside the user, who runs the databases himself', () => {
    const chosen = defaultDataDirectory({ currentDirectory, uid: 1000 });
    assert.equal(chosen, join(currentDirectory, '.lifeboat'));
  });

  it('is elsewhere, and always the same, when root stands where no other user can go', () => {
    const chosen = defaultDataDirectory({ currentDirectory, uid: 0 });
    assert.match(chosen, /lifeboat-[0-9a-f]{8}$/);
    assert.ok(!chosen.startsWith(currentDirectory));
    assert.equal(chosen, defaultDataDirectory({ currentDirectory, uid: 0 }));
    chmodSync(currentDirectory, 0o755);
    assert.equal(
      defaultDataDirectory({ currentDirectory, uid: 0 }),
      join(currentDirectory, '.lifeboat'),
    );
  });

  it('can be walked through by the user of the databases, whatever the umask', () => {
    const umask = process.umask(0o077);
    try {
      const { path } = makeDataDirectory(join(currentDirectory, 'data'));
      assert.equal(statSync(path).mode & 0o011, 0o011);
    } finally {
      process.umask(umask);
    }
  });
});
