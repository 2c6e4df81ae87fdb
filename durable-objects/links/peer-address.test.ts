import { expect, test } from "vitest";
import { peerUrl } from "./peer-address.ts";

const paris = { hubId: "hub-paris", region: "eu-west", address: "https://eu.example.com" };

test("a hub is reached where it says it is", () => {
  expect(peerUrl(paris, new Map())).toBe("https://eu.example.com/peer/hub-paris");
});

test("what the deployment says of the region wins", () => {
  const urls = new Map([["eu-west", "http://127.0.0.1:9100/via/us-east/"]]);
  expect(peerUrl(paris, urls)).toBe("http://127.0.0.1:9100/via/us-east/peer/hub-paris");
});

test("WebSocket schemes are told to fetch in its own words", () => {
  expect(peerUrl({ ...paris, address: "wss://eu.example.com/" }, new Map())).toBe(
    "https://eu.example.com/peer/hub-paris",
  );
  expect(peerUrl({ ...paris, address: "ws://eu.example.com" }, new Map())).toBe("http://eu.example.com/peer/hub-paris");
});

test("an id is escaped", () => {
  expect(peerUrl({ ...paris, hubId: "a/b?c" }, new Map())).toBe("https://eu.example.com/peer/a%2Fb%3Fc");
});

test.each(["", "nowhere", "file:///etc/passwd", "javascript:alert(1)"])("%j is no address", (address) => {
  expect(peerUrl({ ...paris, address }, new Map())).toBeNull();
});
