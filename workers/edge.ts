/** From a request of the world to one that a handler can answer: which hub is meant, and where that hub is. */
import { type Deployment, DeploymentError, type Env, readDeployment } from "../durable-objects/deployment/index.ts";
import type { Problem } from "../hub-core/common/problem.ts";
import type { Coordinates, HubId } from "../hub-core/common/types.ts";
import { app } from "./app.ts";
import type { EdgeBindings } from "./edge-env.ts";
import { PROBLEM_TYPE, problemBody, REQUEST_ID_HEADER, requestIdOf } from "./http/index.ts";
import {
  addressOf,
  Calls,
  edgeName,
  forward,
  forwardedWithin,
  type Handover,
  Handovers,
  Hubs,
  namespaceStubs,
  nearestFirst,
  type StubOf,
  whereabouts,
  widestFirst,
} from "./hubs/index.ts";
import { clientPosition, coordinatesOf, findWorldPlace, networkPosition, withFederation } from "./position/index.ts";

export async function handle(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  try {
    return await answer(request, env, readDeployment(env), ctx);
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    console.error(JSON.stringify({ level: "error", event: "deployment_misconfigured", error: error.message }));
    return refusal(request, {
      status: 500,
      code: "misconfigured",
      detail: "this deployment's configuration is not valid",
    });
  }
}

async function answer(request: Request, env: Env, deployment: Deployment, ctx: ExecutionContext): Promise<Response> {
  const url = new URL(request.url);
  const { hub, path } = addressOf(url.pathname);
  const handovers = new Handovers(deployment.federation.name, env.MPREG_PEER_KEY);
  const handover = await handovers.read(request.headers, hub);
  const stubOf = gathering(env, deployment, ctx);
  const bindings = bindingsOf(request, { url, hub, env, deployment, handovers, handover, stubOf });
  url.pathname = path;
  const addressed = hub === null ? request : new Request(url, request);
  if (hub !== null && !deployment.hosted.includes(hub)) return elsewhere(addressed, hub, env, bindings);
  return app.fetch(addressed, bindings, ctx);
}

interface Surroundings {
  readonly url: URL;
  /** The hub that the path names. */
  readonly hub: HubId | null;
  readonly env: Env;
  readonly deployment: Deployment;
  readonly handovers: Handovers;
  readonly handover: Handover;
  readonly stubOf: StubOf;
}

/** An isolate is of one deployment, which has one namespace. */
const callsOf = new WeakMap<Env["HUB"], Calls>();

function gathering({ HUB }: Env, { region }: Deployment, ctx: ExecutionContext): StubOf {
  const calls = callsOf.get(HUB) ?? new Calls();
  callsOf.set(HUB, calls);
  return calls.through(namespaceStubs(HUB, region.locationHint), (call) => ctx.waitUntil(call));
}

function bindingsOf(request: Request, about: Surroundings): EdgeBindings {
  const { url, hub, env, deployment, handovers, handover, stubOf } = about;
  const { federation, region, hosted } = deployment;
  const findPlace = withFederation(federation, findWorldPlace);
  const network = networkPosition({ cf: request.cf ?? null, forwarded: handover.client, region }, findPlace);
  const said = saidCoordinates(url.searchParams);
  const near = clientPosition(said, network, findPlace);
  const client = near.ok ? near.position : network;
  const here = federation.hubs.filter(({ id }) => hosted.includes(id));
  return {
    deployment,
    hubs: new Hubs({
      candidates: hub === null ? nearestFirst(here, client) : [hub],
      stubOf,
    }),
    addressed: hub,
    handover,
    handovers,
    network,
    findPlace,
    tokenKey: federation.settings.security.secretKey ?? env.JWT_SECRET_KEY ?? null,
    peerKey: env.MPREG_PEER_KEY,
  };
}

/** Only to choose whom to ask: what is wrong with it is said by the route's own schema. */
function saidCoordinates(query: URLSearchParams): { lat?: number; lon?: number; from?: string } {
  const coordinates: Coordinates | null = coordinatesOf(query.get("lat"), query.get("lon"));
  if (coordinates) return { lat: coordinates.latitude, lon: coordinates.longitude };
  const from = query.get("from");
  return from === null ? {} : { from };
}

/** The way that a request has come by goes with it, so it cannot go in circles. */
async function elsewhere(request: Request, hub: HubId, env: Env, bindings: EdgeBindings) {
  const { deployment, handovers, handover, network: client } = bindings;
  const { federation, region, hosted } = deployment;
  const here = federation.hubs.filter(({ id }) => hosted.includes(id));
  const hubs = new Hubs({ candidates: widestFirst(here), stubOf: namespaceStubs(env.HUB, region.locationHint) });
  const to = await whereabouts(hub, deployment, hubs);
  if (!to) {
    const detail = `no hub named ${hub} is known in region ${region.id} of federation ${federation.name}`;
    return refusal(request, { status: 404, code: "hub_unknown", detail });
  }
  const edge = edgeName(region.id, hosted);
  const withinMs = forwardedWithin(new URL(request.url).pathname, federation.settings.consensus);
  const answered = await forward(request, to, { edge, handovers, withinMs }, { ...handover, client });
  if (answered instanceof Response) return answered;
  return answered.ok ? Response.json(answered.value) : refusal(request, answered.problem);
}

function refusal(request: Request, problem: Problem): Response {
  const headers = { "content-type": PROBLEM_TYPE, [REQUEST_ID_HEADER]: requestIdOf(request.headers) };
  return new Response(JSON.stringify(problemBody(problem)), { status: problem.status, headers });
}
