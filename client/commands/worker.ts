import { Command } from 'commander';
import { onLauncherGone } from '../dev/launcher.ts';

/** `lifeboat worker`: serves the task queues until it is told to stop. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('Serve the task queues (accounts come from lifeboat.yaml on this machine)')
    .option('--queues <names...>', 'serve these queues only')
    .option('--json', 'one JSON line when ready')
    .action(async (options: { queues?: string[]; json?: true }) => {
      // Loaded here: no other command should pay for the worker's native core.
      const { runWorker } = await import('../../worker/index.ts');
      const stopping = new AbortController();
      const stop = () => stopping.abort();
      process.once('SIGTERM', stop);
      process.once('SIGINT', stop);
      process.once('disconnect', stop); // started by lifeboat dev, which is gone
      process.channel?.unref();
      onLauncherGone(stop);
      await runWorker({
        ...(options.queues ? { queues: options.queues } : {}),
        signal: stopping.signal,
        log: (line) => process.stderr.write(`${line}\n`),
        onReady: (ready) =>
          process.stdout.write(
            options.json
              ? `${JSON.stringify(ready)}\n`
              : `Worker ${ready.pid} serves ${ready.queues.join(', ')} at ${ready.temporal}/${ready.namespace}\n`,
          ),
      });
    });
}
