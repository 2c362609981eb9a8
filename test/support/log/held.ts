/** Makes a directory of the operators of a log in memory, whose keys are possessed. */
import type { Institution, KeyPurpose, Operator, OperatorKey } from "../../../src/core/directory.ts";
import type { NoteSigner } from "../../../src/log/note.ts";
import { operatorKeyId, possessionText } from "../../../src/log/operator-key.ts";
import { TIME, type TestOperator } from "./receipts.ts";

/** A day before the entries of a `TestLog`. */
export const ADDED = TIME - 86_400;

/** A key of the directory that `signer` possesses; a `possession` in `change` takes the place of the signed one. */
export function heldKey(
  signer: NoteSigner,
  origin: string,
  change: Partial<OperatorKey> & Pick<OperatorKey, "operator" | "purpose">,
): OperatorKey {
  const { type: signatureType, publicKey } = signer.key;
  const key = {
    signatureType,
    publicKey,
    entry: 0,
    addedAt: ADDED,
    from: 0,
    until: 0,
    compromise: undefined,
    correction: undefined,
    ...change,
  };
  return { id: operatorKeyId(key), possession: signer.sign(possessionText(origin, key)), ...key };
}

/** Operators 1, 2, … of institutions 1, 2, … with the keys of these. */
export function heldOperators(
  operators: readonly TestOperator[],
  origin: string,
  change: (operator: number, purpose: KeyPurpose) => Partial<OperatorKey> = () => ({}),
): Operator[] {
  return operators.map((signers, i) => {
    const id = i + 1;
    const keys = (["log", "witness", "status"] as const).map((purpose, n) =>
      heldKey(signers[purpose], origin, {
        operator: id,
        purpose,
        entry: 10 * id + n,
        ...change(id, purpose),
      }),
    );
    return { id, name: `Operator ${id}`, institution: id, keys };
  });
}

/** Institution 1 is in Shenzhen, the others in Hong Kong. */
export function institutionOf(id: number, change: Partial<Institution> = {}): Institution {
  const [jurisdiction, officialNumber, en, hans, hant] =
    id === 1
      ? (["CN", "91440300MA00000000", "Shenzhen Tiger Tally Credit", "深圳虎符征信", "深圳虎符徵信"] as const)
      : (["HK", `1234567${id}`, `Bank ${id} of Hong Kong`, `香港第${id}银行`, `香港第${id}銀行`] as const);
  return {
    id,
    admin: `0x${"0a".repeat(20)}`,
    nextAdmin: undefined,
    placedAdmin: undefined,
    state: "active",
    stateSince: ADDED,
    stateEntry: id,
    roles: ["issuer"],
    scenes: [],
    jurisdiction,
    officialNumber,
    names: { en, "zh-Hans": hans, "zh-Hant": hant },
    ...change,
  };
}
