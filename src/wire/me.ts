/** Defines the HTTP schema of the holder of an API key. */
import { z } from "zod";
import { ROLES } from "../core/caller.ts";
import { id } from "./common.ts";

export const meResponse = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  /** The institution that it acts for. */
  institution: id.nullable(),
});
export type MeResponse = z.infer<typeof meResponse>;
