/** What other packages of Faultwire need of this one. It is no part of the API: any release may change it. */
export { tunnelWays } from "@faultwire/tunnel";
