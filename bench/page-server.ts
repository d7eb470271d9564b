import { createServer, type ServerResponse } from 'node:http';
import { widthSeconds } from '../src/catalog/width.ts';
import { bucketAt, bucketJson } from './history.ts';
import { prepareOrder } from './messages.ts';

/** A process of its own that answers usage requests with buckets serialized beforehand, so that serving costs nothing. */

let prepared: readonly Buffer[] = [];
const comma = Buffer.from(',');
const head = Buffer.from('{"object":"page","data":[');

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const asked = (name: string) => Number(searchParams.get(name));
  const firstSeconds = Number(searchParams.get('page') ?? searchParams.get('start_time'));
  const first = bucketAt(firstSeconds);
  const end = bucketAt(asked('end_time'));
  const last = Math.min(end, first + asked('limit'));
  answer(response, first, last, last < end ? firstSeconds + (last - first) * widthSeconds['1h'] : null);
});

function answer(response: ServerResponse, first: number, last: number, nextPage: number | null): void {
  const parts: Buffer[] = [head];
  for (let bucket = first; bucket < last; bucket += 1) {
    if (bucket > first) parts.push(comma);
    parts.push(prepared[bucket] ?? Buffer.from(bucketJson(bucket, 'base', prepared.length)));
  }
  const next = nextPage === null ? 'null' : `"${nextPage}"`;
  parts.push(Buffer.from(`],"has_more":${nextPage !== null},"next_page":${next}}`));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length });
  for (const part of parts) response.write(part);
  response.end();
}

process.on('message', (message) => {
  const { buckets, variant } = prepareOrder.parse(message);
  prepared = Array.from({ length: buckets }, (_, bucket) => Buffer.from(bucketJson(bucket, variant, buckets)));
  process.send?.({ bytes: prepared.reduce((sum, { length }) => sum + length, 0) });
});
process.on('disconnect', () => process.exit());

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : null });
});
