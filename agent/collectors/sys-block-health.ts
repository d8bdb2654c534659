import type { UnavailableReason } from '../../schemas/counter.ts';
import { defineCollector } from '../collector.ts';
import { rate, sumOf } from '../readings.ts';
import type { SourceTree } from '../source-tree.ts';

interface BlockHealth {
  /** Requests ended with an error, by device; only SCSI and SATA devices count them. */
  readonly errors: ReadonlyMap<string, number>;
  readonly wear: UnavailableReason;
}

function errorsOf(tree: SourceTree, device: string): number | undefined {
  if (!tree.list(`sys/block/${device}/device`).includes('ioerr_cnt')) return undefined;
  const text = tree.text(`sys/block/${device}/device/ioerr_cnt`);
  return /^0x[0-9a-f]{1,12}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** The health log of NVMe needs an ioctl, which only the addon can make. */
const whyNoWear = (devices: readonly string[]): UnavailableReason =>
  devices.some((device) => device.startsWith('nvme')) ? 'no_addon' : 'no_device';

export default defineCollector<BlockHealth>({
  name: 'sys-block-health',
  counters: ['storage_errors_per_s', 'flash_wear_ratio'],
  everySamples: 10,
  read: (tree) => {
    const devices = tree.list('sys/block');
    const errors = new Map<string, number>();
    for (const device of devices) {
      const count = errorsOf(tree, device);
      if (count !== undefined) errors.set(device, count);
    }
    return { errors, wear: whyNoWear(devices) };
  },
  derive: ({ previous, current, elapsedS }) => {
    const rates = [...current.errors].map(([device, count]) =>
      rate({ previous: previous?.errors.get(device), current: count, elapsedS }),
    );
    return { storage_errors_per_s: sumOf(rates, 'not_supported_hw'), flash_wear_ratio: current.wear };
  },
});
