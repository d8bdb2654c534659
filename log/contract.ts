import { appendContract } from './contract/append.ts';
import { compactionContract } from './contract/compaction.ts';
import { offsetContract } from './contract/offsets.ts';
import { propertyContract } from './contract/property.ts';
import { subscriptionContract } from './contract/subscription.ts';
import type { Contract, LogContractTraits, OpenedLog } from './contract/suite.ts';
import { topicContract } from './contract/topics.ts';
import { transactionContract } from './contract/transactions.ts';

export type { LogContractTraits, OpenedLog } from './contract/suite.ts';

/**
 * What every adapter of the log port must do, as tests. Each test opens its own log and uses topics of its own, so an
 * adapter may open the same broker again and again. Where a broker is behind its own answers by some milliseconds
 * (transaction markers), the tests wait for the outcome, never for a time.
 */
export function logContract(name: string, open: () => Promise<OpenedLog>, traits: LogContractTraits): void {
  const contract: Contract = { name, open, traits };
  topicContract(contract);
  appendContract(contract);
  transactionContract(contract);
  offsetContract(contract);
  subscriptionContract(contract);
  compactionContract(contract);
  propertyContract(contract);
}
