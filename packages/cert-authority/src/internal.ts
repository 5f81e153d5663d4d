/** What other packages of Faultwire need of this one. It is no part of the API: any release may change it. */
export { makeFolder } from "./store/private-file.ts";
export { passphraseVariable } from "./store/read-authority.ts";
export { kindOf, type ReadRegularFileOptions, readRegularFile } from "./store/regular-file.ts";
export { encodeCertificate, replaceFile } from "./trust/export-certificate.ts";
export { stepText } from "./trust/install-trust.ts";
export { withJavaProperties } from "./trust/java-options.ts";
export { pkcs12TrustStore } from "./trust/pkcs12.ts";
export { trustVariables } from "./trust/trust-environment.ts";
export { trustFolder } from "./trust/trust-folder.ts";
export { thisHost } from "./trust/trust-host.ts";
export { trustPlan } from "./trust/trust-plan.ts";
