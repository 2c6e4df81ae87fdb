export const membershipMessages = {} as const;
