// CPU of a process as the system counts it, whatever it is written in.
import { readdirSync, readFileSync } from "node:fs";

/** Microseconds that all threads of a process have run (proc(5), schedstat: the first field, in nanoseconds). */
export function cpuUsOf(pid) {
  let sum = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
    } catch (error) {
      // A thread that has ended meanwhile.
      if (error.code !== "ENOENT" && error.code !== "ESRCH") throw error;
    }
  }
  return sum / 1000;
}

/** Bytes that are resident. */
export function residentBytesOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
}
