/** Makes the digests of the log that is measured. */
import { createHash } from "node:crypto";

export function digestAt(index: number): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(`measured ${index}`).digest());
}
