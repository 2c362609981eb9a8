/** Draws block times near to the times at which something begins or ends. */
import type { Draw } from "./draw.ts";

const DAY = 86_400n;
/** Block times above this are in milliseconds. */
const MILLISECONDS_ABOVE = 100_000_000_000n;

/** A later block time: near, or exactly when something begins or ends, or one unit to either side of that. */
export function waitingTime(draw: Draw): bigint {
  const { blockTime } = draw.model;
  const soon = blockTime + (blockTime > MILLISECONDS_ABOVE ? 20_000n : 20n) * DAY;
  const edges = edgesOf(draw).filter((time) => time > blockTime && time < soon);
  const near = [1n, 60n, 1000n, 2n * DAY].map((span) => blockTime + span);
  if (draw.once(40)) return leap(draw);
  return edges.length === 0 || draw.once(3) ? draw.any(near) : draw.any(edges);
}

/** To where block times change their unit, or to the same moment in the other unit. */
function leap(draw: Draw): bigint {
  const { blockTime } = draw.model;
  const beyond = [MILLISECONDS_ABOVE, MILLISECONDS_ABOVE + 1n, MILLISECONDS_ABOVE - 1n, blockTime * 1000n];
  return draw.any(
    [blockTime * 1000n, ...beyond].map((time) => (time > blockTime && time < 1n << 46n ? time : blockTime)),
  );
}

/** Block times at which a window, a delay or a schedule begins or ends, and those beside them. */
function edgesOf({ model }: Draw): bigint[] {
  const { keys, operatorKeys, institutions, pendingAdmin, pendingDelay, blockTime } = model;
  const windows = [...keys.values(), ...[...operatorKeys.values()].map(({ key }) => key)];
  const seconds = [
    ...windows.flatMap(({ from, until }) => [from, until]),
    ...[...institutions.values()].map(({ nextAdminFrom }) => nextAdminFrom),
  ];
  const unit = blockTime > MILLISECONDS_ABOVE ? 1000n : 1n;
  const times = [...seconds.map((time) => time * unit), pendingAdmin.at, pendingDelay.at];
  return times.flatMap((time) => [time - 1n, time, time + 1n]);
}
