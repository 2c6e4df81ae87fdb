export const registryMessages = {} as const;
