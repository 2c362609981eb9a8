/** Re-exports {@link fill} for those who take the texts of one part only. */
export { fill } from "../core/fill.ts";
