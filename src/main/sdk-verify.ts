/** The verifying side for programs in Node: files are hashed, and trust is kept on this machine. */
export * from "../sdk/verify/index.ts";
export { hashFile, hashStream } from "../hash/file.ts";
export { openTrust } from "./trust.ts";
