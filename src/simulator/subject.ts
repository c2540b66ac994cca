/**
 * What is simulated, in numbers and names: a placed workload, the clocks of its device, and how frames arrive. Made from
 * documents by `plan-subject.ts`, or by a program.
 */
import type { PlacementProblem } from '../core/placement.ts';
import type { Arrival } from '../engine/options.ts';
import type { PlacedModel, SystemClocks } from '../engine/system.ts';

export interface SimulatedVariant extends PlacedModel {
  name: string;
  /** Accuracy given up against the original, 0 to 1. */
  loss: number;
}

export interface SimulatedModel {
  name: string;
  arrival: Arrival;
  /** 0 = most critical. */
  criticality: number;
  /** Weight of its loss. */
  weight: number;
  /** Name of the form that the placement places. */
  original: string;
  /** Further forms, which a controller may choose. */
  variants: SimulatedVariant[];
}

/** An operating point that a controller may ask for. */
export interface SimulatedPoint {
  id: string;
  /** Level of each clock domain. */
  levels: Int32Array;
}

export interface SimulatedClocks extends SystemClocks {
  /** Clock of a domain at a level, Hz; 0 = it stands still. */
  frequencyHz(domain: number, level: number): number;
  /** What the setting is called. */
  nameOf(levels: Int32Array): string;
  /** The lower of two settings, domain by domain: what is left of `levels` under a cap. */
  capped(levels: Int32Array, cap: Int32Array): Int32Array;
  /** Level of each domain at a point, by name or settings. */
  levelsOf(choice: string): Int32Array;
}

/** All models placed anew in mid-run. */
export interface SimulatedReplan {
  /** When the new placement holds, seconds. */
  at: number;
  /** In words, for the trace. */
  text: string;
  /** [M] placement records, in which every form can run. */
  placement: Uint8Array;
}

export interface Subject {
  problem: PlacementProblem;
  /** [M] placement records. */
  placement: Uint8Array;
  models: SimulatedModel[];
  /** Further placements, in order of time; absent = the first one stays. */
  replans?: readonly SimulatedReplan[];
  /** Names of processors, then of the links that carry transfers. */
  servers: string[];
  /** Absent = the clocks cannot change. */
  clocks?: SimulatedClocks;
  /** What a controller chooses among; at least the point at the start. */
  points: SimulatedPoint[];
  /** Index of the point with the highest clocks. */
  reference: number;
  /** Index of the point at the start. */
  start: number;
}
