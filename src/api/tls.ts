/** Reads and checks the certificate and the key that the service uses for TLS. */
import { X509Certificate, createPrivateKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AppError, isAppError, quote } from "../core/errors.ts";
import type { UnixSeconds } from "../core/units.ts";
import { readOwnerOnly } from "../files/owner-only.ts";

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate that is in force, and its key. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
  /** When the certificate expires. */
  readonly until: UnixSeconds;
}

/**
 * Reads and checks the files, so that a wrong one fails at the start and not at the first client.
 * @throws AppError TLS_FILES: one cannot be read, they do not belong together, or the certificate is not in force
 * @throws AppError KEY_FILE_PERMISSIONS: others can read the key
 */
export async function readTls({ certFile, keyFile }: TlsFiles, now: UnixSeconds): Promise<Tls> {
  const cert = await readFile(certFile, "utf8").catch(unreadable("HUFU_TLS_CERT_FILE", certFile));
  const key = await readOwnerOnly(keyFile, "HUFU_TLS_KEY_FILE").catch(
    unreadable("HUFU_TLS_KEY_FILE", keyFile),
  );
  const certificate = parseCertificate(cert, certFile);
  if (!certificate.checkPrivateKey(parseKey(key, keyFile))) {
    throw fault("HUFU_TLS_KEY_FILE", `the key in ${quote(keyFile)} is not that of ${quote(certFile)}`);
  }
  const { validFrom, validTo } = certificate;
  if (Date.parse(validFrom) / 1000 > now)
    throw fault("HUFU_TLS_CERT_FILE", `${quote(certFile)} is not valid before ${validFrom}`);
  const until = Date.parse(validTo) / 1000;
  if (until <= now) throw fault("HUFU_TLS_CERT_FILE", `${quote(certFile)} expired on ${validTo}`);
  return { cert, key, until };
}

function unreadable(setting: string, path: string): (cause: unknown) => never {
  return (cause) => {
    if (isAppError(cause)) throw cause;
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw fault(setting, `${quote(path)} cannot be read (${code})`, cause);
  };
}

function parseCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw fault("HUFU_TLS_CERT_FILE", `${quote(path)} holds no certificate in PEM`, cause);
  }
}

function parseKey(pem: string, path: string): KeyObject {
  if (pem.includes("ENCRYPTED")) {
    throw fault(
      "HUFU_TLS_KEY_FILE",
      `the key in ${quote(path)} has a password; store it without one, mode 0600`,
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    // the cause may hold bytes of the key
    throw fault("HUFU_TLS_KEY_FILE", `${quote(path)} holds no private key in PEM`);
  }
}

function fault(at: string, detail: string, cause?: unknown): AppError {
  return new AppError("TLS_FILES", { detail: `${at}: ${detail}`, at }, { cause });
}
