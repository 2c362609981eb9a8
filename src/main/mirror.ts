/** Opens the stores of mirrors. */
import type { CliPorts } from "../cli/context.ts";
import { lockFolder } from "../files/lock.ts";
import { MirrorFile } from "../store/mirror/mirror-file.ts";

/**
 * Opens a mirror to be read: the SQLite file in `folder`. It may be brought up to date meanwhile.
 * @throws AppError MIRROR_MISSING, STORAGE_*, SCHEMA_NEWER
 */
export const findMirror: CliPorts["findMirror"] = (folder) => MirrorFile.find(folder);

/**
 * Opens a mirror for one writer, and makes it where there is none.
 * @throws AppError DATA_DIR_LOCKED: another process writes it; STORAGE_*, SCHEMA_NEWER
 */
export const writeMirror: CliPorts["writeMirror"] = async (folder) => {
  const lock = await lockFolder(folder);
  try {
    const store = await MirrorFile.open(folder);
    const close = (): void => {
      store[Symbol.dispose]();
      lock.release();
    };
    return { store, [Symbol.dispose]: close };
  } catch (error) {
    lock.release();
    throw error;
  }
};
