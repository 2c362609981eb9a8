import { X509Certificate, createPrivateKey, type KeyObject } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { AppError, quote } from "../core/errors.ts";
import type { UnixSeconds } from "../core/units.ts";

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate that is in force, and its key. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
  /** When it ends. */
  readonly until: UnixSeconds;
}

/**
 * Reads and checks the files, so that a wrong one is told by the start and not by the first client.
 * @throws AppError TLS_FILES: one cannot be read, they do not belong together, or the certificate is not in force
 * @throws AppError KEY_FILE_PERMISSIONS: others can read the key
 */
export async function readTls({ certFile, keyFile }: TlsFiles, now: UnixSeconds): Promise<Tls> {
  const cert = await readText(certFile, "HUFU_TLS_CERT_FILE");
  const key = await readText(keyFile, "HUFU_TLS_KEY_FILE");
  await refuseOpen(keyFile);
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

async function readText(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw fault(setting, `${quote(path)} cannot be read (${code})`, cause);
  }
}

async function refuseOpen(path: string): Promise<void> {
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  const detail = `${quote(path)} has mode 0${mode.toString(8)}; it must be readable by its owner alone: chmod 600`;
  throw new AppError("KEY_FILE_PERMISSIONS", { detail, at: "HUFU_TLS_KEY_FILE" });
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
