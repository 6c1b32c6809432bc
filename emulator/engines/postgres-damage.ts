/** Restores as a careless cloud does them: from damaged material, without a word. */
import { open, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import type { Endpoint, PostgresDamage } from './engine.ts';
import { archivedFrom, walNameAt } from './postgres-archive.ts';
import { fixtureDatabase } from './postgres-history.ts';
import type { PostgresInstance } from './postgres-instance.ts';
import { type BackupRecord, type Home, homeOf, makeHome } from './postgres-record.ts';
import { recover, type RecoveryPlan, targetOf } from './postgres-recovery.ts';
import type { Engine, Server } from './postgres-server.ts';
import { withSession } from './postgres-session.ts';

const pageBytes = 8192;

interface DamagedRestore {
  readonly engine: Engine;
  readonly home: Home;
  readonly endpoint: Endpoint;
  readonly source: PostgresInstance;
  readonly plan: RecoveryPlan;
}

/** Like `recover`, with the damage asked for. Rejects with the engine's words where it does not start at all. */
export async function recoverDamaged(
  how: PostgresDamage,
  options: DamagedRestore,
): Promise<Server> {
  switch (how) {
    case 'walGap':
      return recoverOverGap(options);
    case 'cutFile':
      return recoverTable(options, cutTable);
    case 'flipBytes':
      return recoverTable(options, flipBytes);
    case 'wrongTimeline':
      return recoverFork(options);
  }
}

const common = ({ engine, home, endpoint, source }: DamagedRestore, base: BackupRecord) => ({
  engine,
  home,
  endpoint,
  password: source.record().hostPassword,
  base: path.join(source.home.backups, base.id),
  archives: [source.home.archive],
});

/** A log file between the backup and the wanted moment is lost, and no target is set that would tell. */
async function recoverOverGap(options: DamagedRestore): Promise<Server> {
  const { source, plan } = options;
  const usable = source.record().backups.filter(({ finishedAt }) => finishedAt <= plan.at);
  for (const base of usable.reverse()) {
    const between = await logFilesBetween(source.home.archive, base, plan.end);
    if (between.length < 2) continue; // nothing of the data would be lost
    const hiding = between[Math.floor((between.length - 1) / 2)]!;
    return recover({ ...common(options, base), hiding });
  }
  return recover({ ...common(options, plan.base), hiding: plan.base.lastWal });
}

/** Names of the log files after the backup that hold nothing later than `end`, or hold that place. */
async function logFilesBetween(archive: string, base: BackupRecord, end: RecoveryPlan['end']) {
  const logs = await archivedFrom(archive, base.firstWal);
  const after = logs.filter(({ name }) => name > base.lastWal);
  const within = await Promise.all(
    after.map(async ({ name, file }) =>
      'lsn' in end ? name <= walNameAt(end.lsn, name) : (await stat(file)).mtime <= end.time,
    ),
  );
  return after.filter((_log, index) => within[index]).map(({ name }) => name);
}

type TableDamage = (file: string) => Promise<void>;

async function recoverTable(options: DamagedRestore, damage: TableDamage): Promise<Server> {
  const { base } = options.plan;
  const table = base.largestTable;
  if (!table) throw new Error(`The backup ${base.id} holds no table that could be damaged`);
  return recover({
    ...common(options, base),
    target: targetOf(options.plan),
    prepare: (data) => damage(path.join(data, table)),
  });
}

const cutTable: TableDamage = async (file) => {
  const pages = Math.floor((await stat(file)).size / pageBytes);
  await truncate(file, Math.ceil(pages / 2) * pageBytes);
};

/** In an early page: the log brings back whole pages that were written after the backup began. */
const flipBytes: TableDamage = async (file) => {
  const handle = await open(file, 'r+');
  try {
    const pages = Math.floor((await handle.stat()).size / pageBytes);
    const place = Math.floor(pages / 4) * pageBytes + pageBytes / 2;
    const bytes = Buffer.alloc(64);
    await handle.read(bytes, 0, bytes.length, place);
    await handle.write(
      bytes.map((byte) => byte ^ 0xff),
      0,
      bytes.length,
      place,
    );
  } finally {
    await handle.close();
  }
};

/** Somebody restored the same backup earlier, wrote, and archived into the same folder; `latest` follows him. */
async function recoverFork(options: DamagedRestore): Promise<Server> {
  const { engine, home, endpoint, source, plan } = options;
  const fork = homeOf(home.folder, 'fork');
  await makeHome(fork, engine.user);
  const password = source.record().hostPassword;
  const settings = common(options, plan.base);
  const target = { recovery_target: 'immediate' };
  const other = await recover({ ...settings, home: fork, target });
  try {
    await withSession({ endpoint, password, database: fixtureDatabase }, async (session) => {
      await session.query(
        `insert into orders (total, note, created_at)
         select n, 'written on another timeline', $1 from generate_series(1, 25) n`,
        [plan.base.finishedAt],
      );
    });
  } finally {
    await other.stop('fast');
  }
  const server = await recover({
    ...settings,
    archives: [fork.archive, source.home.archive],
    timeline: 'latest',
  });
  await rm(fork.folder, { recursive: true, force: true });
  return server;
}
