/** A host that the suites run their tunnels through: the reference host in `npm test`, the real binary in `e2e`. */
export interface RunningHost {
  readonly proxyUrl: string;
  close(): Promise<void>;
}

/** Starts a host with these plugins, server side first, every upstream theirs. */
export type StartHost = (plugins: readonly string[]) => Promise<RunningHost>;
