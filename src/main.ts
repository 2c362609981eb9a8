/** The composition root: which part is made of which, for a service, for the command line, and for scripts. */
export { openPage } from "./main/page.ts";
export { serveChain, startChain } from "./main/node.ts";
export { openChainLog } from "./main/chain-log.ts";
export { encryptKey, openContract, openGovernance, openLog, openReader } from "./main/readers.ts";
export { serve, startService, VERSION, type Service } from "./main/service.ts";
export { maintainIndex } from "./main/upkeep.ts";
