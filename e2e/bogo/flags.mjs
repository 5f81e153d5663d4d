// What BoGo's runner tells its shim. A flag that is not here is unimplemented, and so is each test that has it: none is
// ignored but those that say how BoringSSL's API is called, or ask for what the bridge does anyhow.

/** A test that asks for what the shim can't do; the runner counts it and goes on. */
export class Unimplemented extends Error {}

const switches = [
  "-ipv6",
  "-server",
  "-is-handshaker-supported",
  // Bytes come one by one.
  "-async",
  "-check-close-notify",
  "-expect-hrr",
  "-expect-no-hrr",
  "-expect-no-server-name",
  "-expect-session-miss",
  "-key-update",
  "-key-update-before-read",
  "-no-tls1",
  "-no-tls11",
  "-no-tls12",
  "-no-tls13",
  "-reject-alpn",
  "-send-alert",
  "-shim-shuts-down",
  "-shim-writes-first",
  "-write-different-record-sizes",
  // The API of BoringSSL, by other ways to the same bytes.
  "-implicit-handshake",
  "-no-op-extra-handshake",
  "-handshake-twice",
  "-peek-then-read",
  // The bridge never has tickets, and verifies its upstream anyhow.
  "-no-ticket",
  "-verify-peer",
];

const values = [
  "-port",
  "-shim-id",
  "-resume-count",
  "-advertise-alpn",
  "-cert-file",
  "-curves",
  "-expect-alpn",
  "-expect-cipher",
  "-expect-server-name",
  "-expect-version",
  "-host-name",
  "-key-file",
  "-max-version",
  "-min-version",
  "-read-size",
  "-repeat-shim-initial-write",
  "-select-alpn",
  "-shim-initial-write",
  "-trust-cert",
];

const phases = { "-on-initial": "initial", "-on-resume": "resume" };

/**
 * Reads a shim's arguments.
 *
 * @param {readonly string[]} args - each character is one byte
 * @returns flags by their names, of the first connection and of the ones behind it: a switch is `true`, a value an array of
 *   texts, since some come several times
 * @throws {Unimplemented} for a flag that is not known
 */
export function readFlags(args) {
  const flags = { initial: {}, resume: {} };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    const prefix = Object.keys(phases).find((start) => arg.startsWith(`${start}-`));
    const name = prefix === undefined ? arg : arg.slice(prefix.length);
    const of = prefix === undefined ? Object.values(phases) : [phases[prefix]];
    if (switches.includes(name)) {
      for (const phase of of) flags[phase][name] = true;
    } else if (values.includes(name)) {
      const value = args[++at];
      for (const phase of of) flags[phase][name] = [...(flags[phase][name] ?? []), value];
    } else throw new Unimplemented(name);
  }
  return flags;
}
