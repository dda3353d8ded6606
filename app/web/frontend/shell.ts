/** What every page needs beyond HTML: each part looks for its own marks in the page and does nothing without them. */
import { confirmations } from "./shell/confirm";
import { counters } from "./shell/counters";
import { dates } from "./shell/dates";
import { decisions } from "./shell/decide";
import { filters } from "./shell/filters";
import { downloads } from "./shell/downloads";
import { find } from "./shell/find";
import { forms } from "./shell/forms";
import { frame } from "./shell/frame";
import { keys } from "./shell/keys";
import { lists } from "./shell/lists";
import { log } from "./shell/log";
import { login } from "./shell/login";
import { pickers } from "./shell/picker";

document.documentElement.classList.add("tz-scripted");
for (const part of [frame, dates, decisions, find, keys, confirmations, filters, lists, pickers, forms, log, login, counters, downloads]) part();
