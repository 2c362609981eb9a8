/** Defines the types and units of the values that all parts share. */

/** Whole seconds since 1970-01-01T00:00:00Z. */
export type UnixSeconds = number;

/** Position of an entry in the log, from 0. */
export type EntryIndex = number;

/** Number of entries in the log. */
export type TreeSize = number;

/** Id of an institution, from 1; 0 is governance. */
export type InstitutionId = number;

/** The largest id that an entry can hold. */
export const MAX_INSTITUTION: InstitutionId = 0xffff_ffff;

/** Id of an operator, from 1. */
export type OperatorId = number;

/** Id of a scene (document type), from 1; 0 stands for none. */
export type SceneId = number;

/** Which blocks count as final: those below this many confirmations (1 = included), or those that the node reports as final. */
export type Finality = number | "finalized";

/** An account of the chain: `0x` and 40 lower-case hexadecimal digits. */
export type Address = `0x${string}`;

/** 32 bytes: a digest, a commitment, a leaf, a node or a root. */
export type Hash = Uint8Array;

/** 9999-12-31T23:59:59Z, the last second that RFC 3339 can express. */
export const MAX_TIME: UnixSeconds = 253_402_300_799;
