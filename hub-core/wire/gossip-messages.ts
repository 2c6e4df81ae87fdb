export const gossipMessages = {} as const;
