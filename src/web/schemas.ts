/** Keeps zod from compiling functions from text, which the page's policy forbids; must be imported before every schema. */
import { config } from "zod";

config({ jitless: true });
