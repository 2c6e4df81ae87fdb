import type { PlaceRow } from "./place-row.ts";

/** Name, country (ISO 3166-1), latitude, longitude, airports (IATA), cloud regions, other names. */
export const OCEANIA: readonly PlaceRow[] = [
  ["Sydney", "AU", -33.87, 151.21, "SYD", "ap-southeast-2 australia-southeast1 australiaeast ap-sydney-1", ""],
  [
    "Melbourne",
    "AU",
    -37.81,
    144.96,
    "MEL",
    "ap-southeast-4 australia-southeast2 australiasoutheast ap-melbourne-1",
    "",
  ],
  ["Canberra", "AU", -35.28, 149.13, "CBR", "australiacentral australiacentral2", ""],
  ["Brisbane", "AU", -27.47, 153.03, "BNE", "", ""],
  ["Perth", "AU", -31.95, 115.86, "PER", "", ""],
  ["Adelaide", "AU", -34.93, 138.6, "ADL", "", ""],
  ["Darwin", "AU", -12.46, 130.84, "DRW", "", ""],
  ["Hobart", "AU", -42.88, 147.33, "HBA", "", ""],
  ["Auckland", "NZ", -36.85, 174.76, "AKL", "newzealandnorth ap-southeast-6", ""],
  ["Wellington", "NZ", -41.29, 174.78, "WLG", "", ""],
  ["Christchurch", "NZ", -43.53, 172.64, "CHC", "", ""],
  ["Port Moresby", "PG", -9.44, 147.18, "POM", "", ""],
  ["Suva", "FJ", -18.14, 178.44, "SUV NAN", "", ""],
  ["Nouméa", "NC", -22.27, 166.46, "NOU", "", ""],
  ["Papeete", "PF", -17.54, -149.57, "PPT", "", ""],
  ["Guam", "GU", 13.44, 144.79, "GUM", "", ""],
];
