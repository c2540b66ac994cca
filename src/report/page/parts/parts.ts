/** All parts that follow the view. */
import { COURSE } from './course.ts';
import { HEADLINE, STANDING } from './headline.ts';
import { KEY_FIGURES } from './key-figures.ts';
import { MOVES } from './moves.ts';
import type { Part } from './part.ts';
import { PLACEMENT } from './placement.ts';
import { PROVENANCE } from './provenance.ts';
import { WARNINGS } from './warnings.ts';

export const PARTS: readonly Part[] = [HEADLINE, STANDING, KEY_FIGURES, COURSE, PLACEMENT, MOVES, WARNINGS, PROVENANCE];
