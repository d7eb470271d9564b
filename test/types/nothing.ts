/** Compiles only where nothing is left over: the compiler names what is. */
export type Nothing<Left extends never> = Left;

/** A list of checks as one type, so that each of them is looked at. */
export type Known<Checks extends readonly unknown[]> = Checks;
