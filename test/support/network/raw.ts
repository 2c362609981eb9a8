/** Writes raw bytes to a service over one TCP connection. */
import { connect, type Socket } from "node:net";

export class RawConnection {
  readonly #socket: Socket;
  #received = "";
  /** All received text; resolves when the connection is closed. */
  readonly closed: Promise<string>;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.setEncoding("utf8").on("data", (text: string) => (this.#received += text));
    this.#socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => this.#socket.on("close", () => resolve(this.#received)));
  }

  /** The text received so far. */
  get received(): string {
    return this.#received;
  }

  write(text: string): void {
    if (this.#socket.writable) this.#socket.write(text);
  }

  /** Writes one byte every `milliseconds`, until all is sent or the connection is closed. */
  drip(text: string, milliseconds: number): void {
    const bytes = Array.from(text);
    const timer = setInterval(() => {
      const next = bytes.shift();
      if (next === undefined || !this.#socket.writable) clearInterval(timer);
      else this.#socket.write(next);
    }, milliseconds);
    this.#socket.on("close", () => clearInterval(timer));
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
