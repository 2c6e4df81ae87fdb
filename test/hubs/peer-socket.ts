/** A hub that is none: it proves to be of the federation, opens a link, and says what a test wants said. */
import { PeerTokens } from "../../durable-objects/links/index.ts";
import type { HubIdentity } from "../../hub-core/common/types.ts";
import { DecodeError } from "../../hub-core/wire/codec.ts";
import { decodeFrame, encodeFrames } from "../../hub-core/wire/frame.ts";
import type { Message, MessageOf } from "../../hub-core/wire/messages.ts";
import { OLDEST_VERSION } from "../../hub-core/wire/versions.ts";
import { eventually, PEER_KEY, type Region } from "./region.ts";

const MAX_FRAME_BYTES = 65_536;

export const FEDERATION_NAME = "test-planet";

export class PeerSocket {
  /** Frames as they came, and what they say. */
  readonly frames: Uint8Array[] = [];
  readonly messages: Message[] = [];
  readonly closed: Promise<number>;
  readonly #waiting = new Map<number, () => void>();
  readonly #self: HubIdentity;
  readonly #socket: WebSocket;

  private constructor(self: HubIdentity, socket: WebSocket) {
    this.#self = self;
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#received(new Uint8Array(data as ArrayBuffer)));
    this.closed = new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  }

  static async open(region: Region, hub: string, self: HubIdentity): Promise<PeerSocket> {
    const { hubId, region: home } = self;
    const tokens = new PeerTokens({ federation: FEDERATION_NAME, key: PEER_KEY, self: hubId, region: home });
    const { token } = await tokens.issue(hub, crypto.randomUUID(), Date.now());
    // Node's takes headers, which the standard's, and so its type, does not.
    const Connect = WebSocket as unknown as new (
      url: string,
      options: { headers: Record<string, string> },
    ) => WebSocket;
    const headers = { authorization: `Bearer ${token}` };
    const socket = new Connect(`ws://${region.url.host}/peer/${hub}`, { headers });
    const peer = new PeerSocket(self, socket);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error(`${hub} takes no link`)));
    });
    return peer;
  }

  greet(versions: { oldestVersion: number; newestVersion: number }): void {
    this.say({ kind: "hello", ...versions, hub: this.#self, incarnation: 1, instance: 4_711 }, OLDEST_VERSION);
  }

  say(message: Message, version: number): void {
    const options = { version, maxBytes: MAX_FRAME_BYTES, compression: false };
    for (const frame of encodeFrames([message], options).frames) this.#socket.send(frame);
  }

  sendBytes(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(bytes);
  }

  heard<K extends Message["kind"]>(kind: K): Promise<MessageOf<K>> {
    return eventually(`a ${kind}`, async () =>
      this.messages.find((message): message is MessageOf<K> => message.kind === kind),
    );
  }

  /** Resolves with the answer to the ping of that number, as it arrives. */
  acked(seq: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(seq, resolve));
  }

  /** Protocol version of each frame so far. */
  versions(): number[] {
    return this.frames.map((frame) => frame[1] ?? 0);
  }

  close(): void {
    this.#socket.close();
  }

  #received(frame: Uint8Array): void {
    this.frames.push(frame);
    const messages = decodeFrame(frame, MAX_FRAME_BYTES);
    if (messages instanceof DecodeError) return;
    this.messages.push(...messages);
    for (const message of messages) if (message.kind === "ack") this.#waiting.get(message.seq)?.();
  }
}
