/**
 * Speeds of what runs at the same time, where servers are sliced or share resources: the weighted max-min fair ones.
 * All speeds rise together, in proportion to their weights, until a resource is full or a user has all the speed it
 * can use; whoever is stopped by that keeps what it has, the others go on. It is the throughput model's filling, over
 * what is under way at one moment instead of over rates.
 *
 * A user occupies the resources of its server one to one, and of DRAM its own share of bandwidth per unit of speed.
 */
export class Sharing {
  /** Per user: server, share of DRAM at full speed, weight, most speed it can use; the answer. */
  readonly server: Int32Array;
  readonly dramShare: Float64Array;
  readonly weight: Float64Array;
  readonly most: Float64Array;
  readonly speed: Float64Array;
  readonly #resourceOf: Int32Array;
  readonly #firstResource: Int32Array;
  readonly #dram: Int32Array;
  readonly #left: Float64Array;
  readonly #load: Float64Array;
  readonly #stopped: Uint8Array;

  constructor(users: number, resources: number, serverUses: Uint32Array, serverDram: Int32Array) {
    this.server = new Int32Array(users);
    this.dramShare = new Float64Array(users);
    this.weight = new Float64Array(users);
    this.most = new Float64Array(users);
    this.speed = new Float64Array(users);
    this.#stopped = new Uint8Array(users);
    this.#left = new Float64Array(resources);
    this.#load = new Float64Array(resources);
    this.#dram = serverDram;
    const list: number[] = [];
    this.#firstResource = new Int32Array(serverUses.length + 1);
    for (let s = 0; s < serverUses.length; s++) {
      for (let r = 0; r < resources; r++) if ((serverUses[s] >>> r) & 1) list.push(r);
      this.#firstResource[s + 1] = list.length;
    }
    this.#resourceOf = Int32Array.from(list);
  }

  /** Speeds of users 0 .. count - 1. */
  fill(count: number): void {
    const { most, speed, weight } = this;
    const load = this.#load;
    load.fill(0);
    for (let i = 0; i < count; i++) this.#add(i, most[i]);
    let full = false;
    for (let r = 0; r < load.length; r++) full ||= load[r] > 1 + 1e-12;
    for (let i = 0; i < count; i++) speed[i] = most[i];
    if (!full) return;

    const left = this.#left;
    const stopped = this.#stopped;
    left.fill(1);
    stopped.fill(0, 0, count);
    let level = 0;
    for (let running = count; running > 0; ) {
      load.fill(0);
      for (let i = 0; i < count; i++) if (stopped[i] === 0) this.#add(i, weight[i]);
      let step = Number.POSITIVE_INFINITY;
      let fullest = -1;
      let satisfied = -1;
      for (let r = 0; r < load.length; r++) {
        if (load[r] > 0 && left[r] < step * load[r]) {
          step = left[r] / load[r];
          fullest = r;
        }
      }
      for (let i = 0; i < count; i++) {
        if (stopped[i] === 0 && most[i] < (level + step) * weight[i]) {
          step = most[i] / weight[i] - level;
          satisfied = i;
        }
      }
      if (step > 0) {
        level += step;
        for (let r = 0; r < load.length; r++) left[r] -= step * load[r];
      }
      if (satisfied >= 0) {
        speed[satisfied] = most[satisfied];
        stopped[satisfied] = 1;
        running--;
        continue;
      }
      if (fullest < 0) return;
      left[fullest] = 0;
      for (let i = 0; i < count; i++) {
        if (stopped[i] === 1 || !this.#usesFull(i)) continue;
        speed[i] = level * weight[i];
        stopped[i] = 1;
        running--;
      }
    }
  }

  #add(user: number, speed: number): void {
    const server = this.server[user];
    const load = this.#load;
    for (let k = this.#firstResource[server]; k < this.#firstResource[server + 1]; k++) {
      load[this.#resourceOf[k]] += speed;
    }
    const dram = this.#dram[server];
    if (dram >= 0) load[dram] += speed * this.dramShare[user];
  }

  #usesFull(user: number): boolean {
    const server = this.server[user];
    for (let k = this.#firstResource[server]; k < this.#firstResource[server + 1]; k++) {
      if (this.#left[this.#resourceOf[k]] <= 1e-12) return true;
    }
    const dram = this.#dram[server];
    return dram >= 0 && this.dramShare[user] > 0 && this.#left[dram] <= 1e-12;
  }
}
