/** Reads Merkle nodes from the index. */
import type { Hash } from "../../core/units.ts";
import type { NodeId } from "../../log/tree.ts";
import type { Database } from "../sql/database.ts";

/** Reads nodes in one query. @returns a look-up among them, which throws RangeError for a node that is not stored */
export async function readNodes(db: Database, nodes: readonly NodeId[]): Promise<(node: NodeId) => Hash> {
  const found = new Map<string, Hash>();
  if (nodes.length > 0) {
    const rows = await db
      .selectFrom("node")
      .select(["level", "idx", "hash"])
      .where((eb) =>
        eb.or(nodes.map(({ level, index }) => eb.and([eb("level", "=", level), eb("idx", "=", index)]))),
      )
      .execute();
    for (const { level, idx, hash } of rows) found.set(`${level}/${idx}`, hash);
  }
  return ({ level, index }) => {
    const hash = found.get(`${level}/${index}`);
    if (hash === undefined) throw new RangeError(`node ${index} of level ${level} is not stored`);
    return hash;
  };
}
