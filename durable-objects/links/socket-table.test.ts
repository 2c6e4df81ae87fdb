import { expect, test } from "vitest";
import { SocketTable } from "./socket-table.ts";

class TestSocket {
  readonly sent: Uint8Array[] = [];
  readonly closes: [number, string][] = [];
  broken = false;

  send(bytes: Uint8Array): void {
    if (this.broken) throw new TypeError("Can't call WebSocket send() after close().");
    this.sent.push(bytes);
  }

  close(code: number, reason: string): void {
    if (new TextEncoder().encode(reason).length > 123) throw new SyntaxError("reason too long");
    if (this.broken) throw new TypeError("already closed");
    this.closes.push([code, reason]);
  }
}

test("links are numbered and a number is never used twice", () => {
  const table = new SocketTable<TestSocket>();
  const first = table.add(new TestSocket(), "hub-a", "in");
  table.close(first.link, 1000, "");
  const second = table.add(new TestSocket(), "hub-a", "out");
  expect(second.link).not.toBe(first.link);
  expect(table.size).toBe(1);
});

test("an end is told once, though close and error both come", () => {
  const table = new SocketTable<TestSocket>();
  const socket = new TestSocket();
  const open = table.add(socket, "hub-a", "in");
  expect(table.ended(socket)).toEqual(open);
  expect(table.ended(socket)).toBeUndefined();
});

test("a link that was closed from this end does not end again", () => {
  const table = new SocketTable<TestSocket>();
  const socket = new TestSocket();
  const { link } = table.add(socket, "hub-a", "out");
  table.close(link, 1000, "renewed");
  table.close(link, 1000, "renewed");
  expect(socket.closes).toEqual([[1000, "renewed"]]);
  expect(table.ended(socket)).toBeUndefined();
  expect(table.send(link, new Uint8Array(1))).toBe(false);
});

test("a socket that takes nothing more says so", () => {
  const table = new SocketTable<TestSocket>();
  const socket = new TestSocket();
  const { link } = table.add(socket, "hub-a", "out");
  expect(table.send(link, Uint8Array.of(1))).toBe(true);
  socket.broken = true;
  expect(table.send(link, Uint8Array.of(2))).toBe(false);
  expect(socket.sent).toEqual([Uint8Array.of(1)]);
});

test("a reason too long for a close frame is cut between characters", () => {
  const table = new SocketTable<TestSocket>();
  const socket = new TestSocket();
  table.close(table.add(socket, "hub-a", "out").link, 1000, "é".repeat(100));
  expect(socket.closes[0]?.[1]).toBe("é".repeat(60));
});
