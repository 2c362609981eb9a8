/** Holds the public record and closing notes of the Kapok sample report. */
import { type Block, center, left, list, paragraph, right, section, signature, table } from "../../report.ts";

const cases = table({
  caption: ["表 9　涉诉案件（最近五年）", "Court cases, last five years"],
  unit: "人民币万元　RMB 10,000",
  columns: [
    center(["序号", "No."], 7),
    left(["案号", "Case"], 31),
    left(["案由", "Nature"], 17),
    center(["地位", "Role"], 9),
    left(["审理法院", "Court"], 24),
    right(["标的额", "Claim"], 11),
    left(["结果", "Outcome"], 12),
  ],
  rows: [
    ["1", "（2023）粤示例民初 0003 号", "加工合同纠纷", "原告", "佛山市示例区人民法院", "18.60", "已撤诉"],
  ],
});

const enquiries = table({
  caption: ["表 10　最近一年查询记录", "Enquiries, last twelve months"],
  columns: [
    center(["序号", "No."], 7),
    center(["查询日期", "Date"], 17),
    left(["查询机构", "Enquirer"], 44),
    left(["查询原因", "Purpose"], 32),
  ],
  rows: [
    ["1", "2025-04-29", "示例第一银行佛山分行", "贷款审批"],
    ["2", "2025-09-18", "示例第四银行佛山分行", "贷后管理"],
    ["3", "2026-01-13", "示例第一银行佛山分行", "承兑汇票审批"],
    ["4", "2026-03-04", "海港灯笼示例贸易有限公司", "贸易资信核验"],
  ],
});

export const publicRecord: readonly Block[] = [
  section(["七、司法与行政处罚", "7. Court and administrative record"]),
  cases,
  paragraph("截至 2026 年 3 月 4 日，未发现行政处罚、被执行人、失信被执行人和欠税公告记录。"),
  section(["八、查询记录", "8. Enquiries"]),
  enquiries,
];

export const closing: readonly Block[] = [
  section(["九、声明", "9. Notes"]),
  list([
    "本报告由广州木棉示例征信有限公司依据截至 2026 年 3 月 4 日采集的信息出具，英文标题以中文为准。",
    "企业对报告内容有异议的，可以提出异议申请；确认有误的，本公司出具更正版并注明所替代的报告编号。",
    "本报告的哈希值在出具时登记，境内外的持有人均可据此核验所持文件，核验时无需提交报告内容。",
  ]),
  signature(["广州木棉示例征信有限公司", "2026 年 3 月 5 日"]),
];
