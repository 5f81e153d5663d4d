/** What other packages of Faultwire need of this one. It is no part of the API: any release may change it. */
export { CollectedBytes } from "./collected-bytes.ts";
export { checkHeader, withHeaders } from "./encode-response.ts";
export { HeldBytes } from "./held-bytes.ts";
export { fromLatin1, joinBytes } from "./text.ts";
