/** What a control decision is for; an outside policy may change it while everything runs. */
export const CONTROL_MODES = ['min-energy', 'max-accuracy', 'balanced'] as const;
export type ControlMode = (typeof CONTROL_MODES)[number];
