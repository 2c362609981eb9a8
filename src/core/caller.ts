import type { InstitutionId } from "./units.ts";

/** What holders of API keys are to an instance. */
export const ROLES = ["issuer", "verifier", "auditor", "operator"] as const;
export type Role = (typeof ROLES)[number];

/** Who holds an API key. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
  /** The institution it acts for; issuers have one. */
  readonly institution: InstitutionId | undefined;
}
