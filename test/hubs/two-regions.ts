/** The planet that most of these tests need: two regions, five hubs, each edge called once, for a hub runs only from then on. */
import { call, Planet, type PlanetOptions, type Region } from "./region.ts";

export const ALL_HUBS = ["global-hub", "local-lon", "local-nyc", "regional-eu", "regional-us"];

export interface TwoRegions {
  readonly planet: Planet;
  readonly us: Region;
  readonly eu: Region;
}

export async function startTwoRegions(options: PlanetOptions = {}): Promise<TwoRegions> {
  const planet = await Planet.start(["us-east", "eu-west"], options);
  try {
    await Promise.all(planet.regions.map((region) => call(region, "/health")));
  } catch (error) {
    await planet.stop();
    throw error;
  }
  return { planet, us: planet.region("us-east"), eu: planet.region("eu-west") };
}
