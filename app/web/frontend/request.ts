/** Requests with the page's CSRF token. Whatever goes wrong arrives as a `Refusal` with a sentence for people. */

import { speaker } from "./words.ts";

const t = speaker({
  offline: { zh: "没有连上服务器，请检查网络后再试。", en: "The server was not reached. Check the network and try again." },
  signedOut: { zh: "登录已失效。请在新窗口登录后再试。", en: "You are signed out. Sign in in a new window and try again." },
  failed: { zh: "请求没有成功（{status}）。请再试一次。", en: "The request failed ({status}). Please try again." },
});

/** The server said no, or was not reached (status 0). `body` is what it answered, as far as it was JSON. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, message = "", body: unknown = null) {
    super(message || (status === 0 ? t("offline") : status === 401 ? t("signedOut") : t("failed", { status })));
    this.status = status;
    this.body = body;
  }
}

/** The token every writing request carries. */
export const token = (): string => document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "";

/** What an answer says. Throws a Refusal for an answer that is none. */
export function read<T>(status: number, text: string): T {
  let body: { message?: string } = {};
  try {
    body = JSON.parse(text) as { message?: string };
  } catch {
    // an answer that is not ours, from a proxy: its status says enough
  }
  if (status >= 400 || status === 0) throw new Refusal(status, body.message, body);
  return body as T;
}

/** GET `path` under /api/v1/, or POST `body` to it. */
export const send = <T>(path: string, body?: unknown): Promise<T> => ask(path, body === undefined ? "GET" : "POST", body);

/** DELETE what stands at `path` under /api/v1/. */
export const remove = <T>(path: string): Promise<T> => ask(path, "DELETE");

async function ask<T>(path: string, method: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", "X-CSRFToken": token() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method, credentials: "same-origin", headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0);
  }
  return read<T>(response.status, await response.text());
}

/** The sentence of whatever was thrown. */
export function sentence(problem: unknown): string {
  if (!(problem instanceof Refusal)) console.error(problem);
  return problem instanceof Error ? problem.message : String(problem);
}
