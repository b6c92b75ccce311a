// Starts a Joinery server on a free port of this machine, and calls its REST interface. Needs nothing but Node 18.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts `program` on an empty or known data directory. Resolves when it listens; rejects with what it said when it ends before.
 * `log` names a file that what it logs is appended to; else it is kept for said(). */
export async function startServer({ program, dataDirectory, fileRoots = [], environment = {}, seconds = 60, log = null }) {
  mkdirSync(dataDirectory, { recursive: true });
  const said = [];
  const child = spawn(program, ['serve', '--listen', '127.0.0.1:0', '--data-dir', dataDirectory], {
    env: { ...process.env, JOINERY_FILE_ROOTS: fileRoots.join(':'), ...environment },
    stdio: ['ignore', 'pipe', log ? openSync(log, 'a') : 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const url = await new Promise((resolve, reject) => {
    let listening = false;
    const timer = setTimeout(() => { child.kill('SIGKILL'); reject(new Error(`the server did not listen within ${seconds} seconds:\n${said.join('')}`)); }, seconds * 1000);
    const listen = (chunk) => {
      said.push(chunk);
      if (said.length > 2000) said.splice(0, 1000);
      if (listening) return;
      const found = /listening on (https?:\/\/[^\s"]+)/.exec(said.join('').slice(-20000));
      if (found) { listening = true; clearTimeout(timer); resolve(found[1].replace(/\/$/, '')); }
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', listen);
    child.once('error', (problem) => { clearTimeout(timer); reject(new Error(`${program} cannot be started: ${problem.message}`)); });
    ended.then(({ code, signal }) => { clearTimeout(timer); reject(new Error(`the server ended (${signal ?? `status ${code}`}):\n${said.join('')}`)); });
  });
  const keyFile = join(dataDirectory, 'admin.key');
  return {
    url, child, ended,
    key: environment.JOINERY_INFRASTRUCTURE_API_KEY ?? (existsSync(keyFile) ? readFileSync(keyFile, 'utf8').trim() : null),
    said: () => said.join(''),
    /** Ends the server as an administrator would; resolves with its exit status. */
    async stop(patience = 20) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), patience * 1000);
      const outcome = await ended;
      clearTimeout(timer);
      if (outcome.signal === 'SIGKILL') throw new Error(`the server did not end within ${patience} seconds of SIGTERM`);
      return outcome;
    },
  };
}

/** The REST interface of one server, called with one key. Paths are relative to /api/v1. */
export class Joinery {
  constructor(url, key) { Object.assign(this, { url, key }); }

  get(path) { return this.call('GET', path); }
  post(path, body) { return this.call('POST', path, body); }
  put(path, body) { return this.call('PUT', path, body); }

  /** The answer as an object; an error with the server's sentence for every status from 400 on. Waits when the server asks to. */
  async call(method, path, body) {
    for (let attempt = 1; ; attempt++) {
      const reply = await fetch(`${this.url}/api/v1${path}`, {
        method,
        headers: { 'X-API-Key': this.key, Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await reply.text();
      if (reply.status === 429 && attempt < 10) {
        await pause(Math.max(1, Number(reply.headers.get('Retry-After')) || 1) * 1000);
        continue;
      }
      if (reply.ok) return text ? JSON.parse(text) : null;
      throw Object.assign(new Error(`${method} ${path}: ${reply.status} ${sentence(text)}`), { status: reply.status });
    }
  }

  /** All items of a paged list. */
  async all(path) {
    const items = [];
    for (let page = 1; ; page++) {
      const reply = await this.get(`${path}${path.includes('?') ? '&' : '?'}page=${page}&pageSize=100`);
      items.push(...reply.items);
      if (!reply.hasNextPage) return items;
    }
  }

  /** Executes a run profile and waits for its end; `progress` is told how far it is. Resolves with the activity. */
  async run(system, profile, progress = () => {}) {
    const { activityId } = await this.post(`/synchronisation/connected-systems/${system.id}/run-profiles/${profile.id}/execute`);
    return this.ended(activityId, progress);
  }

  /** Waits for the end of an activity. Resolves with it. */
  async ended(activityId, progress = () => {}) {
    for (let wait = 50; ; wait = Math.min(wait * 1.5, 1500)) {
      const activity = await this.get(`/activities/${activityId}`);
      progress(activity);
      if (!['NotSet', 'InProgress'].includes(activity.status)) return activity;
      await pause(wait);
    }
  }
}

function sentence(text) {
  try {
    const { message, validationErrors, details } = JSON.parse(text);
    return [message, validationErrors && JSON.stringify(validationErrors), details].filter(Boolean).join(' ');
  } catch {
    return text.slice(0, 500);
  }
}
