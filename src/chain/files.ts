import { open } from "node:fs/promises";

/** Makes the names in a folder durable, as the content of its files is by their own sync. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync();
  await folder.close();
}
