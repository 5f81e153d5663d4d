import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";

/** Serves TLS as api.anthropic.com, and asks as a client that trusts the CA and as one that does not. */
export async function serveTls(directory: string): Promise<string[]> {
  const ca = await CertificateAuthority.loadOrCreate({ directory, targets: ["api.anthropic.com"] });
  const server = createServer({ SNICallback: ca.sniCallback }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const ask = async (trust: { ca?: string }): Promise<string> => {
    const socket = connect({ host: "127.0.0.1", port, servername: "api.anthropic.com", ...trust });
    const answer = once(socket, "secureConnect").then(() => "trusted");
    return answer.catch((error: NodeJS.ErrnoException) => error.code ?? "").finally(() => socket.destroy());
  };
  const answers = [await ask({ ca: ca.certificatePem }), await ask({})];
  server.close();
  return answers; // ["trusted", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"]
}
