/** The verifying side for programs in Node: files are hashed, and trust and mirrors are kept on this machine. */
export * from "../sdk/verify/index.ts";
export { hashFile, hashStream } from "../hash/file.ts";
export * from "../sdk/mirror/index.ts";
export { findMirror, writeMirror } from "./mirror.ts";
export { openTrust } from "./trust.ts";
