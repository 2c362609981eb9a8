/** The mirror for programs: a copy of a log, from an operator, that answers without a request. */
export { answerLogOf, mirroredAnswerLog } from "./answer-log.ts";
export { follow } from "./follow.ts";
export type { Followed } from "./follow.ts";
export { Mirror } from "./mirror.ts";
export { operatorSource } from "./operator-source.ts";
export type { MirrorSource, MirrorState, MirrorStore } from "./ports.ts";
export { MirrorReader } from "./reader.ts";
