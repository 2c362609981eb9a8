/** The SDK for programs in Node: verifying and issuing, with files, salts and trust on this machine. */
export * from "./sdk-verify.ts";
export * from "../sdk/issue/index.ts";
export { initSalts, openSalts } from "./salts.ts";
