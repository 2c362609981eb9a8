// the same with a record cut off at every offset
import "../chain/embedded/chain.test.ts";
