// the same at its length here
import "../contracts/model.test.ts";
