/** Makes the seeded source database of a fixture. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { BusinessClock, Endpoint } from './engine.ts';
import { archiveCommand, walSegmentMb } from './postgres-archive.ts';
import { createAccounts, fixtureDatabase, writeHistory } from './postgres-history.ts';
import { takeCopy } from './postgres-backup.ts';
import { type Home, type InstanceRecord, saveRecord } from './postgres-record.ts';
import { type Engine, type Server, startServer } from './postgres-server.ts';
import { hostAccount, withSession } from './postgres-session.ts';
import { giveTo, spawnOptions } from './postgres-user.ts';

const run = promisify(execFile);

/** A running server with accounts, history and two backups, and the record of it, which is saved. */
export async function createSourceServer(options: {
  engine: Engine;
  clock: BusinessClock;
  seed: number | undefined;
  instanceId: string;
  home: Home;
  endpoint: Endpoint;
}): Promise<{ server: Server; record: InstanceRecord }> {
  const { engine, clock, seed, instanceId, home, endpoint } = options;
  const hostPassword = randomBytes(18).toString('base64url');
  await initialise({ engine, home, hostPassword });
  const login = { endpoint, password: hostPassword };
  const server = await startServer({
    engine,
    home,
    ...login,
    settings: { archive_command: archiveCommand(home.archive, engine.copy) },
  });
  try {
    await withSession(login, createAccounts);
    let backupsTaken = 0;
    const history = await withSession({ ...login, database: fixtureDatabase }, (session) =>
      writeHistory({
        session,
        now: clock.now(),
        seed: seed ?? 1,
        takeBackup: async (times) => {
          backupsTaken += 1;
          const id =
            seed === undefined ? randomUUID() : uuidOf(`${seed}/${instanceId}/${backupsTaken}`);
          return { id, ...times, ...(await takeCopy({ user: engine.user, home, login, id })) };
        },
      }),
    );
    const record: InstanceRecord = {
      instanceId,
      kind: 'source',
      hostPassword,
      liveSince: clock.now(),
      ...history,
    };
    await saveRecord(home, record);
    return { server, record };
  } catch (error) {
    await server.stop('immediate');
    throw error;
  }
}

/** A cluster of its own each time: copies of one share an identity and would accept each other's log. */
async function initialise(options: { engine: Engine; home: Home; hostPassword: string }) {
  const { engine, home, hostPassword } = options;
  const passwordFile = path.join(home.folder, 'password');
  await writeFile(passwordFile, hostPassword, { mode: 0o600 });
  await giveTo(engine.user, passwordFile);
  await mkdir(home.data);
  await chmod(home.data, 0o700);
  await giveTo(engine.user, home.data);
  await run(
    engine.binaries.initdb,
    [
      ...['-D', home.data, '-U', hostAccount, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256'],
      ...['-E', 'UTF8', '--locale=C', '-k', `--wal-segsize=${walSegmentMb}`],
      ...['--no-sync', '--no-instructions'],
    ],
    spawnOptions(engine.user),
  );
  await rm(passwordFile);
}

function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
