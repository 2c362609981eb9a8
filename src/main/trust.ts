/** Opens what the command line trusts on this machine. */
import type { CliPorts } from "../cli/context.ts";
import { TrustFile } from "../files/trust-file.ts";

export const openTrust = (folder: string): ReturnType<CliPorts["openTrust"]> =>
  Promise.resolve(new TrustFile(folder));
