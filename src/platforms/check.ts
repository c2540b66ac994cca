/** What a schema cannot say about a platform: references between its parts. */
import type { Problem } from '../core/errors.ts';
import { checkClocks } from './check-clocks.ts';
import { PRECISIONS } from './precision.ts';
import type { Platform } from './schema.ts';

/** Rules between members: unique ids, references that lead somewhere, tables of equal length. */
export function checkPlatform(platform: Platform): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string, expected: string, received: string): void => {
    problems.push({ path, message, expected, received });
  };
  const unique = (ids: string[], path: (i: number) => string): void => {
    ids.forEach((entry, i) => {
      if (ids.indexOf(entry) < i) report(path(i), `"${entry}" occurs twice`, 'ids that occur once', `"${entry}"`);
    });
  };
  const { resources, processors } = platform;
  const kinds = new Map(resources.map((resource) => [resource.id, resource.kind]));
  const processorIds = new Set(processors.map((processor) => processor.id));
  unique(
    resources.map((entry) => entry.id),
    (i) => `/resources/${i}/id`,
  );
  unique(
    processors.map((entry) => entry.id),
    (i) => `/processors/${i}/id`,
  );

  const resourceAt = (name: string, path: string): void => {
    if (!kinds.has(name)) report(path, `no resource "${name}"`, `one of ${[...kinds.keys()].join(', ')}`, `"${name}"`);
  };
  const processorAt = (name: string, path: string): void => {
    if (!processorIds.has(name)) {
      report(path, `no processor "${name}"`, `one of ${[...processorIds].join(', ')}`, `"${name}"`);
    }
  };
  resources.forEach((resource, i) => {
    if ((resource.kind === 'link' || resource.kind === 'dram') && resource.bandwidthBytesPerS === undefined) {
      report(
        `/resources/${i}/bandwidthBytesPerS`,
        `${resource.kind} "${resource.id}" states no bandwidth`,
        'a number of more than 0',
        'nothing',
      );
    }
  });
  processors.forEach((processor, i) => {
    const at = `/processors/${i}`;
    processor.uses.forEach((name, k) => {
      resourceAt(name, `${at}/uses/${k}`);
      if (kinds.get(name) === 'link')
        report(
          `${at}/uses/${k}`,
          `"${name}" is a link: a transfer occupies it, not a processor`,
          'a compute resource or DRAM',
          'a link',
        );
    });
    unique(processor.uses, (k) => `${at}/uses/${k}`);
    const used = processor.uses.map((name) => kinds.get(name));
    if (!used.some((kind) => kind !== undefined && kind !== 'dram' && kind !== 'link')) {
      report(
        `${at}/uses`,
        `"${processor.id}" uses no compute resource`,
        'at least one core group, GPU or accelerator',
        processor.uses.join(', '),
      );
    }
    if (used.filter((kind) => kind === 'dram').length > 1) {
      report(`${at}/uses`, `"${processor.id}" uses several DRAMs`, 'at most one', processor.uses.join(', '));
    }
    const formats = PRECISIONS.filter((precision) => processor.peakOpsPerS[precision] !== undefined);
    if (!formats.includes(processor.nativePrecision)) {
      report(
        `${at}/nativePrecision`,
        `"${processor.id}" states no peak for its native precision`,
        formats.length === 0 ? 'a peak for at least one precision' : `one of ${formats.join(', ')}`,
        `"${processor.nativePrecision}"`,
      );
    }
    if (processor.dispatch !== undefined) {
      const { resource } = processor.dispatch;
      resourceAt(resource, `${at}/dispatch/resource`);
      const kind = kinds.get(resource);
      if (kind !== undefined && kind !== 'core-group')
        report(`${at}/dispatch/resource`, `"${resource}" dispatches no work`, 'a core group', `a ${kind}`);
    }
    if (processor.supportedOperators !== undefined && processor.unsupportedOperators !== undefined) {
      report(
        `${at}/unsupportedOperators`,
        `"${processor.id}" has both a list of supported and one of unsupported operators`,
        'one of the two',
        'both',
      );
    }
  });
  platform.links?.forEach((link, i) => {
    processorAt(link.from, `/links/${i}/from`);
    processorAt(link.to, `/links/${i}/to`);
    if (link.from === link.to)
      report(`/links/${i}/to`, 'a link joins two processors', `other than "${link.from}"`, `"${link.to}"`);
    if (link.resource !== undefined) {
      resourceAt(link.resource, `/links/${i}/resource`);
      const kind = kinds.get(link.resource);
      if (kind !== undefined && kind !== 'link')
        report(`/links/${i}/resource`, `"${link.resource}" is not a link`, 'a resource of kind "link"', `"${kind}"`);
    }
  });
  problems.push(...checkClocks(platform));
  platform.power?.rails?.forEach((rail, i) => {
    for (const [k, name] of rail.measures.entries()) resourceAt(name, `/power/rails/${i}/measures/${k}`);
  });
  const sources = new Set(platform.sources?.map((source) => source.id));
  platform.provenance?.forEach((entry, i) => {
    if (!sources.has(entry.source))
      report(
        `/provenance/${i}/source`,
        `no source "${entry.source}"`,
        `one of ${[...sources].join(', ')}`,
        `"${entry.source}"`,
      );
  });
  return problems;
}
