/** Opens what the command line trusts on this machine. */
import type { CliPorts } from "../cli/context.ts";
import { TrustFile } from "../files/trust-file.ts";

/**
 * Opens what is trusted on this machine: one file in `folder`, for its owner alone. Several processes may use it.
 * @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT, when it is read
 */
export const openTrust = (folder: string): ReturnType<CliPorts["openTrust"]> =>
  Promise.resolve(new TrustFile(folder));
