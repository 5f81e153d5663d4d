/** The environment in which a program sends its requests through a proxy of Faultwire and trusts its CA. */
export type { BaseUrlVariable } from "./base-urls.ts";
export {
  type RunEnvironment,
  type RunEnvironmentOptions,
  runEnvironment,
  type UserProxyVariables,
} from "./run-environment.ts";
