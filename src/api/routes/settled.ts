/** Waits until accepted documents and status changes are settled, for `?wait=final`. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Anchor, StatusRequest } from "../../anchor/ports.ts";
import type { RouteContext } from "./common.ts";

/** Milliseconds: the whole wait at most, and the pause between two queries. */
const MAX_WAIT = 30_000;
const PAUSE = 25;

export function isSettled({ state }: { state: string }): boolean {
  return state === "final" || state === "failed";
}

/** Waits until all are final or failed, the time is over, or the service stops. */
export async function settledAnchors(
  { services: { outbox }, closing }: RouteContext,
  ids: readonly string[],
): Promise<Anchor[]> {
  let [oldest] = ids;
  for (let waited = 0; oldest !== undefined && waited < MAX_WAIT && !closing.aborted; waited += PAUSE) {
    // they settle nearly in order: the oldest one is read often, all of them rarely
    if ((await outbox.anchors([oldest])).every(isSettled)) {
      oldest = (await outbox.anchors(ids)).find((anchor) => !isSettled(anchor))?.id;
    } else await sleep(PAUSE);
  }
  return await outbox.anchors(ids);
}

/** Waits until a change is final, has failed or awaits approval, the time is over, or the service stops. */
export async function settledStatus(
  { services, closing }: RouteContext,
  taken: StatusRequest,
): Promise<StatusRequest> {
  let status = taken;
  const waits = (): boolean => !isSettled(status) && status.state !== "awaiting-approval";
  for (let waited = 0; waited < MAX_WAIT && waits() && !closing.aborted; waited += PAUSE) {
    await sleep(PAUSE);
    status = (await services.outbox.statusRequest(status.id)) ?? status;
  }
  return status;
}
