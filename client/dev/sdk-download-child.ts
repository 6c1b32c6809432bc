import { mkdirSync } from 'node:fs';
import { TestWorkflowEnvironment } from '@temporalio/testing';

// Run by sdk-download.ts as `node sdk-download-child.js <directory> <version>`: starting the SDK's
// test environment is the only public way to its download.
const [directory, version] = process.argv.slice(2);
process.once('disconnect', () => process.exit(1));
if (!directory || !version) throw new Error('usage: sdk-download-child <directory> <version>');
mkdirSync(directory, { recursive: true });
const environment = await TestWorkflowEnvironment.createLocal({
  server: {
    executable: {
      type: 'cached-download',
      version: `v${version}`,
      downloadDir: directory,
      ttl: '3650 days',
    },
  },
});
await environment.teardown();
process.exit(0);
