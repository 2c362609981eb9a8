/** Holds status changes for approval: one person requests, another of the same institution decides. */
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { InstitutionId } from "../core/units.ts";
import type { Intake } from "./intake.ts";
import type { ApprovalStore, Outbox, Person, StatusRequest } from "./ports.ts";

interface ApprovalsOptions {
  readonly store: ApprovalStore;
  readonly outbox: Outbox;
  readonly intake: Intake;
  readonly clock: Clock;
  /** Called when there is something to send. */
  readonly onTaken: () => void;
}

export class Approvals {
  readonly #options: ApprovalsOptions;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  /** Those that wait, oldest first. @param institution all, where undefined */
  async awaiting(institution: InstitutionId | undefined): Promise<StatusRequest[]> {
    return await this.#options.store.awaiting(institution);
  }

  /**
   * A request. @param institution that it must be of, unless undefined
   * @throws AppError STATUS_REQUEST_NOT_FOUND
   */
  async request(id: string, institution: InstitutionId | undefined): Promise<StatusRequest> {
    const found = await this.#options.outbox.statusRequest(id);
    if (found !== undefined && (institution === undefined || found.institution === institution)) return found;
    throw new AppError("STATUS_REQUEST_NOT_FOUND", { detail: `there is no request ${id}` });
  }

  /**
   * Has a second person approve or reject a request. An approved one is checked again, as the log may have changed since,
   * and then sent like any other. The same decision of the same person twice is one.
   * @throws AppError STATUS_REQUEST_NOT_FOUND, SAME_PERSON, STATUS_DECIDED, and as Intake.takeStatus
   */
  async decide(wanted: {
    id: string;
    decision: "approved" | "rejected";
    by: Person;
    institution: InstitutionId;
  }): Promise<StatusRequest> {
    const { id, decision, by, institution } = wanted;
    const { store, intake, clock, onTaken } = this.#options;
    const request = await this.request(id, institution);
    if (request.asked?.by.id === by.id) {
      const detail = "the key that asked for the change cannot decide it; another key of the institution can";
      throw new AppError("SAME_PERSON", { detail });
    }
    if (request.state !== "awaiting-approval") return decidedBy(request, wanted);
    if (decision === "approved") await intake.checkStatus(request);
    const decided = await store.decide(id, { decision, by, at: clock.millis() });
    if (decision === "approved") onTaken();
    return decidedBy(decided ?? request, wanted);
  }
}

/** The request, if it was decided so by that person. @throws AppError STATUS_DECIDED */
function decidedBy(
  request: StatusRequest,
  { decision, by }: { decision: string; by: Person },
): StatusRequest {
  const { approval, state } = request;
  if (approval?.decision === decision && approval.decided?.by.id === by.id) return request;
  const who = approval?.decided === undefined ? "" : ` by ${approval.decided.by.name}`;
  const detail = `the request waits for nobody: it is ${approval?.decision === "awaiting" ? state : (approval?.decision ?? state)}${who}`;
  throw new AppError("STATUS_DECIDED", { detail });
}
