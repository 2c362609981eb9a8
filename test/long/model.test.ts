// the same at the length of this run
import "../contracts/model.test.ts";
