/** One city. Lists are separated by spaces, other names by commas. */
export type PlaceRow = readonly [
  name: string,
  country: string,
  latitude: number,
  longitude: number,
  airports: string,
  cloudRegions: string,
  otherNames: string,
];
