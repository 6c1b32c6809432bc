import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import express, { type NextFunction, type Request, type Response } from 'express';
import { type Cloud, type HttpRequest, type Refusal, refusal } from './cloud.ts';
import { type ControlOptions, controlApi } from './control.ts';
import { callServer, type ServeOptions } from './serve-call.ts';
import { notServedYet, whichCloud } from './which-cloud.ts';

export interface ServerOptions {
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly calls: ServeOptions;
  readonly control: ControlOptions;
  readonly log: (line: string) => void;
  /** False while the fixtures are being put in place: a gateway without anything behind it. */
  readonly isReady: () => boolean;
}

/** The HTTP side: the control API below /_emulator, and everything else as a call of some cloud. */
export function createHttpServer({ clouds, calls, control, log, isReady }: ServerOptions): Server {
  const serve = callServer(calls);
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    // of a request that belongs to nobody; a proved one gets its own account's
    response.setHeader('date', calls.accounts.first.clock.now().toUTCString());
    if (isReady()) return next();
    response.status(503).type('text/plain').send('The emulator is starting');
  });
  app.use('/_emulator', controlApi(control));
  app.use(express.raw({ type: () => true, limit: '10mb' }));
  app.use((request, response) => answer(request, response));
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    answer(request, response, error),
  );

  /** Hands a request to its cloud, with the error that its body met on the way in. */
  function answer(request: Request, response: Response, error?: unknown): void {
    const received: HttpRequest = {
      method: request.method,
      target: request.originalUrl,
      headers: request.headers,
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    };
    const name = whichCloud(received);
    if (!name) {
      response.status(404).json({
        error:
          'This request carries no sign of any cloud: no signature, no action. The control API is below /_emulator.',
      });
      return;
    }
    const cloud = clouds.get(name);
    if (!cloud) {
      const { status, headers, body } = notServedYet(name, randomUUID());
      response.writeHead(status, headers).end(body);
      return;
    }
    serve(cloud, received, response, refusalFor(cloud, error)).catch((failure: unknown) => {
      log(inspect(failure));
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  }

  function refusalFor(cloud: Cloud, error: unknown): Refusal | undefined {
    if (error === undefined) return undefined;
    const { status = 500 } = error as { status?: number };
    if (status >= 500) log(inspect(error));
    const said = status === 413 ? cloud.tooLarge : status < 500 ? cloud.unreadable : cloud.broken;
    return refusal(said.code, said.message);
  }

  const server = createServer((request, response) => {
    request.url = withoutOrigin(request.url ?? '/');
    app(request, response);
  });
  // A client that reuses a connection must not meet a close that no cloud would make.
  server.keepAliveTimeout = 65_000;
  return server;
}

/** A proxy's client sends `POST http://host/path`: only the path is ours, the host is nobody's business. */
function withoutOrigin(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

/** Listens on loopback. Port 0 takes a free one; a taken port rejects with EADDRINUSE. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Stops listening and cuts every connection, hung ones too. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
