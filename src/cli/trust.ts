/** Keeps what is trusted on this machine where it can be kept: a verification needs no folder that it can write. */
import { isAppError, type ErrorCode } from "../core/errors.ts";
import { MemoryTrust, type TrustStore } from "../sdk/verify/trust.ts";
import { fill } from "../words/index.ts";
import type { Context } from "./context.ts";

const UNWRITABLE: readonly ErrorCode[] = ["DATA_DIR_UNUSABLE", "STORAGE_LOW", "STORAGE_FAILED"];

/** As the store of the ports; what cannot be written there is said once, and holds for this process. */
export async function trustOfMachine({ ports, config, out, words }: Context): Promise<TrustStore> {
  const store = await ports.openTrust(config().saltDir);
  const unkept = new MemoryTrust();
  let isSaid = false;
  return {
    read: async (name) => (await unkept.read(name)) ?? (await store.read(name)),
    write: async (name, kept) => {
      try {
        await store.write(name, kept);
      } catch (fault) {
        if (!isAppError(fault) || !UNWRITABLE.includes(fault.code)) throw fault;
        if (!isSaid) out.note(fill(words.cli.trustUnkept, { detail: fault.fields.detail }));
        isSaid = true;
        await unkept.write(name, kept);
      }
    },
  };
}
