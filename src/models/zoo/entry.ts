/** What the zoo knows about one network. */
import type { Feature, GraphBuilder } from './builder.ts';

/** A figure that somebody published, and where. */
export interface Published<T> {
  value: T;
  source: string;
}

export interface ZooEntry {
  /** Unique, as typed on the command line. */
  name: string;
  /** Other accepted spellings beyond case, dashes, dots and underscores. */
  aliases?: readonly string[];
  title: string;
  year: number;
  /** The publication, and the variant where there are several. */
  paper: string;
  /** Height and width of the input image for which the figures hold. */
  resolution: number;
  /** Top-1 accuracy on ImageNet-1k, one central crop, as a fraction. */
  accuracy?: Published<number>;
  /** Multiply-accumulates of one image, and trained parameters, at `resolution` and 1000 classes. */
  published: { macs: number; parameters: number; source: string };
  /** From the image to the logits. */
  build(builder: GraphBuilder, image: Feature, classes: number): Feature;
}

/** Documentation of torchvision 0.15 and later: first published weights (`IMAGENET1K_V1`) of each network. */
export const TORCHVISION = 'torchvision documentation, table of classification weights, IMAGENET1K_V1';
