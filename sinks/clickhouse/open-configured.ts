import { join } from 'node:path';
import type { Settings } from '../../base/settings/settings.ts';
import { type ClickHouse, openClickHouse } from './connection.ts';

/** Folder of the embedded engine inside the data directory. */
export const clickHouseFolder = (dataDir: string): string => join(dataDir, 'clickhouse');

/** ClickHouse as the settings say: the server at `CLICKHOUSE_URL`, else the engine in the data directory. */
export const openConfiguredClickHouse = (settings: Pick<Settings, 'clickhouse' | 'dataDir'>): Promise<ClickHouse> =>
  openClickHouse({ ...settings.clickhouse, dataDir: clickHouseFolder(settings.dataDir) });
