/** The configuration every server gets, written anew at each start: addresses and folders may have moved. */
import type { Endpoint } from './engine.ts';

export type Settings = Readonly<Record<string, string>>;

/** Small, quick and crash-safe as long as the machine itself stays up. */
const everywhere: Settings = {
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '16MB',
  wal_buffers: '1MB',
  min_wal_size: '8MB',
  max_wal_size: '64MB',
  dynamic_shared_memory_type: 'posix',
  max_logical_replication_workers: '0',
  max_parallel_workers: '0',
  jit: 'off',
  fsync: 'off',
  wal_level: 'replica',
  max_wal_senders: '0',
  archive_mode: 'on',
  track_commit_timestamp: 'on',
  hot_standby: 'off', // nobody sees a restored server before it is complete
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  log_checkpoints: 'off',
  lc_messages: 'C',
  autovacuum: 'off',
};

/** postgresql.conf for a server at `endpoint`. */
export function settingsText(endpoint: Endpoint, settings: Settings): string {
  const all = {
    ...everywhere,
    listen_addresses: endpoint.address,
    port: String(endpoint.port),
    ...settings,
  };
  const lines = Object.entries(all).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`,
  );
  return `${lines.join('\n')}\n`;
}

/** pg_hba.conf: a password for everybody, the host too. */
export const hbaText = 'host all all all scram-sha-256\n';
