/** The verbs of a case as the decision bar places them. The server says which there are, and whether they need words. */

interface Look {
  /** Classes of its button. */
  look: string;
  icon: string;
  /** In the bar itself, after a line in the bar, or in the menu at its end. */
  place: "first" | "second" | "menu";
  /** It asks for people, for a place in the route, or for nothing. */
  asks: "people" | "person" | "step" | null;
}

const NOTHING = { icon: "", asks: null } as const;

/** In the order of the bar. */
const PLACES: Readonly<Record<string, Look>> = {
  approve: { ...NOTHING, look: "btn-primary", icon: "check", place: "first" },
  resubmit: { ...NOTHING, look: "btn-primary", icon: "send", place: "first" },
  reject: { ...NOTHING, look: "btn-outline-danger", place: "first" },
  return: { ...NOTHING, look: "", place: "first", asks: "step" },
  withdraw: { ...NOTHING, look: "", icon: "arrow-back-up", place: "first" },
  remind: { look: "btn-ghost", icon: "bell", place: "second", asks: null },
  transfer: { look: "btn-ghost", icon: "arrow-right", place: "second", asks: "person" },
  add: { look: "btn-ghost", icon: "user-plus", place: "second", asks: "people" },
  comment: { look: "btn-ghost", icon: "message", place: "menu", asks: null },
  remove: { look: "btn-ghost", icon: "user-minus", place: "menu", asks: "people" },
  reassign: { look: "btn-ghost", icon: "users", place: "menu", asks: "person" },
  terminate: { look: "btn-ghost", icon: "ban", place: "menu", asks: null },
};

/** A verb the table does not know goes to the menu. */
export function placeOf(verb: string): Look {
  return PLACES[verb] ?? { ...NOTHING, look: "btn-ghost", place: "menu" };
}

/** Verbs in the order of the bar. */
export function ordered<T extends { verb: string }>(verbs: T[]): T[] {
  const order = Object.keys(PLACES);
  const at = (verb: T): number => (order.includes(verb.verb) ? order.indexOf(verb.verb) : order.length);
  return [...verbs].sort((a, b) => at(a) - at(b));
}
