// Loaded into the process of `faultwire proxy` by `--import`, so that the product needs no door for it: answers its parent's
// questions about memory, descriptors, sockets and the delay of the event loop.
import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { writeHeapSnapshot } from "node:v8";

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

const answers = {
  sample() {
    const loop = { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 };
    // Twice: the first collection only queues what has a finalizer.
    globalThis.gc();
    globalThis.gc();
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    // What the collection cost is not the proxy's.
    delay.reset();
    return { rss, heapUsed, external, arrayBuffers, fds: readdirSync("/proc/self/fd").length, sockets, loop };
  },
  open: () =>
    process
      ._getActiveHandles()
      .filter((handle) => handle.constructor.name === "Socket" && handle.remotePort)
      .map((s) =>
        [
          s.localPort,
          s.remotePort,
          s.readyState,
          s.isPaused(),
          s.writableLength,
          s.writableEnded,
          s.writableFinished,
          s.readableEnded,
          s.bytesRead,
          s.bytesWritten,
        ].join(" "),
      ),
  snapshot: (file) => writeHeapSnapshot(file, { exposeNumericValues: true }),
};

process.on("message", ({ id, question, facts }) => process.send({ id, value: answers[question](...facts) }));
// The parent's questions are no reason to stay.
process.channel?.unref();
// A parent that breaks off leaves nothing running.
process.on("disconnect", () => process.exit());
