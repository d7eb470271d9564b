/** A manifest as it was found. */
export interface Published {
  readonly text: string;
  /** Tells whether it is still the same when a new one takes its place. */
  readonly version: string;
}

/** Where an export goes: a folder or a bucket. Rejects with `target_unusable`, `target_foreign` or `target_busy`. */
export interface Target {
  /** As messages name it, without credentials. */
  readonly shown: string;
  /** The same target under one name, whoever names it. */
  readonly identity: string;
  /** The manifest that readers see; null where there is none yet. */
  published(): Promise<Published | null>;
  /** Makes ready for writing: a target that is neither empty nor ours is refused. Gives a local folder for files aside. */
  prepare(): Promise<string>;
  /** Moves a finished local file to its path, where nobody looks before the manifest names it. */
  put(localFile: string, path: string): Promise<void>;
  /** Puts a manifest in the place of the one that was found, atomically; refuses when another is there by now. */
  publish(text: string, found: Published | null): Promise<void>;
  /** The paths of all files of exports, those of killed ones too. */
  list(): Promise<readonly string[]>;
  /** Removes files; those that are gone are no failure. */
  remove(paths: readonly string[]): Promise<void>;
  /** The bytes of a file; null where it is missing. */
  read(path: string): Promise<AsyncIterable<Uint8Array> | null>;
  /** Removes what was written aside. */
  close(): Promise<void>;
}

/** The file that says of a target without a manifest that an export has begun there. */
export const markerPath = '.usage-etl-export';

/** What the marker says to whoever finds it. */
export const markerText = 'usage-etl export writes here. Do not put anything else into this place.\n';
