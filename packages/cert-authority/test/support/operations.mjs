// What a process does with the CA of a home, by the built package.
import { CertificateAuthority } from "../../dist/index.js";

const options = (directory) => ({ directory, targets: ["a.example"], environment: {} });

export const operations = {
  load: (home) => CertificateAuthority.load(options(home)),
  loadOrCreate: (home) => CertificateAuthority.loadOrCreate(options(home)),
  replace: async (home) => (await CertificateAuthority.replace(options(home))).authority,
};
