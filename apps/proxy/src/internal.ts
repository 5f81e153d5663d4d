/** What other packages of Faultwire need of this one. It is no part of the API: any release may change it. */
export { type BaseUrlApi, baseUrlApis } from "./front/base-url.ts";
export { readReverse } from "./front/reverse.ts";
export { stoodInNames } from "./stand-in/stood-in-hosts.ts";
export { parseResolveFlag } from "./upstream/resolve-table.ts";
export { proxyWays } from "./ways.ts";
