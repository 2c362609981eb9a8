/** The SDK for programs in Node: verifying, issuing, and what both keep on the disk of this machine. */
export * from "../sdk/verify/index.ts";
export * from "../sdk/issue/index.ts";
export { hashFile, hashStream } from "../hash/file.ts";
export { openSalts } from "./salts.ts";
export { openTrust } from "./trust.ts";
