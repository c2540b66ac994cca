/** Clocks and energy of this machine: Linux cpufreq, devfreq, Jetson's memory clock, RAPL, INA3221. */
export {
  type ActuatorOptions,
  Actuators,
  type ClockSetting,
  discoverClocks,
  type RestoreReport,
} from './actuators.ts';
export { type Clock, type ClockKind, snapFrequency } from './clock.ts';
export { EnergyMeter, type EnergyRail } from './energy.ts';
export { Sysfs } from './sysfs.ts';
