/** The page's script: drawings follow the window, and the what-if panel plans again. */
import type { PlanView } from '../../charts/plan-view.ts';
import { type PageData, unpackProfile } from '../page-data.ts';
import { Controls } from './controls.ts';
import { Drawings } from './drawings.ts';
import { tellUnderPointer } from './readout.ts';
import { WhatIf } from './session.ts';

const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as PageData;
const view: PlanView = { ...data.view, profile: unpackProfile(data.view.profile) };

const drawings = new Drawings(view);
tellUnderPointer(drawings);
const controls = new Controls(view, data.settings);
new WhatIf(view, data.settings, controls, drawings);
