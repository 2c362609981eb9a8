/** Holds the credit history of the Kapok sample report. */
import { type Block, center, left, paragraph, right, section, table } from "../../report.ts";

const unit = "人民币万元　RMB 10,000";

const outstanding = table({
  caption: ["表 3　未结清信贷业务", "Outstanding credit"],
  unit,
  columns: [
    center(["序号", "No."], 7),
    left(["授信机构", "Lender"], 25),
    left(["业务种类", "Type"], 17),
    center(["发放日", "Granted"], 14),
    center(["到期日", "Due"], 14),
    right(["合同金额", "Amount"], 13),
    right(["余额", "Balance"], 13),
    center(["五级分类", "Class"], 12),
  ],
  rows: [
    ["1", "示例第一银行佛山分行", "流动资金贷款", "2025-05-16", "2026-05-15", "500.00", "500.00", "正常"],
    ["2", "示例第四银行佛山分行", "抵押贷款", "2024-03-08", "2027-03-07", "900.00", "540.00", "正常"],
    ["3", "示例第一银行佛山分行", "银行承兑汇票", "2026-01-20", "2026-07-19", "160.00", "160.00", "正常"],
  ],
  total: ["", "合计", "", "", "", "1,560.00", "1,200.00", ""],
});

const settled = table({
  caption: ["表 4　已结清信贷业务（最近五年）", "Settled credit, last five years"],
  unit,
  columns: [
    center(["序号", "No."], 7),
    left(["授信机构", "Lender"], 27),
    left(["业务种类", "Type"], 20),
    center(["发放日", "Granted"], 15),
    center(["结清日", "Settled"], 15),
    right(["合同金额", "Amount"], 15),
    center(["结清时分类", "Class"], 15),
  ],
  rows: [
    ["1", "示例第四银行佛山分行", "流动资金贷款", "2021-09-01", "2022-08-31", "300.00", "正常"],
    ["2", "示例第一银行佛山分行", "流动资金贷款", "2024-05-15", "2025-05-14", "500.00", "正常"],
  ],
});

export const credit: readonly Block[] = [
  section(["四、信贷记录", "4. Credit record"]),
  outstanding,
  settled,
  paragraph(
    "表 3 第 2 笔以企业自有厂房抵押，按月归还本金。最近五年未发现逾期、欠息或者垫款记录，未发现对外担保。",
  ),
];
