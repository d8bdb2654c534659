import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector } from '../collector.ts';
import { isBytes } from '../source-tree.ts';

export default defineCollector<{ readonly openFiles: number }>({
  name: 'proc-file-nr',
  counters: ['open_files_count'],
  read: (tree) => {
    const bytes = tree.read('proc/sys/fs/file-nr');
    return isBytes(bytes) ? { openFiles: new ByteCursor(bytes).integer() } : bytes;
  },
  derive: ({ current }) => ({ open_files_count: current.openFiles }),
});
