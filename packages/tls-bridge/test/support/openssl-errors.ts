/** What OpenSSL's errors say, without the words that differ from one version to the next. */

/**
 * The alert that a peer has got, by OpenSSL's name of it: `BAD_RECORD_MAC`; undefined for an error that is no alert. What
 * stands before it is not the same everywhere: `SSLV3_` in OpenSSL 3.0, `SSL/TLS_` in 3.5, `TLSV1_` for later alerts.
 */
export function alertIn(error: { readonly code?: string | undefined } | undefined): string | undefined {
  return /^ERR_SSL_.*_ALERT_([A-Z0-9_]+)$/.exec(error?.code ?? "")?.[1];
}

/** A complaint of the peer's own about what it was sent; which one it is depends on the version. */
export const OWN_COMPLAINT: RegExp = /^ERR_SSL_(?!.*_ALERT_)/;
