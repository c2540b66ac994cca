/** One file format that profiles are imported from. Adding a format is adding a file and a line in the registry. */
import type { ReadProfile } from './record.ts';

/** Names that `--format` takes: a tool, whose several files are told apart by content. */
export const FORMAT_FAMILIES = ['ort', 'trtexec', 'tflite', 'openvino'] as const;
export type FormatFamily = (typeof FORMAT_FAMILIES)[number];

export interface ReadSettings {
  /** Name of the file, for messages. */
  source: string;
  /** Refuse text that needs repair. */
  strict: boolean;
  /** Samples that began earlier after the start do not count, where the file holds warm-up and stamps (ms). */
  warmUpMs: number;
  /** Events, layers or rows above which a file is refused. */
  maxEvents: number;
  /** Execution provider that was asked for; time on any other is a fallback. */
  provider?: string;
}

export interface ProfileFormat {
  id: string;
  family: FormatFamily;
  title: string;
  /** Why the text is of this format, or undefined. Looks at content alone, and not at all of a long text. */
  detect(text: string): string | undefined;
  /** @throws HeterodyneError `BAD_INPUT`, `LIMIT` */
  read(text: string, settings: ReadSettings): ReadProfile;
}

/** As much of a text as detection looks at. */
export const DETECTION_WINDOW = 65_536;
