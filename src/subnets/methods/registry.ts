/** The search methods. Adding one: a file beside this one, and a line here. */
import { evolutionMethod } from './evolution.ts';
import { exactSurrogateMethod } from './exact-surrogate.ts';
import type { Method } from './method.ts';
import { nsga2Method } from './nsga2.ts';

/** The first one is the default. */
export const METHODS: readonly Method[] = [exactSurrogateMethod(), nsga2Method(), evolutionMethod()];
