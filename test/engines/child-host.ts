/**
 * A host in a process of its own, to be killed or to run as another user. Argument: its directory. Makes a source,
 * restores it to an hour ago, prints one line of JSON and stays.
 */
import { createPostgresHost } from '../../emulator/engines/postgres.ts';
import { createBusinessClock } from './business-clock.ts';
import { contentOf, insertOrder, someEndpoint } from './databases.ts';

const clock = createBusinessClock();
const host = await createPostgresHost({ directory: process.argv[2]!, clock });
const source = await host.createSource({ instanceId: 'source', endpoint: someEndpoint() });
const at = new Date(clock.now().getTime() - 3600_000);
const clone = await host.restore({
  instanceId: 'clone',
  endpoint: someEndpoint(),
  sourceId: 'source',
  point: { kind: 'time', at },
});
await insertOrder(clone, 'kept by the clone');
await insertOrder(source, 'kept by the source');
const line = {
  from: host.from,
  endpoint: source.endpoint,
  labelled: await contentOf(source, 'created_at <= $1', [at]),
  restored: await contentOf(clone, `note <> 'kept by the clone'`),
};
process.stdout.write(`${JSON.stringify(line)}\n`);
process.on('SIGTERM', () => void host.close().then(() => process.exit()));
setInterval(() => undefined, 60_000);
