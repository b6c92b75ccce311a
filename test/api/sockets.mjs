// Requests byte by byte, as no client would send them.
import assert from 'node:assert/strict';
import { connect } from 'node:net';

/** Sends the pieces, waits `pause` ms between them, and `invited` when the server says 100 Continue; resolves when it closes or nothing
 *  came for `quiet` ms after an answer. */
export function exchange(url, pieces, { pause = 0, quiet = 300, patience = 5000, invited = '' } = {}) {
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port });
    let text = '';
    const finish = (closed) => { clearTimeout(timer); socket.destroy(); done(parse(text, closed)); };
    let timer = setTimeout(finish, patience, false);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (invited && /^HTTP\/1\.1 100 [^\r]*\r\n\r\n$/.test(text)) return socket.write(invited, 'latin1');
      clearTimeout(timer);
      timer = setTimeout(finish, quiet, false);
      return undefined;
    });
    socket.on('end', () => finish(true));
    socket.on('error', (error) => (text || ['ECONNRESET', 'EPIPE'].includes(error.code) ? finish(true) : fail(error)));
    socket.on('connect', async () => {
      for (const piece of [pieces].flat()) {
        if (socket.destroyed) return;
        socket.write(piece, 'latin1');
        if (pause) await new Promise((next) => setTimeout(next, pause));
      }
    });
  });
}

/** {statuses, head, body (of the last answer, as JSON where it is), closed, text} */
function parse(text, closed) {
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z][^\r\n]*\r\n/g)].map((m) => Number(m[1]));
  const at = text.lastIndexOf('\r\n\r\n');
  let body = text.slice(at + 4);
  try { body = JSON.parse(body); } catch { /* not JSON */ }
  return { statuses, head: text.slice(0, at), body, closed, text };
}

export function assertEnvelope(answer, status, code) {
  assert.deepEqual(answer.statuses, [status], answer.text.slice(0, 600));
  assert.deepEqual(Object.keys(answer.body).filter((k) => k !== 'error').sort(), ['code', 'details', 'message', 'timestamp', 'validationErrors'], answer.text);
  assert.equal(answer.body.code, code);
  assert.ok(answer.body.message.length > 0);
  assert.match(answer.head, /^content-type: application\/json(; charset=utf-8)?\r?$/im);
}
