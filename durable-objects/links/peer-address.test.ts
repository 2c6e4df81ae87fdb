import { expect, test } from "vitest";
import { edgeUrl, peerUrl } from "./peer-address.ts";

test("a hub is reached under its edge's address, whatever prefix that has", () => {
  expect(peerUrl("hub-paris", "https://eu.example.com")).toBe("https://eu.example.com/peer/hub-paris");
  expect(peerUrl("hub-paris", "http://127.0.0.1:9100/via/us-east/")).toBe(
    "http://127.0.0.1:9100/via/us-east/peer/hub-paris",
  );
});

test("WebSocket schemes are told to fetch in its own words", () => {
  expect(peerUrl("hub-paris", "wss://eu.example.com/")).toBe("https://eu.example.com/peer/hub-paris");
  expect(peerUrl("hub-paris", "ws://eu.example.com")).toBe("http://eu.example.com/peer/hub-paris");
});

test("an id is escaped", () => {
  expect(peerUrl("a/b?c", "https://eu.example.com")).toBe("https://eu.example.com/peer/a%2Fb%3Fc");
});

test("what an address says beyond host and path is left out", () => {
  expect(edgeUrl("https://user:secret@eu.example.com/mpreg/?a=1#b")).toBe("https://eu.example.com/mpreg");
});

test.each(["", "nowhere", "file:///etc/passwd", "javascript:alert(1)"])("%j is no address", (address) => {
  expect(edgeUrl(address)).toBeNull();
  expect(peerUrl("hub-paris", address)).toBeNull();
});
