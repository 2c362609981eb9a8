// the same with every place at which a record may be cut off
import "../chain/embedded/chain.test.ts";
