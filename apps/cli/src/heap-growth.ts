/** How far the heap may grow before all of it is looked through. */
import { setFlagsFromString } from "node:v8";

/**
 * Lets the heap grow to four times of what lives, buffers of traffic included, before all of it is looked through.
 *
 * Four is the most that V8 takes by itself. It takes far less where much is allocated and little stays, as in a proxy:
 * each 7 MB of a large body then cost a look through the whole heap, which was half of the CPU of a proxy.
 */
export function letHeapGrow(): void {
  setFlagsFromString("--heap-growing-percent=300");
}
