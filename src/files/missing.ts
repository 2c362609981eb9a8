/** Lets a caller treat a file or folder that does not exist as undefined instead of as a fault. */

/** @throws the error, unless it is ENOENT */
export function undefinedIfMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
