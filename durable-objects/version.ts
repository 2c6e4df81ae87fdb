/** The same as in package.json; a test compares. */
export const SOFTWARE_VERSION = "0.1.0";
