/** Holds the texts of the demo in each language. */
import type { Language } from "../../src/core/directory.ts";

/** The texts in one language; `{…}` are placeholders. */
export interface DemoWords {
  readonly starting: string;
  readonly stage: string;
  readonly documents: string;
  readonly document: string;
  readonly issue: string;
  readonly issued: string;
  readonly verify: string;
  readonly tamper: string;
  readonly tampered: string;
  readonly revoke: string;
  readonly revoked: string;
  readonly afterwards: string;
  readonly receipt: string;
  readonly signed: string;
  readonly direct: string;
  readonly offline: string;
  readonly audit: string;
  readonly listed: string;
  readonly proven: string;
  readonly traffic: string;
  readonly link: Readonly<
    Record<
      "issuer" | "shenzhen" | "bank" | "hongkong" | "cosigned" | "cosigning" | "direct" | "auditor",
      string
    >
  >;
  readonly kinds: string;
  readonly carries: Readonly<
    Record<"digests" | "decision" | "checkpoints" | "transactions" | "reads", string>
  >;
  readonly nothing: string;
  readonly done: string;
  readonly failed: string;
}

export const DEMO_WORDS: Readonly<Record<Language, DemoWords>> = {
  en: {
    starting:
      "The main job from end to end, on real files: issue, verify, change a byte, revoke, verify offline, audit. A chain and two operators are started for it, and removed at its end; that takes some seconds …",
    stage:
      "One chain; an operator in Shenzhen and one in Hong Kong, each with its own database. They share the chain, and cosign each other's checkpoints of it.",
    documents: "Documents:",
    document: "{name}, {bytes} bytes",
    issue: "Shenzhen issues: the institution anchors the digests of its reports",
    issued: "{name}: entry {index}, {time}",
    verify: "Hong Kong verifies: the bank hashes the files that its customer brought",
    tamper: "One byte changed: the bank is given {name} with a byte changed",
    tampered: "byte {at} of {name}",
    revoke: "Shenzhen revokes {name}",
    revoked: "entry {index}: {reason}",
    afterwards: "Hong Kong verifies again",
    receipt: "Shenzhen hands out the receipt of {name}, for years when nobody may be there to ask",
    signed: "{bytes} bytes: signed in Shenzhen, and cosigned in Shenzhen and in Hong Kong",
    direct: "Both operators are stopped. The same checks, straight against the node",
    offline: "The file and its receipt, without any network: two signatures from two sides",
    audit: "An auditor lists the entries and proves them against the contract, from the node alone",
    listed: "entry {index}: {kind} of {institution}, {time}",
    proven: "{count} entries; their root is the contract's: {root}",
    traffic: "What left each side",
    link: {
      issuer: "issuer → Shenzhen operator",
      shenzhen: "Shenzhen operator → chain",
      bank: "bank → Hong Kong operator",
      hongkong: "Hong Kong operator → chain",
      cosigned: "Shenzhen operator → Hong Kong operator",
      cosigning: "Hong Kong operator → Shenzhen operator",
      direct: "bank → chain, without operators",
      auditor: "auditor → chain",
    },
    kinds: "{link}: {sent} bytes out, {received} bytes back",
    carries: {
      digests: "digests",
      decision: "a decision",
      checkpoints: "checkpoints: sizes and roots",
      transactions: "signed transactions: digests and decisions",
      reads: "reads of the chain and the log",
    },
    nothing:
      "No piece of the {count} documents ({bytes} bytes) was in any of it, as it is or in hexadecimal or base64.",
    done: "Every step went as described.",
    failed: "This step did not go as described: expected {expected}, got {got}.",
  },
  "zh-Hans": {
    starting:
      "用真实文件完整演示主要流程：出具、核验、改动一个字节、撤销、离线核验、审计。为此启动一条链和两个运营方，演示结束后全部清除；启动需要几秒……",
    stage: "一条区块链；深圳、香港各一家运营方，各有自己的数据库。双方共用区块链，并互为检查点的见证方。",
    documents: "文件：",
    document: "{name}，{bytes} 字节",
    issue: "深圳出具：机构登记其报告的数据指纹",
    issued: "{name}：记录 {index}，{time}",
    verify: "香港核验：银行计算客户所交文件的指纹",
    tamper: "改动一个字节：银行收到被改动一个字节的 {name}",
    tampered: "{name} 的第 {at} 字节",
    revoke: "深圳撤销 {name}",
    revoked: "记录 {index}：{reason}",
    afterwards: "香港再次核验",
    receipt: "深圳发出 {name} 的登记凭证，以备多年以后无从询问之时",
    signed: "{bytes} 字节：由深圳签署，并由深圳、香港双方联署",
    direct: "两家运营方均已停止。直接对照节点再作同样核验",
    offline: "只凭文件及其登记凭证，完全不用网络：两地各有签名",
    audit: "审计人员只凭节点列出记录，并对照合约加以证明",
    listed: "记录 {index}：{kind}，{institution}，{time}",
    proven: "共 {count} 条记录，其根即合约的根：{root}",
    traffic: "各方发出了什么",
    link: {
      issuer: "出具机构 → 深圳运营方",
      shenzhen: "深圳运营方 → 区块链",
      bank: "银行 → 香港运营方",
      hongkong: "香港运营方 → 区块链",
      cosigned: "深圳运营方 → 香港运营方",
      cosigning: "香港运营方 → 深圳运营方",
      direct: "银行 → 区块链（不经运营方）",
      auditor: "审计人员 → 区块链",
    },
    kinds: "{link}：发出 {sent} 字节，收回 {received} 字节",
    carries: {
      digests: "数据指纹",
      decision: "撤销决定",
      checkpoints: "检查点：大小及根",
      transactions: "已签名的交易：指纹及决定",
      reads: "读取区块链及登记日志",
    },
    nothing: "{count} 份文件（共 {bytes} 字节）的任何片段，无论原样、十六进制或 base64，均未出现其中。",
    done: "每一步都如所述。",
    failed: "此步未如所述：应为 {expected}，实为 {got}。",
  },
  "zh-Hant": {
    starting:
      "用真實檔案完整示範主要流程：發出、核實、改動一個位元組、撤銷、離線核實、審計。為此啟動一條鏈和兩個營運方，示範結束後全部清除；啟動需時數秒……",
    stage: "一條區塊鏈；深圳、香港各一家營運方，各有自己的資料庫。雙方共用區塊鏈，並互為檢查點的見證方。",
    documents: "文件：",
    document: "{name}，{bytes} 位元組",
    issue: "深圳發出：機構登記其報告的數碼指紋",
    issued: "{name}：紀錄 {index}，{time}",
    verify: "香港核實：銀行計算客戶所交檔案的指紋",
    tamper: "改動一個位元組：銀行收到被改動一個位元組的 {name}",
    tampered: "{name} 的第 {at} 位元組",
    revoke: "深圳撤銷 {name}",
    revoked: "紀錄 {index}：{reason}",
    afterwards: "香港再次核實",
    receipt: "深圳發出 {name} 的登記憑證，以備多年以後無從詢問之時",
    signed: "{bytes} 位元組：由深圳簽署，並由深圳、香港雙方聯署",
    direct: "兩家營運方均已停止。直接對照節點再作同樣核實",
    offline: "只憑檔案及其登記憑證，完全不用網絡：兩地各有簽署",
    audit: "審計人員只憑節點列出紀錄，並對照合約加以證明",
    listed: "紀錄 {index}：{kind}，{institution}，{time}",
    proven: "共 {count} 項紀錄，其根即合約的根：{root}",
    traffic: "各方發出了甚麼",
    link: {
      issuer: "發出機構 → 深圳營運方",
      shenzhen: "深圳營運方 → 區塊鏈",
      bank: "銀行 → 香港營運方",
      hongkong: "香港營運方 → 區塊鏈",
      cosigned: "深圳營運方 → 香港營運方",
      cosigning: "香港營運方 → 深圳營運方",
      direct: "銀行 → 區塊鏈（不經營運方）",
      auditor: "審計人員 → 區塊鏈",
    },
    kinds: "{link}：發出 {sent} 位元組，收回 {received} 位元組",
    carries: {
      digests: "數碼指紋",
      decision: "撤銷決定",
      checkpoints: "檢查點：大小及根",
      transactions: "已簽署的交易：指紋及決定",
      reads: "讀取區塊鏈及登記日誌",
    },
    nothing: "{count} 份文件（共 {bytes} 位元組）的任何片段，無論原樣、十六進制或 base64，均未出現其中。",
    done: "每一步都如所述。",
    failed: "此步未如所述：應為 {expected}，實為 {got}。",
  },
};
