/** Opens the port that a proxy listens on. */
import { type AddressInfo, isIP, type Server } from "node:net";
import { ProxyError } from "./proxy-error.ts";
import { isLoopback } from "./upstream/forbidden-addresses.ts";

/** Listens. @throws ProxyError where it can't be listened there */
export function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
    server.once("error", refused);
    server.listen({ host, port }, () => {
      server.off("error", refused);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Whether nobody but this machine reaches an address to listen on. */
export function isLocal(host: string): boolean {
  return host === "localhost" || (isIP(host) !== 0 && isLoopback(host));
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): ProxyError {
  const options = { cause: error };
  switch (error.code) {
    case "EADDRINUSE":
      return new ProxyError(
        "address-in-use",
        `port ${port} on ${host} is in use by another program`,
        options,
      );
    case "EACCES":
      return new ProxyError(
        "address-denied",
        `port ${port} on ${host} needs a permission that we don't have`,
        options,
      );
    default:
      return new ProxyError(
        "address-unavailable",
        `${host}:${port} can't be listened on (${error.code})`,
        options,
      );
  }
}
