/** Connections to upstreams that are open: one that comes in and is one of them has been led back here. */
import type { Socket } from "node:net";
import { isLoopback, plainAddress } from "./forbidden-addresses.ts";

/** Both ends of a connection, as a socket tells them. */
export type Ends = Pick<Socket, "localAddress" | "localPort" | "remoteAddress" | "remotePort">;

export class Outgoing {
  /** From our end to the other. */
  readonly #pairs = new Set<string>();
  /** Our ends of connections to other machines, with their number: on its way such a one may be redirected to this machine. */
  readonly #ends = new Map<string, number>();

  /** Knows a connection from when it is open until it is closed. */
  add(socket: Socket): void {
    socket.once("connect", () => {
      const { localAddress, localPort, remoteAddress, remotePort } = socket;
      const ours = endOf(localAddress, localPort);
      const pair = `${ours} > ${endOf(remoteAddress, remotePort)}`;
      this.#pairs.add(pair);
      // A system gives one port to connections to several places of this machine, so that it says nothing by itself.
      const isElsewhere = !isLoopback(plainAddress(remoteAddress ?? ""));
      if (isElsewhere) this.#count(ours, 1);
      socket.on("close", () => {
        this.#pairs.delete(pair);
        if (isElsewhere) this.#count(ours, -1);
      });
    });
  }

  /** Whether a connection that came in is one of ours, by whatever way it was led here. */
  has({ localAddress, localPort, remoteAddress, remotePort }: Ends): boolean {
    const from = endOf(remoteAddress, remotePort);
    return this.#ends.has(from) || this.#pairs.has(`${from} > ${endOf(localAddress, localPort)}`);
  }

  #count(end: string, more: number): void {
    const count = (this.#ends.get(end) ?? 0) + more;
    if (count > 0) this.#ends.set(end, count);
    else this.#ends.delete(end);
  }
}

const endOf = (address = "", port = 0): string => `${plainAddress(address)} ${port}`;
