/** Asks two operators of different institutions about a file, side by side: what both say rests on neither alone. */
import { equalBytes } from "../../core/bytes.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { InstitutionId } from "../../core/units.ts";
import { signaturesBy, type VerifierKey } from "../../log/note.ts";
import {
  agreed,
  byOne,
  different,
  isBehind,
  isSameAnswer,
  treeOf,
  type CheckedByTwo,
  type Pair,
} from "./agreement.ts";
import { checkFile, type FileCheck, type ServiceConnection } from "./check.ts";
import type { CheckedAnswer } from "./online.ts";
import { operatorsOf, proveKey } from "./operator-keys.ts";
import { requireOneLog } from "./tiles.ts";
import type { LogTrust } from "./trust.ts";

type CheckByTwo = Omit<FileCheck, "service">;

/** Seconds before each further attempt: an operator that is a few entries behind has caught up by then. */
const WAITS = [0.2, 0.5, 1, 2, 4];
/** Further attempts where both have all of the entries: what was recorded between the two requests is there then. */
const MIN_ATTEMPTS = 2;

/** Two services that are asked together, each with a client and a trust of its own. */
export class TwoOperators {
  readonly #services: Pair<ServiceConnection>;
  /** By the public key of a status key. */
  readonly #institutions = new Map<string, InstitutionId>();

  constructor(services: Pair<ServiceConnection>) {
    this.#services = services;
  }

  /**
   * A difference that passes is none: both are asked again, for some seconds. What is proven without an operator's word stands
   * where the other one gives no answer.
   * @returns what both say, or why there is no such thing; a fault of USAGE where both are of one institution
   */
  async check(check: CheckByTwo): Promise<CheckedByTwo> {
    for (let attempt = 0; ; attempt += 1) {
      const compared = await this.#compared(check);
      if (!("late" in compared)) return compared;
      const seconds = compared.late || attempt < MIN_ATTEMPTS ? WAITS[attempt] : undefined;
      if (seconds === undefined) return different(compared.answers, compared.late);
      await this.#services[0].wait(seconds);
    }
  }

  async #compared(check: CheckByTwo): Promise<CheckedByTwo | Different> {
    const [a, b] = this.#services;
    // a setting of one operator would choose another institution than that of the other one
    const asked = { acceptedIssuers: [], ...check };
    const [first, second] = await Promise.all([
      checkFile({ ...asked, service: a }),
      checkFile({ ...asked, service: b }),
    ]);
    if (first.kind !== "online" || second.kind !== "online") return byOne([first, second]);
    try {
      return await this.#compare([first, second], check);
    } catch (fault) {
      if (isAppError(fault, "USAGE")) return { kind: "fault", fault };
      if (isAppError(fault)) return { kind: "unproven", fault };
      throw fault;
    }
  }

  /** @throws AppError USAGE, LOG_CHANGED, TILE_*, and those of the clients */
  async #compare(answers: Pair<CheckedAnswer>, check: CheckByTwo): Promise<CheckedByTwo | Different> {
    const [a, b] = this.#services;
    const { policy } = check.evidence;
    const trusts = [await a.trust(policy), await b.trust(policy)] as const;
    if (trusts[0].origin !== trusts[1].origin) throw otherLog(trusts);
    const institutions = [
      await this.#institutionOf(answers[0], a, trusts[0]),
      await this.#institutionOf(answers[1], b, trusts[1]),
    ];
    if (institutions[0] !== undefined && institutions[0] === institutions[1])
      throw sameInstitution(institutions[0]);
    if (!(await this.#haveOneLog(answers))) return { answers, late: false };
    if (isSameAnswer(answers)) return agreed(answers);
    return { answers, late: isBehind(answers) };
  }

  /** Whether the trees of both notes are of one history; each answer is by its own operator's. */
  async #haveOneLog(answers: Pair<CheckedAnswer>): Promise<boolean> {
    const [a, b] = [treeOf(answers[0]), treeOf(answers[1])];
    if (a === undefined || b === undefined) return true;
    if (a.size === b.size) return equalBytes(a.root, b.root);
    const { log } = this.#services[a.size > b.size ? 0 : 1];
    try {
      await requireOneLog(a, b, log);
      return true;
    } catch (error) {
      if (isAppError(error, "PROOF_INVALID")) return false;
      throw error;
    }
  }

  /** Of the operator that signed the answer, by the entry that added its key; undefined: it is not signed. */
  async #institutionOf(
    { notes: [file] }: CheckedAnswer,
    { log }: ServiceConnection,
    trust: LogTrust,
  ): Promise<InstitutionId | undefined> {
    const signer = trust.statusKeys.find(({ key }) => file && signaturesBy(key, file.note).length > 0)?.key;
    if (signer === undefined) return undefined;
    const name = `${signer.name} ${signer.publicKey.join()}`;
    const institution = this.#institutions.get(name) ?? (await institutionOfKey(signer, log, trust));
    this.#institutions.set(name, institution);
    return institution;
  }
}

interface Different {
  readonly answers: Pair<CheckedAnswer>;
  /** Whether one of them may be behind. */
  readonly late: boolean;
}

/** @throws AppError LOG_CHANGED: the log has no entry that added the key */
async function institutionOfKey(
  { name, publicKey }: VerifierKey,
  log: ServiceConnection["log"],
  trust: LogTrust,
): Promise<InstitutionId> {
  const keys = operatorsOf(await log.institutions()).flatMap((operator) => operator.keys);
  const held = keys.find((key) => key.purpose === "status" && equalBytes(key.publicKey, publicKey));
  if (held !== undefined) return await proveKey(held, log, (note) => trust.believe(note));
  throw new AppError("LOG_CHANGED", { detail: `the directory of the service lacks its key ${name}` });
}

function otherLog(trusts: Pair<LogTrust>): AppError {
  const detail = `the services are of two logs: ${trusts.map(({ origin }) => origin).join(", ")}`;
  return new AppError("LOG_CHANGED", { detail });
}

function sameInstitution(institution: InstitutionId): AppError {
  const detail = `both services are of institution ${institution}; ask the operators of two`;
  return new AppError("USAGE", { detail, at: "--server" });
}
