import { config } from "zod";

/**
 * Comes before every schema: zod would otherwise try whether it may make functions of text, which the page's policy forbids.
 */
config({ jitless: true });
