/** The two authorities of the tests, made once for each file. */
import { TestAuthority } from "@faultwire/testkit/test-authority";

const authorities: { ours?: TestAuthority; theirs?: TestAuthority } = {};
/** The CA that stands for Faultwire's, which the client trusts. */
export const ourAuthority = (): TestAuthority =>
  (authorities.ours ??= new TestAuthority("Faultwire test CA"));
/** The CA that has issued the upstream's certificate. */
export const theirAuthority = (): TestAuthority =>
  (authorities.theirs ??= new TestAuthority("Upstream test CA"));
