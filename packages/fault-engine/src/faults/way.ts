import type { FaultKind } from "./fault.ts";
import { FAULT_KINDS } from "./fault-kinds.ts";

/** Whether a way for traffic to reach us can carry a fault out. */
export type Ability =
  | { readonly kind: "yes" }
  /** Something close to it happens; what, in words for the user. */
  | { readonly kind: "instead"; readonly does: string }
  | { readonly kind: "no"; readonly reason: string };

/** A way for traffic to reach us (a tunnel, a proxy, a mock), and what it can do. Declared by whoever carries faults out. */
export interface Way {
  /** As in `decrypted tunnel`. */
  readonly name: string;
  /** What this way can do of each kind of fault. */
  readonly abilities: Readonly<Record<FaultKind, Ability>>;
}

/**
 * The abilities of a way, written shortly: what is not named is a plain `yes`. A text that begins with `instead: ` says
 * what is done instead, any other why nothing can be done.
 *
 * @example
 * ```ts
 * abilitiesOf({ "connection.reset": "instead: a FIN", "tls.certificate": "the handshake is not ours" });
 * ```
 */
export function abilitiesOf(exceptions: Partial<Readonly<Record<FaultKind, string>>>): Way["abilities"] {
  const abilityOf = (kind: FaultKind): Ability => {
    const text = exceptions[kind];
    if (text === undefined) return { kind: "yes" };
    return text.startsWith("instead: ")
      ? { kind: "instead", does: text.slice("instead: ".length) }
      : { kind: "no", reason: text };
  };
  return Object.fromEntries(FAULT_KINDS.map((kind) => [kind, abilityOf(kind)])) as Way["abilities"];
}

/**
 * Exceptions for {@link abilitiesOf}: one text for every fault of these layers, `http` or `tls` for instance.
 *
 * @example
 * ```ts
 * abilitiesOf({ ...ofLayers(["tls"], "there is no TLS in clear") });
 * ```
 */
export function ofLayers(layers: readonly string[], text: string): Partial<Record<FaultKind, string>> {
  const isOf = (kind: FaultKind): boolean => layers.includes(kind.slice(0, kind.indexOf(".")));
  return Object.fromEntries(FAULT_KINDS.filter(isOf).map((kind) => [kind, text]));
}

const cell = (ability: Ability): string => {
  switch (ability.kind) {
    case "yes":
      return "yes";
    case "instead":
      return `instead: ${ability.does}`;
    case "no":
      return `no: ${ability.reason}`;
    default:
      return ability satisfies never;
  }
};

/** A Markdown table of all faults, with a column for each way; the documentation's is made with it. */
export function wayTable(ways: readonly Way[]): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    row(["fault", ...ways.map(({ name }) => name)]),
    `|${"---|".repeat(ways.length + 1)}`,
    ...FAULT_KINDS.map((kind) => row([`\`${kind}\``, ...ways.map(({ abilities }) => cell(abilities[kind]))])),
    "",
  ].join("\n");
}
