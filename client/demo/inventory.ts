/** What the demo reads of the emulator's control API: the truth about what exists, told by the cloud's side. */
interface Item {
  id: string;
  status: string;
  origin: string;
  deletedAt: string | null;
  engine: { actual: string } | null;
}

async function inventory(emulatorUrl: string): Promise<Item[]> {
  const answer = await fetch(`${emulatorUrl}/_emulator/inventory`);
  return (await answer.json()) as Item[];
}

/** Which program really runs behind an instance: no cloud API says so. */
export async function engineBehind(emulatorUrl: string, instanceId: string): Promise<string> {
  const item = (await inventory(emulatorUrl)).find(({ id }) => id === instanceId);
  return item?.engine?.actual ?? 'none';
}

/** Ids of everything that was made and is not gone. */
export async function livingClones(emulatorUrl: string): Promise<string[]> {
  return (await inventory(emulatorUrl))
    .filter(({ origin, deletedAt }) => origin === 'call' && deletedAt === null)
    .map(({ id }) => id);
}
