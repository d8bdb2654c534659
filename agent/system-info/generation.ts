/**
 * The generation that a model name belongs to, by the table of `schemas/server-types.yaml`; '' when it is none of them.
 * The first two have the same processor and differ in their memory: `memoryController` (EDAC's mc_name) tells them apart.
 */
export function generationOf(modelName: string, memoryController: string): string {
  const xeon = /Xeon.*?\b([A-Z]?\d{4}[A-Z]?|E[57]-\d{4}[A-Z]?|D-\d{4}[A-Z]*)\s*(v\d)?(?:\s|$)/i.exec(modelName);
  const model = xeon?.[1]?.toUpperCase() ?? '';
  const version = xeon?.[2]?.toLowerCase() ?? '';
  if (/^[ELWX]?(53|54)\d\d$/.test(model)) return /5000/.test(memoryController) ? 'VSS' : 'SC';
  if (/^[ELWX]?55\d\d$/.test(model)) return 'NHM';
  if (/^[EL]?56\d\d$/.test(model)) return 'WSM';
  if (/^[XW]56\d\d$/.test(model)) return 'XWSM';
  if (/^D-15\d\d/.test(model)) return 'Broadwell';
  return /^E[57]-/.test(model) ? (byVersion[version] ?? '') : '';
}

const byVersion: Readonly<Record<string, string>> = { '': 'SNB', v2: 'IVB', v3: 'Haswell', v4: 'Broadwell' };
