import type { components } from '../api/schema.gen.ts';

type Upload = components['schemas']['PhotoUpload'];

/** PutError is why storage did not take a photo. */
export class PutError extends Error {
  readonly kind: 'network' | 'expired' | 'refused';

  constructor(kind: PutError['kind'], message: string) {
    super(message);
    this.name = 'PutError';
    this.kind = kind;
  }
}

/** Headers that a browser sets itself and lets no script set (Fetch Standard, "forbidden request-header"). */
const forbidden = new Set(['content-length', 'host']);

/** Without any progress for this long a connection is taken for lost, in milliseconds. */
const silence = 60_000;

/**
 * put sends a photo with the signed request, as it is. XMLHttpRequest is used because fetch tells nothing of how much
 * was sent. Storage takes a photo once: 412 says that it has it already (If-None-Match: *), which is as good.
 */
export function put(
  upload: Upload,
  file: Blob,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    let timer = setTimeout(abort, silence);
    const end = (finish: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      finish();
    };
    request.upload.addEventListener('progress', (event) => {
      clearTimeout(timer);
      timer = setTimeout(abort, silence);
      onProgress(event.loaded);
    });
    request.addEventListener('load', () =>
      end(() => {
        const { status, responseText } = request;
        if ((status >= 200 && status < 300) || status === 412) resolve();
        else reject(refusal(status, responseText, upload));
      }),
    );
    request.addEventListener('error', () =>
      end(() => reject(new PutError('network', 'The connection was lost while the photo was sent.'))),
    );
    request.addEventListener('abort', () =>
      end(() =>
        reject(
          signal.aborted
            ? signal.reason
            : new PutError('network', 'The connection stood still, so sending was given up.'),
        ),
      ),
    );
    if (signal.aborted) {
      end(() => reject(signal.reason));
      return;
    }
    signal.addEventListener('abort', abort);
    request.open(upload.method, upload.url);
    for (const [name, value] of Object.entries(upload.headers)) {
      if (!forbidden.has(name.toLowerCase())) request.setRequestHeader(name, value);
    }
    request.send(file);
  });
}

// Storage explains itself in XML (Amazon S3 API Reference, "Error responses").
function refusal(status: number, body: string, { expiresAt }: Upload): PutError {
  const code = /<Code>([A-Za-z]+)<\/Code>/.exec(body)?.[1];
  if (/expired/i.test(body) || code === 'ExpiredToken' || (status === 403 && Date.parse(expiresAt) <= Date.now())) {
    return new PutError('expired', 'The permission to send the photo had expired.');
  }
  if (status >= 500) return new PutError('refused', `Storage does not take photos at the moment (status ${status}).`);
  return new PutError('refused', `Storage refused the photo (${code ?? `status ${status}`}).`);
}
