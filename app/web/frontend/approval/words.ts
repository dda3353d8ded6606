/** Every word about approvals on the sheet and in a route, in Chinese and English. */

import { speaker } from "../words.ts";

export const t = speaker({
  // route
  submitted: { zh: "提交", en: "submitted" },
  waitedFor: { zh: "已等 {time}", en: "waiting for {time}" },
  overdue: { zh: "已超时", en: "overdue" },
  decidedBy: { zh: "{name} 代为处理", en: "decided by {name}" },
  quoted: { zh: "「{text}」", en: "“{text}”" },

  // held cells
  comma: { zh: "、", en: ", " },
  sentBack: { zh: "已退回，等申请人修改或撤回", en: "sent back; whoever asked changes or withdraws it" },
  waitsFor: { zh: "等 {people} 审批，已等 {time}", en: "waits for {people}, {time} so far" },
  openCase: { zh: "看审批单", en: "Open the case" },
  withdraw: { zh: "撤回", en: "Withdraw" },

  // steps
  submitN: { zh: "{verb} {n} 行", en: "{verb} {n}" },
  sentTo: { zh: "已提交，等 {people}", en: "Submitted; waits for {people}" },
  sentN: { zh: "已提交 {n} 张审批单", en: "{n} cases submitted" },
  actedN: { zh: "{n} 张已办理", en: "{n} done" },
  leftOver: { zh: "{n} 张没有办成", en: "{n} could not be done" },
  casesN: { zh: "{n} 张", en: "{n}" },

  // dialogs
  pickTitle: { zh: "提交前选审批人", en: "Choose who decides" },
  pickN: { zh: "{label}：选 {n} 人", en: "{label}: choose {n}" },
  confirmTitle: { zh: "请确认", en: "Please confirm" },
  goOn: { zh: "确认，继续", en: "Yes, go on" },
  go: { zh: "提交审批", en: "Submit" },
  cancel: { zh: "取消", en: "Cancel" },
  close: { zh: "知道了", en: "Close" },
  commentNeeded: { zh: "原因（必填）", en: "Reason (required)" },
  sayWhy: { zh: "请写明原因", en: "Please say why" },
  verb_approve: { zh: "同意", en: "Approve" },
  verb_reject: { zh: "驳回", en: "Reject" },
  verb_return: { zh: "退回", en: "Return" },
  verb_withdraw: { zh: "撤回", en: "Withdraw" },
  verb_resubmit: { zh: "重新提交", en: "Submit again" },
  verb_remind: { zh: "催办", en: "Remind" },

  // drawer
  route: { zh: "审批路线", en: "Route" },
  version: { zh: "{code} · 第 {n} 版", en: "{code} · version {n}" },
  noRoute: { zh: "这条记录没有在审批", en: "This record is in no approval" },
  earlier: { zh: "以前的审批", en: "Earlier approvals" },
  story: { zh: "经过", en: "Story" },
  allChanges: { zh: "全部变更", en: "All changes" },
  comments: { zh: "评论", en: "Comments" },
  writeComment: { zh: "写评论，回车发送", en: "Write a comment, Enter sends it" },
  fields: { zh: "基本信息", en: "Facts" },
  inSheet: { zh: "在工作表中打开", en: "Open in the sheet" },
  sum: { zh: "合计", en: "Total" },
  noLines: { zh: "还没有明细", en: "No lines yet" },
  moreLines: { zh: "只显示前 {n} 行", en: "The first {n} rows" },
  lockedNote: { zh: "审批中，只读。申请人撤回后可改", en: "Being approved, read-only until it is withdrawn" },

  // why
  why: { zh: "为什么？", en: "Why?" },
  howTo: { zh: "怎样才能改", en: "What would change this" },
  asking: { zh: "正在查", en: "Asking" },
  allowed: { zh: "现在可以做，请再试一次", en: "It is possible now; please try again" },
});
