import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { DynoError, messageOf } from '../errors.ts';
import { allSettings } from './all-settings.ts';
import type { Setting } from './setting.ts';
import type { LogSettings, Settings, WindowsSettings } from './settings.ts';
import {
  settingsCode,
  type Written,
  type WrittenSettings,
  writtenInEnvironment,
  writtenInFile,
  writtenInOverrides,
} from './written-settings.ts';

export interface LoadSettingsOptions {
  /** The settings file; default `dynoscope.yaml` in `cwd`, if it is there. */
  readonly file?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flags, by dotted key; they win over the environment, which wins over the file. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** Throws DYNO_USAGE_SETTINGS: where it was written, the value, what was expected, the nearest key. */
export function loadSettings(options: LoadSettingsOptions): Settings {
  const written: WrittenSettings = new Map([
    ...fileOf(options),
    ...writtenInEnvironment(options.env, options.cwd),
    ...writtenInOverrides(options.overrides ?? {}, options.cwd),
  ]);
  const chosen = new Choice(written, options.cwd);
  const topologyDefault = resolve(options.cwd, 'topology.yaml');
  const loadTestsDefault = resolve(options.cwd, dirname(options.file ?? ''), 'loadtests.yaml');
  return {
    dataDir: chosen.of(allSettings.dataDir),
    epoch: chosen.of(allSettings.epoch),
    log: logOf(chosen),
    registry: { url: chosen.of(allSettings.registryUrl) },
    clickhouse: {
      url: chosen.of(allSettings.clickhouseUrl),
      user: chosen.of(allSettings.clickhouseUser),
      password: chosen.of(allSettings.clickhousePassword),
    },
    agent: {
      intervalMs: chosen.of(allSettings.intervalMs),
      spoolBytesMax: chosen.of(allSettings.spoolBytesMax),
    },
    windows: windowsOf(chosen),
    raw: { enabled: chosen.of(allSettings.rawEnabled) },
    overwatch: { host: chosen.of(allSettings.overwatchHost), port: chosen.of(allSettings.overwatchPort) },
    topologyFile: chosen.of(allSettings.topologyFile) ?? (existsSync(topologyDefault) ? topologyDefault : undefined),
    loadTestsFile:
      chosen.of(allSettings.loadTestsFile) ?? (existsSync(loadTestsDefault) ? loadTestsDefault : undefined),
  };
}

function fileOf(options: LoadSettingsOptions): WrittenSettings {
  const path = resolve(options.cwd, options.file ?? 'dynoscope.yaml');
  if (options.file === undefined && !existsSync(path)) return new Map();
  return writtenInFile({
    file: options.file ?? basename(path),
    path,
    text: textOf(path, options.file ?? basename(path)),
  });
}

function textOf(path: string, place: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DynoError(settingsCode, `${place}: the file cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** What holds for each setting: what was written, else its default. */
class Choice {
  readonly #written: WrittenSettings;
  readonly #cwd: string;

  constructor(written: WrittenSettings, cwd: string) {
    this.#written = written;
    this.#cwd = cwd;
  }

  writtenFor(setting: Setting<unknown>): Written | undefined {
    return this.#written.get(setting.key);
  }

  of<T>(setting: Setting<T>): T {
    const written = this.writtenFor(setting);
    const value = written === undefined ? setting.fallback : setting.read(written.value, setting.key);
    if (setting.isPath !== true || typeof value !== 'string') return value;
    return resolve(written?.folder ?? this.#cwd, value) as T;
  }

  /** The text of a PEM file, or the text itself when that was given. */
  pemOf(setting: Setting<string | undefined>): string | undefined {
    const written = this.writtenFor(setting);
    if (written === undefined) return undefined;
    const given = written.value.text(setting.key);
    return given.includes('-----BEGIN') ? given : textOf(resolve(written.folder, given), written.value.place);
  }

  /** The error that a combination of settings deserves, at the place of the one that is there. */
  fault(setting: Setting<unknown>, words: string): DynoError {
    const place = this.writtenFor(setting)?.value.place ?? 'default settings';
    return new DynoError(settingsCode, `${place}: ${words}`, { details: { place, key: setting.key } });
  }
}

function logOf(chosen: Choice): LogSettings {
  const kafkaBrokers = chosen.of(allSettings.kafkaBrokers);
  return {
    kafkaBrokers,
    sasl: saslOf(chosen),
    ssl: sslOf(chosen),
    partitions: chosen.of(allSettings.partitions) ?? (kafkaBrokers.length > 0 ? 24 : 4),
    replicationFactor: chosen.of(allSettings.replicationFactor),
  };
}

function saslOf(chosen: Choice): LogSettings['sasl'] {
  const { saslMechanism, saslUsername, saslPassword } = allSettings;
  const mechanism = chosen.of(saslMechanism);
  const username = chosen.of(saslUsername);
  const password = chosen.of(saslPassword);
  if (mechanism !== undefined && username !== undefined && password !== undefined) {
    return { mechanism, username, password };
  }
  const parts = [saslMechanism, saslUsername, saslPassword];
  const given = parts.find((part) => chosen.writtenFor(part) !== undefined);
  if (given === undefined) return undefined;
  const missing = parts.filter((part) => chosen.writtenFor(part) === undefined);
  const names = missing.map(({ key, env }) => `${key} (${env})`).join(' and ');
  throw chosen.fault(given, `${given.key} is set without ${names}`);
}

function sslOf(chosen: Choice): LogSettings['ssl'] {
  const { sslEnabled, sslCa, sslCert, sslKey } = allSettings;
  const ca = chosen.pemOf(sslCa);
  const cert = chosen.pemOf(sslCert);
  const key = chosen.pemOf(sslKey);
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert === undefined ? [sslKey, sslCert] : [sslCert, sslKey];
    throw chosen.fault(there, `${there.key} is set without ${missing.key} (${missing.env})`);
  }
  const anyFile = ca !== undefined || cert !== undefined;
  const enabled = chosen.of(sslEnabled);
  if (enabled === false && anyFile)
    throw chosen.fault(sslEnabled, 'log.ssl.enabled is false, but certificates are set');
  return enabled === true || anyFile ? { ca, cert, key } : undefined;
}

function windowsOf(chosen: Choice): WindowsSettings {
  const tierSecondsMetrics = chosen.of(allSettings.tierSecondsMetrics);
  const isKept = (metric: string) => tierSecondsMetrics.includes(metric);
  const pairs = chosen.of(allSettings.metricPairs);
  const written = chosen.writtenFor(allSettings.metricPairs) !== undefined;
  const missing = pairs.flat().find((metric) => !isKept(metric));
  if (written && missing !== undefined) {
    throw chosen.fault(
      allSettings.metricPairs,
      `"${missing}" is in a pair but not among windows.tier_seconds_metrics, from which pairs are made`,
    );
  }
  // Default pairs hold only for metrics that are kept.
  return { tierSecondsMetrics, metricPairs: pairs.filter((pair) => pair.every(isKept)) };
}
