/** The bucket widths the API knows, in seconds. Every bucket starts at a whole multiple of its width since 1970 UTC. */
export const widthSeconds = { '1m': 60, '1h': 3600, '1d': 86_400 } as const;

/** A bucket width under its wire name: `1m`, `1h` or `1d`. */
export type Width = keyof typeof widthSeconds;

/** All widths, narrowest first. */
export const widths: readonly Width[] = ['1m', '1h', '1d'];
