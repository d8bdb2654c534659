// A server that tells in each answer how loaded it is, for clients that weigh by themselves (docs/load-reports.md).
// OVERWATCH_URL=http://127.0.0.1:8080 TIER=web GENERATION=NHM BUILD=rel-841 PORT=9000 node docs/examples/orca-server.mjs
import { createServer } from 'node:http';
import { CapacityFeed, HitMeter, loadReport, loadReportHeader } from 'dynoscope/load-reports';

const { OVERWATCH_URL, TIER, GENERATION, BUILD, PORT } = process.env;
const capacity = new CapacityFeed({ overwatchUrl: OVERWATCH_URL, tier: TIER, generation: GENERATION, build: BUILD });
const meter = new HitMeter();
await capacity.start();

const server = createServer((request, response) => {
  const report = loadReport({ ...meter.rates(), lambda100: capacity.lambda100 });
  if (report !== undefined) response.setHeader(loadReportHeader, report);
  // Who asks for what does not work learns it; to the meter that is an error of this server.
  if (request.url === '/broken') response.statusCode = 500;
  response.end('hello\n');
  response.on('finish', () => meter.answered({ failed: response.statusCode >= 500 }));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => {
  capacity.stop();
  server.close();
});
