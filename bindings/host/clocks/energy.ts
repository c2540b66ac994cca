/**
 * Energy of the machine from what it measures itself: RAPL counters (µJ, wrapping) on x86, INA3221 monitors on Jetson
 * boards (power, sampled at milliseconds: integrate over frames, not over pieces below about 5 ms).
 */
import { Sysfs } from './sysfs.ts';

export interface EnergyRail {
  name: string;
  /** A rail that holds all others. */
  total: boolean;
  /** J since the start. */
  joules: number;
}

interface Rail extends EnergyRail {
  sample(ms: number): void;
}

export class EnergyMeter {
  readonly #rails: Rail[];

  constructor(sysfs = new Sysfs()) {
    const counters = raplRails(sysfs);
    this.#rails = counters.length > 0 ? counters : [...monitorRails(sysfs), ...iioRails(sysfs)];
  }

  /** False where nothing can be read: the machine has no meter, or its files need a right that is missing. */
  get available(): boolean {
    return this.#rails.length > 0;
  }

  get rails(): readonly EnergyRail[] {
    return this.#rails;
  }

  /** Read every rail, at steady time `ms`. Call at least every 30 s, or a counter may wrap twice. */
  sample(ms: number): void {
    for (const rail of this.#rails) rail.sample(ms);
  }

  /** J of the whole machine since the first sample: the total rail, else the sum of all. */
  get joules(): number {
    const total = this.#rails.find((rail) => rail.total);
    return total ? total.joules : this.#rails.reduce((sum, rail) => sum + rail.joules, 0);
  }
}

/** Top-level zones only: a zone contains its subzones. `psys` covers the platform, packages included. */
function raplRails(sysfs: Sysfs): Rail[] {
  const folder = 'sys/class/powercap';
  return sysfs.list(folder).flatMap((zone) => {
    if (!/^intel-rapl:\d+$/.test(zone)) return [];
    const at = `${folder}/${zone}`;
    const first = sysfs.readNumber(`${at}/energy_uj`);
    if (first === undefined) return [];
    const range = sysfs.readNumber(`${at}/max_energy_range_uj`) ?? 0;
    const name = sysfs.read(`${at}/name`) ?? zone;
    let last: number | undefined;
    const rail: Rail = {
      name,
      total: name === 'psys',
      joules: 0,
      sample: () => {
        const now = sysfs.readNumber(`${at}/energy_uj`);
        if (now === undefined) return;
        if (last !== undefined) rail.joules += (now >= last ? now - last : now - last + range) * 1e-6;
        last = now;
      },
    };
    return [rail];
  });
}

/** INA3221 through hwmon (JetPack 5 and later): power = voltage (mV) x current (mA); channel 7 is a sum, "NC" is open. */
function monitorRails(sysfs: Sysfs): Rail[] {
  const rails: Rail[] = [];
  const folder = 'sys/bus/i2c/devices';
  for (const device of sysfs.list(folder)) {
    for (const hwmon of sysfs.list(`${folder}/${device}/hwmon`)) {
      const at = `${folder}/${device}/hwmon/${hwmon}`;
      for (let channel = 1; channel <= 6; channel++) {
        const label = sysfs.read(`${at}/in${channel}_label`);
        if (label === undefined || label === 'NC') continue;
        const milliwatts = () => {
          const millivolts = sysfs.readNumber(`${at}/in${channel}_input`);
          const milliamperes = sysfs.readNumber(`${at}/curr${channel}_input`);
          return millivolts === undefined || milliamperes === undefined
            ? undefined
            : (millivolts * milliamperes) / 1000;
        };
        rails.push(powerRail(label, milliwatts));
      }
    }
  }
  return rails;
}

/** INA3221 through the industrial I/O drivers of JetPack 4 and earlier: power in mW. */
function iioRails(sysfs: Sysfs): Rail[] {
  const rails: Rail[] = [];
  const folder = 'sys/bus/i2c/drivers/ina3221x';
  for (const device of sysfs.list(folder)) {
    for (const iio of sysfs.list(`${folder}/${device}`)) {
      if (!iio.startsWith('iio:device')) continue;
      const at = `${folder}/${device}/${iio}`;
      for (let channel = 0; channel < 3; channel++) {
        const name = sysfs.read(`${at}/rail_name_${channel}`);
        if (name !== undefined) rails.push(powerRail(name, () => sysfs.readNumber(`${at}/in_power${channel}_input`)));
      }
    }
  }
  return rails;
}

/** Trapezoids between samples. */
function powerRail(name: string, milliwatts: () => number | undefined): Rail {
  let lastMs = 0;
  let last: number | undefined;
  const rail: Rail = {
    name,
    total: /^(VDD_IN|VIN_SYS_5V0_TOTAL)$/.test(name),
    joules: 0,
    sample: (ms) => {
      const now = milliwatts();
      if (now === undefined) return;
      if (last !== undefined) rail.joules += ((now + last) / 2) * (ms - lastMs) * 1e-6;
      last = now;
      lastMs = ms;
    },
  };
  return rail;
}
