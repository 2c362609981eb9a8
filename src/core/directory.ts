import type { Address, InstitutionId, SceneId, UnixSeconds } from "./units.ts";

/** Languages of everything that a person reads (BCP 47). */
export const LANGUAGES = ["en", "zh-Hans", "zh-Hant"] as const;
export type Language = (typeof LANGUAGES)[number];

/** One name in each language. */
export type Names = Readonly<Record<Language, string>>;

export interface Institution {
  readonly id: InstitutionId;
  readonly names: Names;
  /** Its cold address: authorises keys, and signs nothing else. */
  readonly admin: Address;
  readonly state: InstitutionState;
  /** Since when it is in that state. */
  readonly stateSince: UnixSeconds;
}

export type InstitutionState = "active" | "suspended" | "withdrawn";

/** A document type. */
export interface Scene {
  readonly id: SceneId;
  /** Its name on the wire. */
  readonly slug: string;
  readonly names: Names;
  /** Its documents are recorded as commitments, because whoever can guess a document could confirm the guess. */
  readonly blinded: boolean;
}
