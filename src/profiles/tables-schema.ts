/** The document of thinned tables: what `heterodyne profile --tables` writes and a controller starts from. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { operatingPoint } from '../platforms/operating-point.ts';
import { operatingPointSchema, type Platform } from '../platforms/schema.ts';
import type { ThinnedTables } from './tables-thinning.ts';

const positive = z.number().gt(0);
const fraction = z.number().min(0);

const shape = {
  platform: z.string(),
  platformHash: z.string(),
  processor: z.string(),
  pointCount: z.int().min(1).describe('Operating points of the platform.'),
  origin: z.literal('roofline').describe('All figures are modelled.'),
  thinning: z.strictObject({
    unionRows: z.int().min(1).describe('Points on the (time, power) front of some block.'),
    epsilon: fraction,
    worstSpeedUpLoss: fraction.describe('Against the union, as a fraction.'),
    worstPowerExcess: fraction.describe('Against the union, as a fraction.'),
  }),
  rows: z
    .array(
      z.strictObject({
        point: z.int().min(0).describe('Number of the operating point.'),
        operatingPoint: operatingPointSchema,
        standsFor: z.int().min(1).describe('Points with the same clocks and numbers of cores.'),
        powerUp: positive,
        busyWatts: positive,
        idleWatts: fraction,
      }),
    )
    .min(1),
  reference: z.int().min(0).describe('Row of the highest clocks: SpeedUp and PowerUp are 1 there.'),
  models: z
    .array(
      z.strictObject({
        name: z.string(),
        blocks: z
          .array(
            z.strictObject({
              name: z.string(),
              referenceMs: fraction,
              speedUp: z.array(positive).describe('By row.'),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
};

export type TablesDocument = DocumentFrom<'tables', typeof shape>;

export const tablesDocument = defineDocument({
  kind: 'tables',
  schemaVersion: 1,
  title: 'Heterodyne tables: SpeedUp and PowerUp of every block at the operating points that matter',
  shape,
});

/** @param platform the one that the tables were made for; `platformHash` is its content hash */
export function tablesToDocument(tables: ThinnedTables, platform: Platform, platformHash: string): TablesDocument {
  const { thinning } = tables;
  return {
    kind: 'tables',
    schemaVersion: 1,
    platform: tables.platform,
    platformHash,
    processor: tables.processor,
    pointCount: tables.points,
    origin: 'roofline',
    thinning: {
      unionRows: thinning.union,
      epsilon: thinning.epsilon,
      worstSpeedUpLoss: thinning.worstSpeedUpLoss,
      worstPowerExcess: thinning.worstPowerExcess,
    },
    rows: Array.from(tables.point, (point, k) => ({
      point,
      operatingPoint: operatingPoint(platform, point),
      standsFor: tables.standsFor[k],
      powerUp: tables.powerUp[k],
      busyWatts: tables.busyWatts[k],
      idleWatts: tables.idleWatts[k],
    })),
    reference: tables.reference,
    models: tables.models.map((model) => ({
      name: model.name,
      blocks: model.blocks.map((name, b) => ({
        name,
        referenceMs: model.referenceMs[b],
        speedUp: Array.from(tables.point, (_, k) => model.speedUp[k * model.blocks.length + b]),
      })),
    })),
  };
}
