import { createServer, type Server } from "node:net";
import {
  alpnProtocolsOf,
  ClientHelloReader,
  offeredVersionsOf,
  protocolVersionName,
  serverNameOf,
} from "@faultwire/tls-parser";

/** Says who calls on a port and what he offers, without ending his TLS. */
export function whoCalls(say: (line: string) => void): Server {
  return createServer((socket) => {
    const reader = new ClientHelloReader();
    socket.on("data", (chunk) => {
      const result = reader.push(chunk);
      if (result.status === "more") return;
      if (result.status === "not-tls") say(`no TLS but ${result.detection.kind}`);
      if (result.status === "error") say(`bad TLS: ${result.error.message}`);
      if (result.status === "done") {
        const { clientHello } = result;
        const versions = offeredVersionsOf(clientHello).map(protocolVersionName).join(" or ");
        const protocols = alpnProtocolsOf(clientHello).join(" or ");
        say(`${serverNameOf(clientHello)} by ${protocols} over ${versions}`);
      }
      socket.destroy();
    });
  });
}
