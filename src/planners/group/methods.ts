/** The methods that a group can be planned with, by the name that the command line takes. */
import { HeterodyneError } from '../../core/errors.ts';
import { didYouMean } from '../../documents/nearest.ts';

export interface GroupMethod {
  id: string;
  /** For people. */
  title: string;
  /** Where the method comes from. */
  source: string;
}

const SLIDES = 'reconstructed from the public HAMS slides (Kou et al.)';

export const GROUP_METHODS: readonly GroupMethod[] = [
  {
    id: 'portfolio',
    title: 'the best of all methods, repaired, and the optimum where it is proven',
    source: 'Heterodyne',
  },
  { id: 'exact', title: 'the optimum: branch and bound, or bottleneck matching', source: 'Heterodyne' },
  { id: 'hams-mfs', title: 'MFS: the model with the lowest ceiling chooses first', source: SLIDES },
  {
    id: 'hams-mfs-dynamic',
    title: 'MFS with the ceilings of the loaded devices',
    source: `${SLIDES}, with the max-min rule`,
  },
  { id: 'hams-hfs', title: 'HFS: the device heading for the lowest rate chooses first', source: SLIDES },
  { id: 'round-robin', title: 'model i on device i mod n', source: 'baseline' },
  { id: 'own-fastest', title: 'every model on its own fastest device', source: 'baseline' },
  { id: 'static-priority', title: 'a fixed order of devices, as OpenVINO AUTO has it', source: 'baseline' },
  { id: 'in-order', title: 'list scheduling: the device with the least resulting load', source: 'baseline' },
  { id: 'all-on-one', title: 'everything on the one fastest device', source: 'baseline' },
];

/** @throws HeterodyneError `USAGE` */
export function groupMethod(id: string): GroupMethod {
  const method = GROUP_METHODS.find((each) => each.id === id);
  if (method) return method;
  const ids = GROUP_METHODS.map((each) => each.id);
  throw new HeterodyneError('USAGE', `no method "${id}" plans a group`, {
    path: 'planner',
    expected: `one of ${ids.join(', ')}`,
    received: `"${id}"`,
    hint: didYouMean(id, ids),
  });
}
