/** Exposes the judge as a page would load it, with vectors and outcomes as JSON. */
import { judge, type Vector } from "./judge.ts";

Object.assign(globalThis, {
  judgeText: (vector: string): string => JSON.stringify(judge(JSON.parse(vector) as Vector)),
});
