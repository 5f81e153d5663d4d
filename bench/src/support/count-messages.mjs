// Counts the messages of whole connections that this process sends.
import { HostStream, PluginStream } from "@faultwire/connection-protocol";

/** @returns what gives the count. */
export function countMessages() {
  let count = 0;
  for (const { prototype } of [HostStream, PluginStream])
    for (const name of ["send", "sendBytes"]) {
      const send = prototype[name];
      prototype[name] = function (...facts) {
        count++;
        return send.apply(this, facts);
      };
    }
  return () => count;
}
