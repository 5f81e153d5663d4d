/** A port that can't be had, in words that name the flag which gives another one. */
import { ProxyError } from "@faultwire/proxy";
import { systemReason } from "@faultwire/runtime/internal";
import { UsageError } from "../usage-error.ts";

/**
 * What the user has to mend when a port can't be listened on; any other error as it is.
 *
 * @param error - What was thrown; the system's own error is its `cause`, or the error itself.
 * @param flag - The flag that names the port.
 */
export function listenError(error: unknown, host: string, port: number, flag: string): unknown {
  if (error instanceof ProxyError && error.code === "open-to-others")
    return new UsageError(`${error.message}; give them by --proxy-auth USER:PASSWORD`);
  const cause = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  // Another port does not help there.
  if (cause.syscall !== "listen" || cause.code === "EADDRNOTAVAIL") return error;
  const where = `${host}:${port}`;
  if (cause.code === "EADDRINUSE")
    return new UsageError(
      `${where} is in use by another program; stop it, or choose another port (${flag}; 0 takes a free one)`,
    );
  return new UsageError(
    `can't listen on ${where} (${systemReason(cause)}); choose another port (${flag}; 0 takes a free one)`,
  );
}
