/** The page of all keys. */

import { h } from "../dom.ts";
import { language, t } from "../i18n.ts";

const KEYS: [keys: string, zh: string, en: string][] = [
  ["↑ ↓ ← →", "移动；加 Shift 扩大选区，加 Ctrl 到边上", "Move; Shift extends, Ctrl goes to the edge"],
  ["Enter / Tab", "下一格 / 右一格；加 Shift 反向", "Next cell down / right; Shift goes back"],
  ["F2", "编辑当前格", "Edit the cell"],
  ["Alt ↓", "打开选项或看提示", "Open the list, or go to the message"],
  ["Alt Enter", "格内换行", "Line break in the cell"],
  ["Ctrl Enter", "把输入填满选区", "Fill the selection with what you typed"],
  ["Delete", "清空选区", "Clear the selection"],
  ["Ctrl C / X / V", "复制 / 剪切 / 粘贴", "Copy / cut / paste"],
  ["Ctrl Z / Y", "撤销 / 重做", "Undo / redo"],
  ["Ctrl D / R", "向下 / 向右填充", "Fill down / right"],
  ["Ctrl ;", "今天的日期", "Today's date"],
  ["Ctrl S", "立即保存", "Save now"],
  ["Ctrl F / H", "在本表查找 / 查找替换", "Find in this sheet / find and replace"],
  ["Ctrl + / Ctrl −", "新增行 / 删除行", "New row / delete rows"],
  ["Shift Space / Ctrl Space", "选整行 / 选整列", "Select row / column"],
  ["Alt → / Alt ←", "打开 / 关闭记录", "Open / close the record"],
  ["F6", "到下一个区域", "Next region"],
  ["Esc", "退一步", "One step back"],
];

/** Show all keys until Esc. */
export function showKeys(): void {
  const close = h("button", { class: "sh-btn", value: "", autofocus: true }, t("close"));
  const dialog = h("dialog", { class: "sh-dialog sh-keys", "aria-label": t("keysTitle") },
    h("form", { method: "dialog" }, h("h2", {}, t("keysTitle")),
      h("dl", {}, ...KEYS.map(([keys, zh, en]) => h("div", {}, h("dt", {}, h("kbd", {}, keys)), h("dd", {}, language === "zh" ? zh : en)))),
      h("div", { class: "sh-buttons" }, close)));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
