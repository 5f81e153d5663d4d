/** A `fetch` that fails by rule, for SDKs that take one. Runs in Node, Deno, Bun, workers and browsers. */
export type { FetchClock } from "./clock.ts";
export { type FaultyFetchOptions, faultyFetch } from "./faulty-fetch.ts";
export { fetchWay } from "./fetch-way.ts";
export { fetchFaultLimits } from "./limits.ts";
export type { Fetch, FetchOptions } from "./wrap-fetch.ts";
