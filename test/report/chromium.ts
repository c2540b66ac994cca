/**
 * Drives a headless Chromium over its DevTools protocol, by pipe: no port, no package. Messages are JSON, each ended
 * by a zero byte; Chromium reads descriptor 3 and writes descriptor 4.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--hide-scrollbars',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--no-default-browser-check',
  '--remote-debugging-pipe',
];
/** Milliseconds that an answer may take. */
const PATIENCE = 20_000;

type Message = Record<string, unknown>;

/** Path of an installed Chromium, or undefined. */
export function findChromium(): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const file = join(folder, name);
      if (folder !== '' && existsSync(file)) return file;
    }
  }
  return undefined;
}

export interface PageOptions {
  width: number;
  height: number;
  dark?: boolean;
  media?: 'screen' | 'print';
}

export class Browser {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #input: Writable;
  readonly #waiting = new Map<number, { resolve: (result: Message) => void; reject: (error: Error) => void }>();
  readonly #listeners = new Map<string, (method: string, parameters: Message) => void>();
  #last = 0;
  #rest = '';

  constructor(executable: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'heterodyne-chromium-'));
    this.#process = spawn(executable, [...FLAGS, `--user-data-dir=${this.#folder}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#input = this.#process.stdio[3] as Writable;
    const output = this.#process.stdio[4] as Readable;
    output.setEncoding('utf8');
    output.on('data', (text: string) => this.#read(text));
    this.#process.on('error', (error) => this.#fail(error));
    this.#process.on('exit', (code) => this.#fail(new Error(`Chromium ended with ${code}`)));
  }

  async open(url: string, options: PageOptions): Promise<Page> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId as string);
    this.#listeners.set(sessionId as string, (method, parameters) => page.hear(method, parameters));
    await page.load(url, options);
    return page;
  }

  send(method: string, parameters: Message = {}, sessionId?: string): Promise<Message> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), PATIENCE);
      const settle =
        <T>(end: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          end(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#input.write(`${JSON.stringify({ id, method, params: parameters, sessionId })}\0`);
    });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.send('Browser.close').catch(() => {});
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #read(text: string): void {
    const parts = (this.#rest + text).split('\0');
    this.#rest = parts.pop() as string;
    for (const part of parts) {
      const { id, method, params, result, error, sessionId } = JSON.parse(part);
      if (id === undefined) {
        this.#listeners.get(sessionId)?.(method, params);
        continue;
      }
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

export class Page {
  /** What went to the console as error or warning, uncaught exceptions, and failed loads. */
  readonly errors: string[] = [];
  /** Addresses asked for. */
  readonly requests: string[] = [];
  readonly #browser: Browser;
  readonly #session: string;
  #loaded: (() => void) | undefined;

  constructor(browser: Browser, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  send(method: string, parameters: Message = {}): Promise<Message> {
    return this.#browser.send(method, parameters, this.#session);
  }

  async load(url: string, { width, height, dark = false, media = 'screen' }: PageOptions): Promise<void> {
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await this.send(`${domain}.enable`);
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 });
    await this.send('Emulation.setEmulatedMedia', {
      media,
      features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
    });
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve;
    });
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** Value of an expression in the page; a promise is awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(`in the page: ${JSON.stringify(answer.exceptionDetails)}`);
    return (answer.result as { value: T }).value;
  }

  /** Wait until an expression is true. */
  async until(expression: string, what: string): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
      if (await this.evaluate<boolean>(`Boolean(${expression})`)) return;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    throw new Error(`waited in vain: ${what}`);
  }

  /** PNG of a part of the page, whole width from `top` on. */
  async screenshot(top: number, height: number, width: number): Promise<Uint8Array> {
    const { data } = await this.send('Page.captureScreenshot', {
      format: 'png',
      captureBeyondViewport: true,
      clip: { x: 0, y: top, width, height, scale: 1 },
    });
    return Uint8Array.from(atob(data as string), (character) => character.charCodeAt(0));
  }

  hear(method: string, parameters: Message): void {
    if (method === 'Page.loadEventFired') this.#loaded?.();
    else if (method === 'Runtime.exceptionThrown') this.errors.push(JSON.stringify(parameters.exceptionDetails));
    else if (method === 'Runtime.consoleAPICalled' && /error|warning|assert/.test(parameters.type as string)) {
      this.errors.push(JSON.stringify(parameters.args));
    } else if (method === 'Log.entryAdded') {
      const { level, text, url } = parameters.entry as Record<string, string>;
      if (level === 'error' || level === 'warning') this.errors.push(`${text} ${url ?? ''}`);
    } else if (method === 'Network.requestWillBeSent') {
      this.requests.push((parameters.request as { url: string }).url);
    }
  }
}
