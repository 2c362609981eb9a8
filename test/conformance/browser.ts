import { judge, type Vector } from "./judge.ts";

/** What a page would load: the judge, for whoever can only hand it text. */
Object.assign(globalThis, {
  judgeText: (vector: string): string => JSON.stringify(judge(JSON.parse(vector) as Vector)),
});
