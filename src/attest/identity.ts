/** Finds the operator that holds this service's keys, and the keys that may sign now. */
import { equalBytes } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import {
  KEY_PURPOSES,
  type KeyPurpose,
  type NewOperatorKey,
  type Operator,
  type OperatorKey,
} from "../core/directory.ts";
import type { OperatorId, UnixSeconds } from "../core/units.ts";
import { keyNames } from "../log/checkpoint.ts";
import type { NoteSigner, VerifierKey } from "../log/note.ts";
import { TYPE_OF, possessionText, usableKeys } from "../log/operator-key.ts";
import type { FinalLog, OperatorSeeds } from "./ports.ts";
import { localNoteSigner, publicKeyOf } from "./signer.ts";

/** An operator, and its signers under the names that its keys have for one log. */
export interface OperatorIdentity {
  readonly id: OperatorId;
  readonly signers: Readonly<Record<KeyPurpose, NoteSigner>>;
}

/** What the operator is found by. */
export interface IdentityContext {
  readonly seeds: OperatorSeeds;
  readonly origin: string;
  readonly log: Pick<FinalLog, "operators">;
  readonly clock: Clock;
}

const PURPOSES = Object.keys(KEY_PURPOSES) as KeyPurpose[];

/** The public keys that the directory must list before their holder may sign. */
export function publicKeysOf(
  seeds: OperatorSeeds,
): Pick<OperatorKey, "purpose" | "signatureType" | "publicKey">[] {
  return PURPOSES.map((purpose) => {
    return { purpose, signatureType: TYPE_OF[purpose], publicKey: publicKeyOf(seeds[purpose]) };
  });
}

/** The keys as the directory takes them for an operator of a log. */
export function newKeysOf(
  seeds: OperatorSeeds,
  { origin, operator }: { origin: string; operator: OperatorId },
): NewOperatorKey[] {
  return publicKeysOf(seeds).map((key) => ({
    ...key,
    possession: localNoteSigner(seeds[key.purpose], { name: origin, type: key.signatureType }).sign(
      possessionText(origin, { operator, ...key }),
    ),
  }));
}

/** The operator with all three keys in force; undefined where there is none, and then nothing may be signed. */
export function identityOf(
  seeds: OperatorSeeds,
  context: { operators: readonly Operator[]; origin: string; now: UnixSeconds },
): OperatorIdentity | undefined {
  const { operators, origin, now } = context;
  const mine = publicKeysOf(seeds);
  const keys = keysThatSign(operators, { origin, now }).map(({ key }) => key);
  const holder = operators.find(({ id }) =>
    mine.every((own) => keys.some((key) => key.operator === id && isSame(key, own))),
  );
  if (holder === undefined) return undefined;
  const signer = (purpose: KeyPurpose): NoteSigner => {
    const name = keyNames[purpose](origin, holder.id);
    return localNoteSigner(seeds[purpose], { name, type: TYPE_OF[purpose] });
  };
  return {
    id: holder.id,
    signers: { log: signer("log"), witness: signer("witness"), status: signer("status") },
  };
}

/** The operator that holds these keys now, by the final directory. */
export async function currentIdentity(context: IdentityContext): Promise<OperatorIdentity | undefined> {
  const { seeds, origin, log, clock } = context;
  return identityOf(seeds, { operators: await log.operators(), origin, now: clock.now() });
}

/** The keys of a purpose of all operators but the one that holds these keys; none where there is no such operator. */
export async function keysOfOthers(
  context: IdentityContext,
  purpose: KeyPurpose,
): Promise<readonly VerifierKey[]> {
  const { seeds, origin, log, clock } = context;
  const [operators, now] = [await log.operators(), clock.now()];
  const own = identityOf(seeds, { operators, origin, now });
  const others = operators.filter(({ id }) => id !== own?.id);
  return own === undefined ? [] : keysInForce(others, purpose, { origin, now });
}

function isSame(key: OperatorKey, mine: ReturnType<typeof publicKeysOf>[number]): boolean {
  return (
    key.purpose === mine.purpose &&
    key.signatureType === mine.signatureType &&
    equalBytes(key.publicKey, mine.publicKey)
  );
}

/** The keys of a purpose that may sign now, as the log's notes name them. */
export function keysInForce(
  operators: readonly Operator[],
  purpose: KeyPurpose,
  context: { origin: string; now: UnixSeconds },
): VerifierKey[] {
  return keysThatSign(operators, context)
    .filter(({ key }) => key.purpose === purpose)
    .map(({ verifier }) => verifier);
}

/** The keys that count, and may sign now. */
function keysThatSign(
  operators: readonly Operator[],
  { origin, now }: { origin: string; now: UnixSeconds },
): ReturnType<typeof usableKeys<OperatorKey>> {
  const keys = operators.flatMap((operator) => operator.keys);
  return usableKeys(keys, origin).filter(({ key }) => isInForce(key, now));
}

/** Whether a key may sign now: within its window, and not reported as compromised. */
function isInForce({ from, until, compromise }: OperatorKey, now: UnixSeconds): boolean {
  return now >= from && (until === 0 || now < until) && compromise === undefined;
}
