/** One message between a PostgreSQL client and its server. */
export interface WireMessage {
  readonly from: 'client' | 'server';
  /** The letter the protocol gives it; empty for the first one of a client. */
  readonly type: string;
  /** What it carries, as text: a statement, a command tag, names of settings. */
  readonly text: string;
  readonly bytes: Buffer;
}

/** Cuts a stream of bytes into the messages of PostgreSQL's protocol, version 3. */
export function messageSplitter(from: WireMessage['from']): (chunk: Buffer) => readonly WireMessage[] {
  let pending: Buffer = Buffer.alloc(0);
  // Only a client's first message has no letter.
  let typed = from === 'server';
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const messages: WireMessage[] = [];
    for (;;) {
      const letter = typed ? 1 : 0;
      if (pending.length < letter + 4) return messages;
      const end = letter + pending.readInt32BE(letter);
      if (pending.length < end) return messages;
      const bytes = pending.subarray(0, end);
      messages.push({
        from,
        type: bytes.toString('latin1', 0, letter),
        text: bytes.toString('latin1', letter + 4),
        bytes,
      });
      pending = pending.subarray(end);
      typed = true;
    }
  };
}

/** True when a client sends this statement, alone or for later binding. */
export function sends(message: WireMessage, statement: RegExp): boolean {
  return message.from === 'client' && (message.type === 'Q' || message.type === 'P') && statement.test(message.text);
}

/** True when the server reports a command of this kind as done. */
export function reports(message: WireMessage, tag: string): boolean {
  return message.from === 'server' && message.type === 'C' && message.text === `${tag}\0`;
}

/** True when a client sends rows of a COPY. */
export function sendsRows(message: WireMessage): boolean {
  return message.from === 'client' && message.type === 'd';
}

/** True when the server answers with an error of this SQLSTATE. */
export function refuses(message: WireMessage, state: string): boolean {
  return message.from === 'server' && message.type === 'E' && message.text.includes(`\0C${state}\0`);
}
