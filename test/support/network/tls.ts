/** Holds TLS certificates for tests. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Certificates for localhost of invented operators, valid from 2020 to 2120, and their keys, which protect nothing; made
 * by `openssl ca -selfsign`.
 */
export const CERTIFICATES = {
  first: {
    cert: `-----BEGIN CERTIFICATE-----
MIIBtDCCAVmgAwIBAgIBATAKBggqhkjOPQQDAjA6MSQwIgYDVQQKDBtUaWdlciBU
YWxseSBTYW1wbGUgT3BlcmF0b3IxEjAQBgNVBAMMCWxvY2FsaG9zdDAgFw0yMDAx
MDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowOjEkMCIGA1UECgwbVGlnZXIgVGFs
bHkgU2FtcGxlIE9wZXJhdG9yMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAAS1cEWdJnO7/dAgkAZoh5tG1rVpR3+8KhpH+Y5HYnjN
ExKuhUbw7pZItonTbOiZke0/Vs53nBzB2KfAaogHndEco04wTDAaBgNVHREEEzAR
gglsb2NhbGhvc3SHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUP6QS
GlTOQI5dIitNsbi5FFRNe04wCgYIKoZIzj0EAwIDSQAwRgIhAKm2zhHpfPpEXWxu
YAfd6zkzW2nFKUnhb89bqcBF0WPEAiEAxSW9RlM/1YcVV8ChA6Krjqixjq58KaZM
Uu/IauDo+IU=
-----END CERTIFICATE-----
`,
    key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh9nFitivWvSGQIHo
7nsRBw7R9asR/hI6bc+g+XO7DVOhRANCAAS1cEWdJnO7/dAgkAZoh5tG1rVpR3+8
KhpH+Y5HYnjNExKuhUbw7pZItonTbOiZke0/Vs53nBzB2KfAaogHndEc
-----END PRIVATE KEY-----
`,
  },
  second: {
    cert: `-----BEGIN CERTIFICATE-----
MIIBuzCCAWGgAwIBAgIBATAKBggqhkjOPQQDAjA+MSgwJgYDVQQKDB9IYXJib3Vy
IExhbnRlcm4gU2FtcGxlIE9wZXJhdG9yMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcN
MjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMD4xKDAmBgNVBAoMH0hhcmJv
dXIgTGFudGVybiBTYW1wbGUgT3BlcmF0b3IxEjAQBgNVBAMMCWxvY2FsaG9zdDBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABNblj9IO9JBdDdjg6OarucDjnSWpJoBJ
Uahz5CojZtRD/pn9N/JBdJtG2x8+weQjivPuzZ/m8HY+cZbrw9jVpbajTjBMMBoG
A1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8EBTADAQH/MB0GA1Ud
DgQWBBSt0Iflk37tGJhmjEhXqmuTIYrsxDAKBggqhkjOPQQDAgNIADBFAiEA/o78
iSr02V+DQ0lVNsXyEZeQ4+/n/u6XqMwOiLGnOKUCIGMaD/vXscwN2rTv1X9/wYyY
lRvMYAOaL1v057Zwew4+
-----END CERTIFICATE-----
`,
    key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPbuQ4kVQb8yOC9s3
0x87FnlNebYhtFgUFGhzYvAoeY+hRANCAATW5Y/SDvSQXQ3Y4Ojmq7nA450lqSaA
SVGoc+QqI2bUQ/6Z/TfyQXSbRtsfPsHkI4rz7s2f5vB2PnGW68PY1aW2
-----END PRIVATE KEY-----
`,
  },
} as const;

/** Writes a certificate and a key. @returns their paths */
export function tlsFiles(
  folder: string,
  { cert, key }: { cert: string; key: string } = CERTIFICATES.first,
): { certFile: string; keyFile: string } {
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  writeFileSync(files.certFile, cert);
  writeFileSync(files.keyFile, key, { mode: 0o600 });
  return files;
}
