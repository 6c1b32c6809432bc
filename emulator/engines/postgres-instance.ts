/** One database behind one emulated instance: its server, its backups, and how far it can be restored. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { BusinessClock, Endpoint, EngineBackup, EngineInstance } from './engine.ts';
import { createGate } from './gate.ts';
import { archiveCommand } from './postgres-archive.ts';
import { takeCopy } from './postgres-backup.ts';
import { archiveUntilNow } from './postgres-heartbeat.ts';
import { type Home, type InstanceRecord, saveRecord } from './postgres-record.ts';
import { describeEngine, type Engine, type Server, startServer } from './postgres-server.ts';
import { startUpkeep, type Upkeep } from './postgres-upkeep.ts';
import { startWriter } from './postgres-writer.ts';

/** Whoever sends SIGTERM waits no longer than two seconds. */
const shutDownSeconds = 1;

/** What all instances of one host share. */
export interface HostContext {
  readonly engine: Engine;
  readonly clock: BusinessClock;
  readonly archiveSeconds: number;
  readonly log: (line: string) => void;
  /** Runs heavy work, a few at a time. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** An instance as the host itself needs it. */
export interface PostgresInstance extends EngineInstance {
  readonly home: Home;
  record(): InstanceRecord;
  /** Makes sure that the archive reaches beyond `at`; throws, saying how far it reaches, when it cannot. */
  archiveBeyond(at: Date): Promise<void>;
  /** Takes the first backup of a clone now, if it has none yet. */
  firstBackup(): Promise<void>;
  /** Stops the server within two seconds because the emulator ends; its log is archived when it starts again. */
  shutDown(): Promise<void>;
}

/** Opens an instance whose data lies in `home`, running as `server` or stopped until `start`. */
export function openInstance(
  context: HostContext,
  options: {
    home: Home;
    endpoint: Endpoint;
    record: InstanceRecord;
    server?: Server;
    onDestroy: () => void;
  },
): PostgresInstance {
  const { clock, engine } = context;
  const { home, endpoint } = options;
  const { instanceId, hostPassword } = options.record;
  const login = { endpoint, password: hostPassword };
  const log = (line: string) => context.log(`${instanceId}: ${line}`);
  let { record, server } = options;
  let destroyed = false;
  let archivedUntil = record.backups.at(-1)?.finishedAt ?? record.liveSince;
  let archivedAt = 0;
  let askedAt = 0;
  let firstBackup: Promise<void> | undefined;

  const running = () => server?.running() ?? false;

  // Each of these goes on one at a time.
  const changing = createGate(1);
  const archiving = createGate(1);
  const saving = createGate(1);

  const archive = (): Promise<void> =>
    archiving(async () => {
      const at = clock.now();
      archivedAt = Date.now();
      await archiveUntilNow({ home, login, user: engine.user });
      if (at > archivedUntil) archivedUntil = at;
    });

  async function archiveBeyond(at: Date): Promise<void> {
    while (archivedUntil <= at) {
      if (at > clock.now()) throw new Error(`${at.toISOString()} is in the future`);
      if (!running()) {
        throw new Error(
          `${instanceId} does not run and its log is archived up to ${archivedUntil.toISOString()}: ` +
            `it cannot be restored to ${at.toISOString()}`,
        );
      }
      await archive();
    }
  }

  async function takeBackup({ id }: { id: string }): Promise<EngineBackup> {
    const startedAt = clock.now();
    const copied = await context.inTurn(() => takeCopy({ user: engine.user, home, login, id }));
    // The APIs know whole seconds: everything up to the coming one belongs to this backup.
    const finishedAt = new Date(Math.ceil(clock.now().getTime() / 1000) * 1000);
    await pause(Math.min(1000, finishedAt.getTime() - clock.now().getTime()) + 5);
    await archiveBeyond(finishedAt);
    const backup = { id, startedAt, finishedAt, ...copied };
    await saving(async () => {
      record = { ...record, backups: [...record.backups, backup] };
      await saveRecord(home, record);
    });
    return backup;
  }

  function takeFirstBackup(): Promise<void> {
    if (record.backups.length) return Promise.resolve();
    firstBackup ??= takeBackup({ id: randomUUID() })
      .then(() => undefined)
      .finally(() => (firstBackup = undefined));
    return firstBackup;
  }

  function startWork(): Upkeep {
    return startUpkeep({
      archiveSeconds: context.archiveSeconds,
      askedAt: () => askedAt,
      archivedAt: () => archivedAt,
      archive,
      firstBackup: takeFirstBackup,
      ...(record.kind === 'source' && { writer: startWriter({ endpoint, clock, log }) }),
      log,
    });
  }

  async function start(): Promise<void> {
    if (destroyed) throw new Error(`${instanceId} is destroyed`);
    if (running()) return;
    await upkeep?.stop(); // of a server that ended by itself
    const settings = { archive_command: archiveCommand(home.archive, engine.copy) };
    server = await startServer({ engine, home, ...login, settings });
    await archive();
    upkeep = startWork();
  }

  async function stop(): Promise<void> {
    await upkeep?.stop();
    if (running()) await archive().catch((error: Error) => log(error.message));
    await server?.stop('fast');
  }

  async function shutDown(): Promise<void> {
    const quiet = upkeep?.stop();
    await server?.stop('fast', shutDownSeconds);
    await quiet;
  }

  async function destroy(): Promise<void> {
    if (destroyed) return;
    destroyed = true;
    const quiet = upkeep?.stop();
    await server?.stop('immediate');
    await Promise.all([quiet, firstBackup?.catch(() => undefined)]);
    await rm(home.folder, { recursive: true, force: true });
    options.onDestroy();
  }

  let upkeep = server && startWork();
  return {
    instanceId,
    endpoint,
    description: describeEngine(engine),
    home,
    record: () => record,
    archiveBeyond,
    firstBackup: takeFirstBackup,
    takeBackup,
    backups: () => [...record.backups],
    recoverableRange() {
      askedAt = Date.now();
      return { begin: record.backups[0]?.finishedAt ?? archivedUntil, end: archivedUntil };
    },
    start: () => changing(start),
    stop: () => changing(stop),
    shutDown,
    destroy: () => changing(destroy),
  };
}
