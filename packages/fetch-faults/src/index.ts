/** A `fetch` that fails by rule, for SDKs that take one. Runs in Node, Deno, Bun, workers and browsers. */
export type { FetchClock } from "./clock.ts";
export { type FaultyFetchOptions, type Fetch, faultyFetch } from "./faulty-fetch.ts";
export { fetchWay } from "./fetch-way.ts";
export { fetchFaultLimits } from "./limits.ts";
